/**
 * What the contract suite asks of a protocol's client. Clients use real sockets and are written from the protocols'
 * descriptions, not from our adapters.
 */
export type ContractClient = {
  /** Opens a session under this key. Rejects when the far side refuses it, in protocols where it can say so. */
  connect(sessionKey: string): Promise<void>
  /** Resolves when the far side has closed or refused the session, or the connection has gone. */
  readonly closed: Promise<void>
  /** Sends audio on one leg in the order given. Interleaved protocols send silence on the others. */
  sendAudio(label: string, bytes: Buffer): Promise<void>
  /** The orderly end. */
  hangUp(): Promise<void>
  /** Cuts the connection without a word. Left out where there is no connection. */
  abort?(): void
  /** The source reports that it pauses or resumes by itself. Left out where the protocol has no such thing. */
  pause?(): Promise<void>
  resume?(): Promise<void>
  /** Left out where the protocol has no hold. */
  hold?(label: string, on: boolean): Promise<void>
  /** Sends what no peer should send, after `connect` or instead of it. Never rejects. */
  garbage(kind: 'malformed' | 'oversized'): Promise<void>
}

/** A promise and its levers. */
export function deferred<T = void>(): { promise: Promise<T>; resolve(value: T): void; reject(reason: Error): void } {
  let [resolve, reject]: [(value: T) => void, (reason: Error) => void] = [() => undefined, () => undefined]
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Bytes that look like nothing else and are the same on every run: a linear congruential sequence from `seed`. */
export function pattern(seed: number, length: number): Buffer {
  const out = Buffer.alloc(length)
  let state = (seed * 2_654_435_761 + 1) >>> 0
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    out[i] = state >>> 24
  }
  return out
}
