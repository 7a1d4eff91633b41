import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../platform/clock.ts'
import { silentLog } from '../../../platform/log.ts'
import type { Desk, Listener } from '../../source.ts'
import { AudioSocketClient } from '../../testkit/audiosocket-client.ts'
import { pattern, type ContractClient } from '../../testkit/client.ts'
import { describeProtocol } from '../../testkit/contract.ts'
import { fakeDesk, type FakeDesk } from '../../testkit/desk.ts'
import { fakeCredentials } from '../../testkit/web.ts'
import { allowList, isNetwork, privateNetworks } from './allow.ts'
import { createFramer, encodeFrame, uuidText, type Frame } from './frames.ts'
import { listen, settings } from './index.ts'

const start = (desk: Desk, given: object = {}): Promise<Listener> =>
  listen({
    desk,
    clock: systemClock,
    log: silentLog,
    web: { route: () => undefined },
    credentials: fakeCredentials(),
    settings: settings.parse({ enabled: true, host: '127.0.0.1', port: 0, ...given }),
  })
const portOf = (listener: Listener): number => Number(new URL(listener.addresses[0] ?? '').port)

function contractClient(port: number): ContractClient {
  let peer: AudioSocketClient | undefined
  let ended = (): void => undefined
  const closed = new Promise<void>((resolve) => (ended = resolve))
  const open = async (): Promise<AudioSocketClient> => {
    const socket = new AudioSocketClient({ port })
    void socket.closed.then(ended)
    await socket.connected
    return socket
  }
  return {
    closed,
    async connect(key) {
      peer = await open()
      peer.uuid(key)
    },
    sendAudio: async (_label, bytes) => peer?.audio(bytes),
    hangUp: async () => peer?.hangUp(),
    abort: () => peer?.abort(),
    async garbage(kind) {
      const socket = peer ?? (await open())
      // A frame cannot be longer than 64 KiB; the largest of an unknown type is the worst there is.
      socket.frame(0x77, kind === 'malformed' ? Buffer.from('?') : Buffer.alloc(65_535))
      await socket.closed
    },
  }
}

describeProtocol({
  name: 'audiosocket',
  legs: { audio: 'unknown' },
  format: { codec: 'L16', rate: 8000, channels: 1 },
  sequenced: false,
  sessionKey: () => randomUUID(),
  async start(desk) {
    const listener = await start(desk)
    const port = portOf(listener)
    return { listener, client: () => contractClient(port) }
  },
})

