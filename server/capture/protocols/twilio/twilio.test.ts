import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pattern, type ContractClient } from '../../testkit/client.ts'
import { describeProtocol } from '../../testkit/contract.ts'
import { fakeDesk, type FakeDesk } from '../../testkit/desk.ts'
import { sid, TwilioClient, type TwilioOptions } from '../../testkit/twilio-client.ts'
import { fakeCredentials, listenOnWeb, type TestWeb } from '../../testkit/web.ts'
import { path, twilio } from './index.ts'
import { formatOf, readEvent } from './messages.ts'
import { createTrack } from './track.ts'

const secret = Buffer.from('12345abcde67890')
const credentials = fakeCredentials(
  { protocol: 'twilio', keyId: 'AC1', secret },
  { protocol: 'twilio', keyId: 'bare', secret: Buffer.alloc(0) },
)
const url = (web: TestWeb, keyId = 'AC1'): string => web.ws(`${path}/${keyId}`)

function contractClient(web: TestWeb): ContractClient {
  let stream: TwilioClient | undefined
  let ended = (): void => undefined
  const closed = new Promise<void>((resolve) => (ended = resolve))
  const open = (streamSid: string): TwilioClient => {
    stream = new TwilioClient({ url: url(web), authToken: secret, streamSid })
    void stream.closed.then(ended)
    return stream
  }
  return {
    closed,
    connect: async (streamSid) => open(streamSid).start(),
    sendAudio: async (track, bytes) => stream?.media(track, bytes),
    hangUp: async () => stream?.stop(),
    abort: () => stream?.abort(),
    async garbage(kind) {
      const peer = stream ?? open(sid('MZ'))
      await peer.connected
      peer.send(kind === 'malformed' ? '{"event":"media","media":{"payload":"***"}}' : Buffer.alloc(200_000))
      await peer.closed
    },
  }
}

describeProtocol({
  name: 'twilio',
  legs: { inbound: 'customer', outbound: 'agent' },
  format: { codec: 'PCMU', rate: 8000, channels: 1 },
  sequenced: true,
  sessionKey: () => sid('MZ'),
  async start(desk) {
    const web = await listenOnWeb(twilio, { desk, credentials, settings: undefined })
    return { listener: web.listener, client: () => contractClient(web), stop: web.stop }
  },
})

