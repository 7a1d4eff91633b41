import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pattern, type ContractClient } from '../../testkit/client.ts'
import { describeProtocol, type ProtocolCase } from '../../testkit/contract.ts'
import { fakeDesk, type FakeDesk } from '../../testkit/desk.ts'
import { asteriskStart, jambonzStart, ownStart, StreamClient, type StreamOptions } from '../../testkit/stream-client.ts'
import { fakeCredentials, listenOnWeb, type TestWeb } from '../../testkit/web.ts'
import { joinChannels } from '../websocket/channels.ts'
import { readStart } from './dialects.ts'
import { path, stream } from './index.ts'
import { readSignal } from './messages.ts'

const [keyId, secret] = ['pbx', 'correct horse battery']
const credentials = fakeCredentials(
  { protocol: 'stream', keyId, secret: Buffer.from(secret) },
  { protocol: 'stream', keyId: 'api', secret: Buffer.from('tok.en') },
)

type Speech = { start(key: string): string; join(label: string, bytes: Buffer): Buffer; own: boolean }

function contractClient(web: TestWeb, speech: Speech): ContractClient {
  let peer: StreamClient | undefined
  let ended = (): void => undefined
  const closed = new Promise<void>((resolve) => (ended = resolve))
  const open = (): StreamClient => {
    const ws = new StreamClient({ url: web.ws(path), keyId, secret })
    void ws.closed.then(ended)
    return ws
  }
  const ordinary: ContractClient = {
    closed,
    async connect(key) {
      peer = open()
      await peer.connected
      peer.send(speech.start(key))
    },
    sendAudio: async (label, bytes) => peer?.send(speech.join(label, bytes)),
    hangUp: async () => (speech.own ? peer?.json({ type: 'stop' }) : peer?.close()),
    abort: () => peer?.abort(),
    async garbage(kind) {
      const ws = peer ?? open()
      await ws.connected
      ws.send(kind === 'malformed' ? '{"type":' : Buffer.alloc(400_000))
      await ws.closed
    },
  }
  if (!speech.own) return ordinary
  return {
    ...ordinary,
    pause: async () => peer?.json({ type: 'pause' }),
    resume: async () => peer?.json({ type: 'resume' }),
    hold: async (leg, on) => peer?.json({ type: 'hold', leg, on }),
  }
}

const cases: Record<string, { speech: Speech } & Pick<ProtocolCase, 'legs' | 'format'>> = {
  'its own dialect': {
    legs: { customer: 'customer', agent: 'agent' },
    format: { codec: 'L16', rate: 8000, channels: 1 },
    speech: { own: true, start: (key) => ownStart(key), join: stereo },
  },
  jambonz: {
    legs: { customer: 'customer', agent: 'agent' },
    format: { codec: 'L16', rate: 16000, channels: 1 },
    speech: { own: false, start: (key) => jambonzStart(key, { sampleRate: 16000 }), join: stereo },
  },
  Asterisk: {
    legs: { audio: 'unknown' },
    format: { codec: 'PCMU', rate: 8000, channels: 1 },
    speech: { own: false, start: (key) => asteriskStart(key), join: (_label, bytes) => bytes },
  },
}

function stereo(label: string, bytes: Buffer): Buffer {
  const quiet = Buffer.alloc(bytes.length)
  return joinChannels(label === 'customer' ? [bytes, quiet] : [quiet, bytes], 2)
}

for (const [dialect, { speech, legs, format }] of Object.entries(cases)) {
  describe(`in ${dialect}`, () => {
    describeProtocol({
      name: 'stream',
      legs,
      format,
      sequenced: false,
      sessionKey: () => randomUUID(),
      async start(desk) {
        const web = await listenOnWeb(stream, { desk, credentials, settings: undefined })
        return { listener: web.listener, client: () => contractClient(web, speech), stop: web.stop }
      },
    })
  })
}

