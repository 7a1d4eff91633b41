import { setTimeout as sleep } from 'node:timers/promises'
import { metadata } from '../../../server/capture/protocols/siprec/testkit/messages.ts'
import { type SimulatedCall, SrcSimulator } from '../../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import type { CallDetail, ListenGrant } from '../../../contract/models/calls.ts'
import type { PolicyRule } from '../../../contract/models/policy.ts'
import { newId } from '../../../server/platform/ids.ts'
import { publish, rule } from '../../journeys/policy.ts'
import type { Client } from '../../journeys/server.ts'

/** Waits for something to become true or there, looking every 50 ms. Throws with what was waited for. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  ms = 30_000,
): Promise<T> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(50)) {
    const found = await look()
    if (found) return found
  }
  throw new Error(`not within ${ms} ms: ${what}`)
}

/** Every call is recorded, for evidence and training. */
export async function recordEverything(who: Client, pause: Partial<PolicyRule['pause']> = {}): Promise<void> {
  const { pause: usual } = rule()
  await publish(who, [rule({ name: 'Everything', pause: { ...usual, ...pause } })])
}

const frameBytes = 160
const silence = 0xff

/** 20 ms of mu-law that say, in every four bytes, which leg and which packet they are. Never codec silence. */
export function frameOf(leg: number, n: number): Buffer {
  const frame = Buffer.alloc(frameBytes)
  for (let i = 0; i < frameBytes; i += 4) {
    frame[i] = 0x60 | leg
    frame[i + 1] = (n >> 12) & 0x3f
    frame[i + 2] = (n >> 6) & 0x3f
    frame[i + 3] = n & 0x3f
  }
  return frame
}

/** What a lane holds: packet numbers in order and where each lies (ms), and bytes that are neither a whole frame nor silence. */
export type Heard = { frames: number[]; atMs: number[]; strays: number; durationMs: number }

export function framesIn(lane: Buffer, leg: number): Heard {
  const heard: Heard = { frames: [], atMs: [], strays: 0, durationMs: lane.length / 8 }
  for (let i = 0; i < lane.length;) {
    const n = ((lane[i + 1] ?? 0) << 12) | ((lane[i + 2] ?? 0) << 6) | (lane[i + 3] ?? 0)
    if (lane[i] !== silence && lane.subarray(i, i + frameBytes).equals(frameOf(leg, n))) {
      heard.frames.push(n)
      heard.atMs.push(i / 8)
      i += frameBytes
    } else {
      if (lane[i] !== silence) heard.strays++
      i++
    }
  }
  return heard
}

/** Listens as a person does: a grant, then the WAV; one `Heard` for each lane, by leg. */
export async function listen(
  who: Client,
  callId: string,
  purpose: 'evidence' | 'training' = 'evidence',
): Promise<{ grant: ListenGrant; legs: Map<number, Heard> }> {
  const grant = await who.api('POST /calls/:callId/listen', {
    params: { callId },
    body: { purpose, reason: 'fault test' },
  })
  const legs = new Map<number, Heard>()
  if (grant.lanes.length === 0) return { grant, legs }
  const wav = Buffer.from(await (await who.fetch(grant.mediaUrl)).arrayBuffer())
  const channels = wav.readUInt16LE(22)
  if (wav.readUInt16LE(20) !== 7) throw new Error(`the WAV is not mu-law but ${wav.readUInt16LE(20)}`)
  const data = wav.subarray(58)
  for (const { leg, channel } of grant.lanes)
    legs.set(leg, framesIn(Buffer.from(data.filter((_, i) => i % channels === channel)), leg))
  return { grant, legs }
}

/** Waits until a call recorded under `recordEverything` and all its renditions are sealed. */
export const settled = (who: Client, callId: string): Promise<CallDetail> =>
  until('the call and its renditions are sealed', async () => {
    const detail = await who.api('GET /calls/:callId', { params: { callId } })
    return (
      detail.state === 'sealed' &&
      detail.renditions.length === 3 &&
      detail.renditions.every((r) => r.state === 'sealed') &&
      detail
    )
  })

/** `[0, 1, … count - 1]` */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** A two-leg call whose legs speak in numbered frames, 50 a second by the sender's own clock. */
export class Talk {
  /** When each frame was sent, ms of `performance.now()`. */
  readonly sentAt: number[] = []
  readonly call: SimulatedCall
  readonly #simulator: SrcSimulator
  #timer: NodeJS.Timeout
  #started = performance.now()
  #closed = false

  private constructor(simulator: SrcSimulator, call: SimulatedCall) {
    this.#simulator = simulator
    this.call = call
    this.#timer = setInterval(() => this.#send(), 5)
  }

  static async begin(port: number, options: { transport?: 'tcp' | 'udp'; localAddress?: string } = {}): Promise<Talk> {
    const simulator = await SrcSimulator.open({
      server: { host: '127.0.0.1', port },
      transport: 'tcp',
      ...options,
    })
    // A conversation of its own: sources of one conversation share their pauses.
    const people = [
      { aor: 'sip:+39021234567@carrier.example.test', name: 'Carla Cliente' },
      { aor: 'sip:201@pbx.example.test' },
    ]
    const call = await simulator.call({ metadata: metadata(people, ['1', '2']).replace('g1', newId()) })
    return new Talk(simulator, call)
  }

  get sent(): number {
    return this.sentAt.length
  }

  #send(): void {
    const due = Math.floor((performance.now() - this.#started) / 20) + 1
    for (let n = this.sent; n < due; n++) {
      this.sentAt.push(performance.now())
      for (const [leg, sender] of this.call.senders.entries()) sender.send(frameOf(leg, n))
    }
  }

  /** Stops speaking; the session stays. */
  hush(): void {
    clearInterval(this.#timer)
  }

  /** Ends the call in order. */
  async bye(): Promise<void> {
    this.hush()
    await sleep(40)
    await this.call.bye()
    this.drop()
  }

  /** The sender is gone without a word. */
  drop(): void {
    this.hush()
    if (!this.#closed) this.#simulator.close()
    this.#closed = true
  }
}

/** A seeded generator (mulberry32): 0 to 1. */
export function seeded(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