describe('a Twilio media stream', () => {
  let desk: FakeDesk
  let web: TestWeb
  let clients: TwilioClient[]

  const serve = async (given: object = {}): Promise<void> => {
    desk = fakeDesk()
    web = await listenOnWeb(twilio, { desk, credentials, settings: given })
    clients = []
  }
  beforeEach(() => serve())
  afterEach(async () => {
    clients.forEach((c) => c.abort())
    await web.stop()
    desk.check()
  })
  const client = (options: Partial<TwilioOptions> = {}): TwilioClient => {
    const peer = new TwilioClient({ url: url(web), ...options })
    clients.push(peer)
    return peer
  }
  const started = async (options: Partial<TwilioOptions> = {}): Promise<TwilioClient> => {
    const peer = client({ authToken: secret, ...options })
    await peer.start()
    await desk.until(() => desk.calls.some((c) => c.announcement.sessionKey === peer.streamSid), 'the call')
    return peer
  }

  it('is accepted signed, with Basic or Bearer, or with the token in the start message', async () => {
    const basic = `Basic ${Buffer.from('AC1:12345abcde67890').toString('base64')}`
    await started()
    await started({ signedUrl: url(web).replace('ws:', 'wss:') })
    await started({ signedUrl: `${url(web).replace('ws:', 'https:')}/` })
    await started({ url: `${url(web)}?a=b` })
    for (const headers of [{ authorization: basic }, { authorization: 'Bearer 12345abcde67890' }]) {
      const peer = client({ headers })
      await peer.start()
      await desk.until(() => desk.call().announcement.sessionKey === peer.streamSid, 'the call')
    }
    const peer = client({ customParameters: { token: '12345abcde67890', queue: 'Energy' } })
    await peer.start()
    await desk.until(() => desk.call().announcement.sessionKey === peer.streamSid, 'the call')
    const raw = String(desk.call().announcement.raw?.bytes)
    expect(raw).toContain('Energy')
    expect(raw).not.toContain('12345abcde67890')
  })

  it('is refused otherwise, before any audio', async () => {
    expect(await client({ authToken: Buffer.from('wrong') }).closed).toBe(401)
    expect(await client({ authToken: secret, signedUrl: 'wss://elsewhere/capture/twilio/AC1' }).closed).toBe(401)
    expect(await client({ url: url(web, 'nobody') }).closed).toBe(401)
    expect(await client({ url: url(web, 'bare'), authToken: Buffer.alloc(0) }).closed).toBe(401)
    expect(await client({ url: web.ws(path) }).closed).toBe(401)
    expect(await client({ headers: { authorization: 'Bearer wrong' } }).closed).toBe(401)
    for (const token of [undefined, '', 'wrong']) {
      const peer = client(token === undefined ? {} : { customParameters: { token } })
      await peer.start()
      peer.media('inbound', Buffer.alloc(160))
      expect(await peer.closed).toBe(1008)
    }
    expect(desk.calls).toEqual([])
  })

  it('is refused unsigned when the token is switched off, and accepted under a configured name', async () => {
    await web.stop()
    await serve({ startToken: false, authorities: ['calls.example'] })
    expect(await client({ customParameters: { token: String(secret) } }).closed).toBe(401)
    await started({ signedUrl: `wss://calls.example${path}/AC1` })
  })

  it('announces the facts of its custom parameters', async () => {
    const peer = await started({
      customParameters: {
        direction: 'outbound-api',
        queue: 'Gas',
        agent: 'lea',
        from: '+390200000',
        to: '+33600000000',
        consent: 'no',
        customer_country: 'FR',
      },
    })
    expect(desk.call().announcement).toMatchObject({
      conversationKey: peer.callSid,
      direction: 'outbound',
      queue: 'Gas',
      agent: 'lea',
      consent: 'no',
    })
    expect(desk.call().announcement.parties?.[0]).toEqual({
      role: 'customer',
      address: '+33600000000',
      name: undefined,
      country: 'FR',
    })
  })

  it('lets the administrator say which track is the customer', async () => {
    await started({ customParameters: { customer_track: 'outbound' } })
    await desk.until(() => desk.call().legs.size === 2, 'legs')
    expect(desk.call().leg('outbound').facts.role).toBe('customer')
    expect(desk.call().leg('inbound').facts.role).toBe('agent')
  })

  it('positions follow the timestamps; gaps stay open', async () => {
    const peer = await started()
    peer.media('inbound', pattern(1, 320))
    peer.silence('inbound', 100)
    peer.media('inbound', pattern(2, 160))
    await desk.until(() => desk.call().leg('inbound').frames.length === 3, 'frames')
    expect(
      desk
        .call()
        .leg('inbound')
        .frames.map((f) => f.position),
    ).toEqual([0, 160, 320 + 800])
  })

  it('reports digits and ignores marks and what it does not know', async () => {
    const peer = await started()
    peer.event('dtmf', { track: 'inbound_track', digit: '#' })
    peer.event('mark', { name: 'x' })
    peer.event('novelty', { deep: { er: 1 } })
    peer.media('outbound', pattern(1, 160))
    await desk.until(() => desk.call().leg('outbound').frames.length === 1, 'audio')
    expect(desk.call().dtmf).toEqual([{ label: 'inbound', digit: '#' }])
  })

  it('is understood in snake case (Telnyx)', async () => {
    const peer = client({ authToken: secret })
    await peer.connected
    peer.send(JSON.stringify({ event: 'connected', version: '1.0.0' }))
    const format = { encoding: 'PCMA', sample_rate: 8000, channels: 1 }
    peer.send(
      JSON.stringify({
        event: 'start',
        sequence_number: '1',
        stream_id: 'S1',
        start: { call_control_id: 'C1', from: '+39', to: '+33', media_format: format },
      }),
    )
    const payload = pattern(1, 160)
    const media = { track: 'inbound', chunk: '2', timestamp: '20', payload: payload.toString('base64') }
    peer.send(JSON.stringify({ event: 'media', sequence_number: '4', stream_id: 'S1', media }))
    peer.send(JSON.stringify({ event: 'media', sequence_number: '4', stream_id: 'S1', media }))
    peer.send(JSON.stringify({ event: 'stop', sequence_number: '5', stream_id: 'S1' }))
    await peer.closed
    const call = desk.call('S1')
    expect(call.announcement.conversationKey).toBe('C1')
    expect(call.leg('inbound').facts.format.codec).toBe('PCMA')
    expect(call.leg('inbound').frames.map((f) => f.position)).toEqual([160])
    expect(call.ended).toBe('hangup')
  })

  const breaches: Record<string, (peer: TwilioClient) => void> = {
    'a second start': (peer) => peer.event('start', { streamSid: 'other', callSid: 'x', tracks: ['inbound'] }),
    'an unknown track': (peer) => peer.event('media', { track: 'third', payload: '' }),
    'a payload that is not base64': (peer) => peer.event('media', { track: 'inbound', payload: '<>' }),
    'a payload too large': (peer) => peer.event('media', { track: 'inbound', payload: 'A'.repeat(60_000) }),
    binary: (peer) => peer.send(Buffer.alloc(160)),
    'a timestamp nobody believes': (peer) =>
      peer.event('media', { track: 'inbound', timestamp: '99999999999', payload: '' }),
    'no JSON': (peer) => peer.send('hello'),
  }
  for (const [what, commit] of Object.entries(breaches)) {
    it(`ends with error, keeping what came before: ${what}`, async () => {
      const peer = await started()
      peer.media('inbound', pattern(1, 160))
      commit(peer)
      peer.media('inbound', pattern(2, 160))
      expect(await peer.closed).toBe(1008)
      expect(desk.call().ended).toBe('error')
      expect(desk.call().leg('inbound').bytes()).toEqual(pattern(1, 160))
    })
  }

  it('is refused in a format nobody records', async () => {
    const peer = client({ authToken: secret, mediaFormat: { encoding: 'audio/opus', sampleRate: 48000, channels: 1 } })
    await peer.start()
    expect(await peer.closed).toBe(1008)
    expect(desk.calls).toEqual([])
  })
})