describe('a stream', () => {
  let desk: FakeDesk
  let web: TestWeb
  let clients: StreamClient[]

  beforeEach(async () => {
    desk = fakeDesk()
    web = await listenOnWeb(stream, { desk, credentials, settings: {} })
    clients = []
  })
  afterEach(async () => {
    clients.forEach((c) => c.abort())
    await web.stop()
    desk.check()
  })
  const client = async (options: Partial<StreamOptions> = {}): Promise<StreamClient> => {
    const peer = new StreamClient({ url: web.ws(path), keyId, secret, ...options })
    clients.push(peer)
    await peer.connected.catch(() => undefined)
    return peer
  }
  const started = async (start: string, options: Partial<StreamOptions> = {}): Promise<StreamClient> => {
    const before = desk.calls.length
    const peer = await client(options)
    peer.send(start)
    await desk.until(() => desk.calls.length > before && desk.call().legs.size > 0, 'the call')
    return peer
  }

  it('needs the stored secret, as Basic or Bearer', async () => {
    const bearer = (value: string): Partial<StreamOptions> => ({ headers: { authorization: `Bearer ${value}` } })
    const open = async (options: Partial<StreamOptions>): Promise<boolean | number> => {
      const peer = new StreamClient({ url: web.ws(path), ...options })
      clients.push(peer)
      return peer.connected.then(
        () => true,
        () => peer.closed,
      )
    }
    expect(await open({ keyId, secret })).toBe(true)
    expect(await open(bearer('api.tok.en'))).toBe(true)
    expect(await open({ url: web.ws(`${path}/api`), ...bearer('tok.en') })).toBe(true)
    expect(await open({ url: web.ws(`${path}/pbx`), ...bearer('tok.en') })).toBe(401)
    expect(await open({ keyId, secret: 'wrong' })).toBe(401)
    expect(await open({ keyId: 'other', secret })).toBe(401)
    expect(await open({ keyId: 'other', secret: '' })).toBe(401)
    expect(await open({})).toBe(401)
    expect(await open({ url: `${web.ws(path)}?token=${encodeURIComponent(secret)}` })).toBe(401)
  })

  it('takes the subprotocols of jambonz, FreeSWITCH and Asterisk', async () => {
    for (const subprotocol of ['audio.jambonz.org', 'audio.drachtio.org', 'media']) {
      expect((await client({ subprotocol })).subprotocol).toBe(subprotocol)
    }
  })

  it('announces what our own start message says and hears the recorder', async () => {
    const peer = await started(
      ownStart('s-1', {
        conversationId: 'c-1',
        direction: 'outbound',
        queue: 'Gas',
        agent: 'lea',
        consent: 'yes',
        parties: [{ role: 'customer', address: '+33600000000', name: 'Jean', country: 'fr' }],
      }),
    )
    const { announcement, commands } = desk.call('s-1')
    expect(announcement).toMatchObject({
      conversationKey: 'c-1',
      direction: 'outbound',
      queue: 'Gas',
      agent: 'lea',
      consent: 'yes',
      sequenced: false,
    })
    expect(announcement.parties).toEqual([{ role: 'customer', address: '+33600000000', name: 'Jean', country: 'FR' }])
    commands.pause?.()
    commands.resume?.()
    commands.disconnect?.('policy')
    await peer.closed
    expect(peer.received).toEqual([
      { type: 'started', callId: desk.call().callId },
      { type: 'pause' },
      { type: 'resume' },
      { type: 'disconnect', reason: 'policy' },
    ])
  })

  it('signals digits, hold, losses, pauses and metadata in mid-call', async () => {
    const peer = await started(ownStart('s-2'))
    peer.json({ type: 'dtmf', leg: 'agent', digit: '7' })
    peer.json({ type: 'hold', on: true })
    peer.json({ type: 'lost', leg: 'customer', ms: 120 })
    peer.json({ type: 'update', queue: 'Other', note: 'x' })
    peer.json({ type: 'pause' })
    peer.send(Buffer.alloc(64, 1))
    peer.json({ type: 'resume' })
    peer.send(Buffer.alloc(64, 2))
    peer.json({ type: 'stop' })
    await peer.closed
    const call = desk.call()
    expect(call.dtmf).toEqual([{ label: 'agent', digit: '7' }])
    expect([call.leg('customer').holds, call.leg('agent').holds]).toEqual([[true], [true]])
    expect([call.leg('customer').lost, call.leg('agent').lost]).toEqual([[120], []])
    expect(call.updates[0]).toMatchObject({ queue: 'Other' })
    expect(String(call.updates[0]?.raw?.bytes)).toContain('note')
    expect(call.paused).toEqual([true, false])
    expect(call.leg('agent').bytes()).toEqual(Buffer.alloc(32, 2))
    expect(call.ended).toBe('hangup')
  })

  it('of jambonz tells caller, digits and later text; nothing is ever sent back', async () => {
    const peer = await started(jambonzStart('j-1', { agent: 'lea', callerName: 'Jean' }))
    peer.json({ event: 'dtmf', dtmf: '5', duration: '1600' })
    peer.json({ note: 'from the application' })
    desk.call().commands.pause?.()
    await peer.close()
    const call = desk.call()
    expect(call.announcement.parties?.[0]).toMatchObject({ role: 'customer', address: '+390212345', name: 'Jean' })
    expect(call.dtmf).toEqual([{ label: 'customer', digit: '5' }])
    expect(String(call.updates[0]?.raw?.bytes)).toContain('from the application')
    expect(peer.received).toEqual([])
  })

  it('of Asterisk is read from text and JSON, with variables and hints of the address', async () => {
    const peer = await started(asteriskStart('a-1', 'slin16'), {
      url: web.ws(`${path}?role=customer&conversation=c-9&queue=Gas`),
    })
    peer.send('DTMF_END digit:*')
    peer.send('MEDIA_XOFF')
    peer.send(pattern(1, 640))
    await desk.until(() => desk.call().leg('customer').frames.length === 1, 'audio')
    expect(desk.call().announcement).toMatchObject({ sessionKey: 'a-1', conversationKey: 'c-9', queue: 'Gas' })
    expect(desk.call().leg('customer').facts.format).toEqual({ codec: 'L16', rate: 16000, channels: 1 })
    expect(desk.call().dtmf).toEqual([{ label: 'customer', digit: '*' }])
    const variables = { VERBALE_ROLE: 'agent', VERBALE_AGENT: 'lea', OTHER: 'x' }
    await started(
      JSON.stringify({
        event: 'MEDIA_START',
        connection_id: 'x',
        channel_id: 'a-2',
        format: 'alaw',
        channel_variables: variables,
      }),
    )
    expect(desk.call().leg('agent').facts.format.codec).toBe('PCMA')
    expect(desk.call().announcement.agent).toBe('lea')
  })

  it('is refused before its start message, in unknown dialects and formats', async () => {
    const first = [
      Buffer.alloc(320),
      'hello',
      '[]',
      '{}',
      JSON.stringify({ callSid: 'x', mixType: 'mono' }),
      jambonzStart('x', { sampleRate: 11_025 }),
      asteriskStart('x', 'opus'),
      ownStart('x', { version: 2 }),
      ownStart('x', { audio: { codec: 'PCMU', rate: 16000, legs: ['customer'] } }),
      ownStart('x', { padding: 'x'.repeat(70_000) }),
    ]
    for (const message of first) {
      const peer = await client()
      peer.send(message)
      expect(await peer.closed).toBe(1008)
    }
    expect(desk.calls).toEqual([])
  })

  it('ends with error on half a sample, an unknown leg and unknown words', async () => {
    for (const bad of [
      Buffer.alloc(5),
      '{"type":"hold","leg":"third","on":true}',
      '{"type":"unheard"}',
      'MEDIA_XOFF',
    ]) {
      const peer = await started(ownStart(randomUUID()))
      peer.send(pattern(1, 64))
      peer.send(bad)
      expect(await peer.closed).toBe(1008)
      expect(desk.call().ended).toBe('error')
      expect(desk.call().leg('customer').bytes()).toHaveLength(32)
    }
  })
})

describe('the dialects', () => {
  it('never throw', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string().map((s) => `MEDIA_START ${s}`),
    )
    fc.assert(
      fc.property(text, (t) => {
        expect(() => readStart(t)).not.toThrow()
        for (const dialect of ['verbale', 'jambonz', 'asterisk'] as const)
          expect(() => readSignal(t, dialect)).not.toThrow()
      }),
      { numRuns: 1000 },
    )
    const fields = fc.record(
      { callSid: fc.jsonValue(), sampleRate: fc.jsonValue(), mixType: fc.jsonValue(), metadata: fc.jsonValue() },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fields, (f) => {
        expect(() => readStart(JSON.stringify(f))).not.toThrow()
      }),
    )
  })
})
