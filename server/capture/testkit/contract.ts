import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AudioFormat, Desk, Listener, PartyRole } from '../source.ts'
import { pattern, type ContractClient } from './client.ts'
import { fakeDesk, type FakeDesk } from './desk.ts'

export type Running = {
  listener: Listener
  client(): ContractClient
  /** Closes what the test itself opened beside the listener. */
  stop?(): Promise<void>
}

export type ProtocolCase = {
  /** Registry name. */
  name: string
  start(desk: Desk): Promise<Running>
  /** The legs of the client's ordinary session and their roles. */
  legs: Record<string, PartyRole>
  format: AudioFormat
  sequenced: boolean
  /** A key in the protocol's own shape; `n` makes it unique. */
  sessionKey(n: number): string
}

const CHUNK = 1600

/** The contract every capture adapter keeps, over real sockets. */
export function describeProtocol(spec: ProtocolCase): void {
  describe(`${spec.name} keeps the contract of a capture protocol`, () => {
    let desk: FakeDesk
    let running: Running
    let clients: ContractClient[]
    let serial = 0
    const [first = '', second] = Object.keys(spec.legs)
    const key = (): string => spec.sessionKey(++serial)
    const client = (): ContractClient => {
      const peer = running.client()
      clients.push(peer)
      return peer
    }
    const connected = async (sessionKey = key()): Promise<ContractClient> => {
      const peer = client()
      await peer.connect(sessionKey)
      await desk.until(() => desk.calls.some((c) => c.ended === null && c.legs.size > 0), 'the call being announced')
      return peer
    }
    const arrives = (label: string, bytes: Buffer): Promise<void> =>
      desk.until(() => desk.call().leg(label).bytes().includes(bytes), `${bytes.length} bytes on leg ${label}`)

    beforeEach(async () => {
      desk = fakeDesk()
      clients = []
      running = await spec.start(desk)
    })
    afterEach(async () => {
      clients.forEach((peer) => peer.abort?.())
      await running.listener.stop()
      await running.stop?.()
      desk.check()
    })

    it('announces a call once, with its facts and legs', async () => {
      await connected()
      await desk.until(() => desk.call().legs.size === Object.keys(spec.legs).length, 'all legs')
      expect(desk.calls).toHaveLength(1)
      const { announcement, legs } = desk.call()
      expect(announcement.protocol).toBe(spec.name)
      expect(announcement.sessionKey).not.toBe('')
      expect(announcement.sequenced).toBe(spec.sequenced)
      expect(Object.fromEntries([...legs].map(([label, leg]) => [label, leg.facts.role]))).toEqual(spec.legs)
      for (const leg of legs.values()) expect(leg.facts.format).toEqual(spec.format)
    })

    it('puts every byte on its own lane, bit-exact', async () => {
      const peer = await connected()
      const mine = pattern(1, CHUNK)
      await peer.sendAudio(first, mine)
      await arrives(first, mine)
      if (second === undefined) return
      const theirs = pattern(2, CHUNK)
      await peer.sendAudio(second, theirs)
      await arrives(second, theirs)
      expect(desk.call().leg(first).bytes().includes(theirs)).toBe(false)
      expect(desk.call().leg(second).bytes().includes(mine)).toBe(false)
    })

    it('goes on working while and after the recorder asks for a pause', async () => {
      const peer = await connected()
      const { commands } = desk.call()
      commands.pause?.()
      commands.pause?.()
      commands.resume?.()
      commands.resume?.()
      const bytes = pattern(3, CHUNK)
      await peer.sendAudio(first, bytes)
      await arrives(first, bytes)
      expect(desk.call().ended).toBeNull()
    })

    it('reports that the source pauses and resumes', async () => {
      const peer = await connected()
      if (!peer.pause || !peer.resume) return
      await peer.pause()
      await desk.until(() => desk.call().paused.at(-1) === true, 'the pause')
      await peer.resume()
      await desk.until(() => desk.call().paused.at(-1) === false, 'the end of the pause')
      const bytes = pattern(4, CHUNK)
      await peer.sendAudio(first, bytes)
      await arrives(first, bytes)
      expect(desk.call().ended).toBeNull()
    })

    it('reports hold', async () => {
      const peer = await connected()
      if (!peer.hold) return
      await peer.hold(first, true)
      await desk.until(() => desk.call().leg(first).holds.at(-1) === true, 'hold')
      await peer.hold(first, false)
      await desk.until(() => desk.call().leg(first).holds.at(-1) === false, 'the end of hold')
      expect(desk.call().ended).toBeNull()
    })

    it('ends with hangup when the source hangs up', async () => {
      const peer = await connected()
      await peer.sendAudio(first, pattern(5, CHUNK))
      await peer.hangUp()
      await desk.until(() => desk.call().ended !== null, 'the end')
      expect(desk.call().ended).toBe('hangup')
      expect(desk.call().leg(first).bytes().includes(pattern(5, CHUNK))).toBe(true)
    })

    it('ends with disconnect when the connection is cut', async () => {
      const peer = await connected()
      if (!peer.abort) return
      peer.abort()
      await desk.until(() => desk.call().ended !== null, 'the end')
      expect(desk.call().ended).toBe('disconnect')
    })

    it('refuses a second session of the same key; the first goes on', async () => {
      const sessionKey = key()
      const peer = await connected(sessionKey)
      const twin = client()
      await twin.connect(sessionKey).catch(() => undefined)
      await twin.closed
      expect(desk.calls).toHaveLength(1)
      const bytes = pattern(6, CHUNK)
      await peer.sendAudio(first, bytes)
      await arrives(first, bytes)
    })

    it('accepts the same key again after the end', async () => {
      const sessionKey = key()
      await (await connected(sessionKey)).hangUp()
      await desk.until(() => desk.call().ended !== null, 'the end of the first call')
      await connected(sessionKey)
      expect(desk.calls).toHaveLength(2)
    })

    for (const kind of ['malformed', 'oversized'] as const) {
      it(`survives ${kind} input before and in a call, and leaves other calls untouched`, async () => {
        const good = await connected()
        const goodCall = desk.call()
        await client().garbage(kind)
        const before = desk.calls.length
        const bad = client()
        await bad.connect(key())
        await desk.until(() => desk.calls.length > before && desk.call().legs.size > 0, 'the second call')
        await bad.garbage(kind)
        const bytes = pattern(7, CHUNK)
        await good.sendAudio(first, bytes)
        await desk.until(() => goodCall.leg(first).bytes().includes(bytes), 'audio of the other call')
        expect(goodCall.ended).toBeNull()
      })
    }

    it('stop ends its calls and closes its sockets', async () => {
      const peer = await connected()
      await running.listener.stop()
      expect(desk.call().ended).toBe('disconnect')
      await peer.closed
      const late = client()
      await late.connect(key()).then(
        () => late.closed,
        () => undefined,
      )
      expect(desk.calls).toHaveLength(1)
    })

    it('disconnects when the recorder says so', async () => {
      const peer = await connected()
      if (!desk.call().commands.disconnect) return
      desk.call().commands.disconnect?.('policy')
      await peer.closed
      expect(desk.call().ended).not.toBeNull()
    })
  })
}