describe('AudioSocket', () => {
  let desk: FakeDesk
  let listener: Listener
  let clients: AudioSocketClient[]

  beforeEach(() => {
    desk = fakeDesk()
    clients = []
  })
  afterEach(async () => {
    clients.forEach((c) => c.abort())
    await listener.stop()
    desk.check()
  })
  const client = async (): Promise<AudioSocketClient> => {
    const peer = new AudioSocketClient({ port: portOf(listener) })
    clients.push(peer)
    await peer.connected
    return peer
  }
  const started = async (key = randomUUID()): Promise<AudioSocketClient> => {
    const peer = await client()
    peer.uuid(key)
    await desk.until(() => desk.calls.some((c) => c.announcement.sessionKey === key), 'the call')
    return peer
  }

  it('carries digits and a change of the sample rate', async () => {
    listener = await start(desk)
    const peer = await started('40325ec2-5efd-4bd3-805f-53576e581d13')
    peer.audio(pattern(1, 640))
    peer.dtmf('5')
    peer.dtmf('!')
    peer.audio(pattern(2, 640), 0x12, 640)
    await peer.hangUp()
    const call = desk.call('40325ec2-5efd-4bd3-805f-53576e581d13')
    expect(call.dtmf).toEqual([{ label: 'audio', digit: '5' }])
    expect(call.leg('audio').changes).toEqual([{ format: { codec: 'L16', rate: 16000, channels: 1 } }])
    expect(call.leg('audio').bytes()).toEqual(Buffer.concat([pattern(1, 640), pattern(2, 640)]))
    expect(call.announcement.sequenced).toBe(false)
  })

  it('takes a connection closed in order for a hang-up', async () => {
    listener = await start(desk)
    const peer = await started()
    peer.audio(pattern(1, 320))
    peer.end()
    await peer.closed
    expect(desk.call().ended).toBe('hangup')
    expect(desk.call().leg('audio').bytes()).toEqual(pattern(1, 320))
  })

  it('survives any way TCP may cut it', async () => {
    listener = await start(desk)
    const peer = await client()
    const key = randomUUID()
    const bytes = Buffer.concat([
      encodeFrame(1, Buffer.from(key.replaceAll('-', ''), 'hex')),
      encodeFrame(0x10, pattern(3, 320)),
    ])
    for (const byte of bytes) peer.raw(Buffer.from([byte]))
    await desk.until(
      () => desk.calls.length === 1 && desk.call().legs.size === 1 && desk.call().leg('audio').frames.length === 1,
      'audio',
    )
    expect(desk.call().leg('audio').bytes()).toEqual(pattern(3, 320))
  })

  it('ends with error on a breach, keeping what came before', async () => {
    listener = await start(desk)
    const breaches = [
      (c: AudioSocketClient) => c.uuid(randomUUID()),
      (c: AudioSocketClient) => c.frame(0x10, Buffer.alloc(3)),
      (c: AudioSocketClient) => c.frame(0x02),
      (c: AudioSocketClient) => c.frame(0xff, Buffer.from([4])),
    ]
    for (const commit of breaches) {
      const peer = await started()
      peer.audio(pattern(1, 320))
      commit(peer)
      peer.audio(pattern(2, 320))
      await peer.closed
      await desk.until(() => desk.call().ended !== null, 'the end')
      expect(desk.call().ended).toBe('error')
      expect(desk.call().leg('audio').bytes()).toEqual(pattern(1, 320))
    }
  })

  it('wants the UUID first, whole, and in time', async () => {
    listener = await start(desk, { establishMs: 50 })
    const [early, short, mute] = [await client(), await client(), await client()]
    early.audio(Buffer.alloc(320))
    short.frame(0x01, Buffer.alloc(15))
    await Promise.all([early.closed, short.closed, mute.closed])
    expect(desk.calls).toEqual([])
  })

  it('expires when nothing comes any more', async () => {
    listener = await start(desk, { idleMs: 50 })
    const peer = await started()
    await peer.closed
    expect(desk.call().ended).toBe('expired')
  })

  it('is closed to other networks', async () => {
    listener = await start(desk, { allow: ['10.1.0.0/16'] })
    const peer = await client()
    peer.uuid(randomUUID())
    await peer.closed
    expect(desk.calls).toEqual([])
  })

  it('stays open to new calls under 1,000 half-open connections', async () => {
    listener = await start(desk, { maxHalfOpen: 100 })
    const running = await started()
    await Promise.all(Array.from({ length: 1000 }, () => client()))
    await started()
    running.audio(pattern(1, 320))
    await desk.until(() => desk.calls[0]!.leg('audio').frames.length === 1, 'audio')
    expect(desk.calls.map((c) => c.ended)).toEqual([null, null])
  })

  it('says clearly when the port is taken', async () => {
    listener = await start(desk)
    await expect(start(desk, { port: portOf(listener) })).rejects.toMatchObject({ code: 'port_busy' })
  })

  it('does not listen unless enabled', async () => {
    listener = await start(desk, { enabled: false })
    expect(listener.addresses).toEqual([])
    expect(settings.parse(undefined).enabled).toBe(false)
    expect(settings.safeParse({ allow: ['10.0.0.0/99'] }).success).toBe(false)
  })
})

describe('the framer', () => {
  it('gives back every frame however the stream is cut', () => {
    const frame = fc.record({
      type: fc.integer({ min: 0, max: 255 }),
      payload: fc.uint8Array({ maxLength: 400 }).map((b) => Buffer.from(b)),
    })
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        (frames, cuts) => {
          const bytes = Buffer.concat(frames.map((f) => encodeFrame(f.type, f.payload)))
          const framer = createFramer()
          const read: Frame[] = []
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const next = at + cuts[i % cuts.length]!
            read.push(...framer.push(bytes.subarray(at, next)))
            at = next
          }
          expect(read).toEqual(frames)
        },
      ),
    )
  })

  it('writes UUIDs as text', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        expect(uuidText(Buffer.from(uuid.replaceAll('-', ''), 'hex'))).toBe(uuid)
      }),
    )
  })
})

describe('the allow list', () => {
  it('knows networks of both families and mapped addresses', () => {
    const allowed = allowList([...privateNetworks, '203.0.113.7'])
    for (const address of [
      '127.0.0.1',
      '::1',
      '10.9.8.7',
      '172.31.0.1',
      '192.168.1.1',
      'fd00::1',
      '::ffff:10.0.0.1',
      '203.0.113.7',
    ])
      expect(allowed(address)).toBe(true)
    for (const address of ['8.8.8.8', '172.32.0.1', '2001:db8::1', '::ffff:8.8.8.8', '', 'x', '203.0.113.8'])
      expect(allowed(address)).toBe(false)
    for (const network of ['10.0.0.0/8', '::/0', '1.2.3.4']) expect(isNetwork(network)).toBe(true)
    for (const network of ['', '10.0.0.0/33', '10.0.0/8', 'host', '::/129', '1.2.3.4/8/8', '1.2.3.4/-1'])
      expect(isNetwork(network)).toBe(false)
  })
})