describe('the parts of the dialect', () => {
  it('messages never throw', () => {
    fc.assert(fc.property(fc.string(), (text) => readEvent(text) === null || typeof readEvent(text) === 'object'))
    fc.assert(
      fc.property(fc.constantFrom('start', 'media', 'dtmf', 'stop', 'mark', 'x'), fc.jsonValue(), (event, body) => {
        const read = readEvent(JSON.stringify({ event, [event]: body }))
        expect(read === null || read.event === event || read.event === 'other').toBe(true)
      }),
    )
  })

  it('formats are known by their many names', () => {
    expect(formatOf({ encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 })?.codec).toBe('PCMU')
    expect(formatOf({ encoding: 'PCMA', sampleRate: 8000, channels: 1 })?.codec).toBe('PCMA')
    expect(formatOf({ encoding: 'L16', sampleRate: 16000, channels: 1 })).toEqual({
      codec: 'L16',
      rate: 16000,
      channels: 1,
    })
    expect(formatOf({ encoding: 'AMR-WB', sampleRate: 16000, channels: 1 })).toBeNull()
  })

  it('a wandering millisecond clock makes neither gaps nor overlaps', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -15, max: 15 }), { minLength: 1, maxLength: 100 }), (wander) => {
        const track = createTrack({ codec: 'PCMU', rate: 8000, channels: 1 })
        track.place({ chunk: 0, timestamp: 1000, payload: Buffer.alloc(160) })
        wander.forEach((ms, i) => {
          const placed = track.place({ chunk: i + 1, timestamp: 1000 + (i + 1) * 20 + ms, payload: Buffer.alloc(160) })
          expect(placed?.position).toBe(8000 + (i + 1) * 160)
        })
      }),
    )
  })

  it('late chunks keep their place and repeated ones are dropped', () => {
    const track = createTrack({ codec: 'PCMU', rate: 8000, channels: 1 })
    const place = (chunk: number): number | undefined =>
      track.place({ chunk, timestamp: chunk * 20, payload: Buffer.alloc(160) })?.position
    expect([1, 2, 4, 3, 5].map(place)).toEqual([160, 320, 640, 480, 800])
    expect(place(3)).toBeUndefined()
  })
})
