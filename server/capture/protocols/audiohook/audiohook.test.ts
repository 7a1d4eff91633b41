import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  AudioHookClient,
  ordinaryOffers,
  Refused,
  type AudioHookOptions,
  type Signing,
} from '../../testkit/audiohook-client.ts'
import { pattern } from '../../testkit/client.ts'
import { fakeDesk, type FakeDesk } from '../../testkit/desk.ts'
import { fakeCredentials, listenOnWeb, type TestWeb } from '../../testkit/web.ts'
import { joinChannels } from '../websocket/channels.ts'
import { audiohook, path } from './index.ts'
import { NULL_UUID } from './messages.ts'

const secret = Buffer.from('a shared secret of some length')
const credentials = fakeCredentials(
  { protocol: 'audiohook', keyId: 'genesys', secret },
  { protocol: 'audiohook', keyId: 'empty', secret: Buffer.alloc(0) },
  { protocol: 'audiohook', keyId: 'zeros', secret: Buffer.alloc(32) },
  { protocol: 'twilio', keyId: 'elsewhere', secret },
)

let desk: FakeDesk
let web: TestWeb
let clients: AudioHookClient[]

beforeEach(async () => {
  desk = fakeDesk()
  web = await listenOnWeb(audiohook, { desk, credentials, settings: {} })
  clients = []
})
afterEach(async () => {
  clients.forEach((c) => c.abort())
  await web.stop()
  desk.check()
})

function client(options: Partial<AudioHookOptions> = {}): AudioHookClient {
  const peer = new AudioHookClient({ url: web.ws(path), signing: { keyId: 'genesys', secret }, ...options })
  clients.push(peer)
  return peer
}

async function opened(options: Partial<AudioHookOptions> = {}): Promise<AudioHookClient> {
  const peer = client(options)
  await peer.opened
  return peer
}

const status = async (options: Partial<AudioHookOptions>): Promise<number | null> =>
  client(options).opened.then(
    () => 101,
    (e: unknown) => (e as Refused).status,
  )

describe('the upgrade', () => {
  it('is refused with 401 unless signed with a stored key', async () => {
    const signing: Signing = { keyId: 'genesys', secret }
    expect(await status({ signing: null })).toBe(401)
    expect(await status({ signing: null, headers: { 'x-api-key': 'empty' } })).toBe(401)
    expect(await status({ signing: { keyId: 'empty', secret: Buffer.alloc(0) } })).toBe(401)
    expect(await status({ signing: { keyId: 'zeros', secret: Buffer.alloc(32) } })).toBe(401)
    expect(await status({ signing: { keyId: 'nobody', secret } })).toBe(401)
    expect(await status({ signing: { keyId: 'elsewhere', secret } })).toBe(401)
    expect(await status({ signing: { ...signing, secret: Buffer.from('wrong') } })).toBe(401)
    expect(await status({ signing: { ...signing, created: Math.floor(Date.now() / 1000) - 60 } })).toBe(401)
    expect(await status({ signing, headers: { 'audiohook-session-id': randomUUID() } })).toBe(401)
    expect(desk.calls).toEqual([])
  })

  it('is refused when a signed request is replayed', async () => {
    const signing: Signing = { keyId: 'genesys', secret, nonce: 'n'.repeat(24) }
    expect(await status({ signing })).toBe(101)
    expect(await status({ signing })).toBe(401)
  })

  it('works with a query in the path', async () => {
    expect(await status({ url: web.ws(`${path}?env=1`) })).toBe(101)
    expect(await status({ url: web.ws(`${path}/sub`) })).toBe(101)
  })
})

describe('open', () => {
  it('announces what the message says', async () => {
    const peer = await opened({
      conversationId: '30b0e395-84d3-4570-ac13-9a62d8f514c0',
      customConfig: {
        queue: 'Energy',
        direction: 'inbound',
        agent: 'a.bianchi',
        consent: 'yes',
        customer_country: 'it',
        agent_country: 'FR',
      },
    })
    const { announcement } = desk.call()
    expect(announcement).toMatchObject({
      protocol: 'audiohook',
      sessionKey: peer.sessionId,
      conversationKey: '30b0e395-84d3-4570-ac13-9a62d8f514c0',
      direction: 'inbound',
      queue: 'Energy',
      agent: 'a.bianchi',
      consent: 'yes',
      sequenced: true,
    })
    expect(announcement.parties).toEqual([
      { role: 'customer', address: '+390612345678', name: 'Maria Rossi', country: 'IT' },
      { role: 'agent', address: 'a.bianchi', name: undefined, country: 'FR' },
      { role: 'unknown', address: '+39800123456' },
    ])
    expect(JSON.parse(String(announcement.raw?.bytes))).toMatchObject({ type: 'open', id: peer.sessionId })
  })

  it('answers a probe without announcing a call', async () => {
    const peer = await opened({
      conversationId: NULL_UUID,
      participant: { id: NULL_UUID, ani: '', aniName: '', dnis: '' },
    })
    expect((await peer.opened).media).toEqual([])
    await peer.close()
    expect(desk.calls).toEqual([])
    expect(peer.received.map((m) => m.type)).toEqual(['opened', 'closed'])
  })

  it('takes one channel, or L16, when nothing else is offered', async () => {
    const l16 = { type: 'audio', format: 'L16', channels: ['internal', 'external'], rate: 8000 }
    const both = await opened({ media: [l16, ordinaryOffers[2]!] })
    expect((await both.opened).media).toEqual([l16])
    const [customer, agent] = [pattern(1, 640), pattern(2, 640)]
    both.audio(joinChannels([agent, customer], 2))
    await desk.until(() => desk.call().legs.size === 2 && desk.call().leg('external').frames.length > 0, 'audio')
    expect(desk.call().leg('external').bytes()).toEqual(customer)
    expect(desk.call().leg('internal').bytes()).toEqual(agent)
    const one = await opened({ media: [ordinaryOffers[2]!] })
    expect((await one.opened).media).toEqual([ordinaryOffers[2]])
    expect([...desk.call().legs.keys()]).toEqual(['internal'])
  })

  it('starts paused when the recorder wants it', async () => {
    const announce = desk.announce.bind(desk)
    desk.announce = (announcement, commands) => {
      commands.pause?.()
      return announce(announcement, commands)
    }
    const peer = await opened()
    expect((await peer.opened).startPaused).toBe(true)
    await desk.until(() => desk.call().paused.length === 1, 'the source pausing')
  })

  it('is refused with disconnect when the recorder refuses', async () => {
    for (const [reason, said] of [
      ['policy', 'completed'],
      ['overload', 'error'],
    ] as const) {
      desk.decide(() => ({ accepted: false, reason, detail: '' }))
      const peer = client()
      await expect(peer.opened).rejects.toThrow(reason)
      await peer.closed
      expect(peer.received.map((m) => [m.type, m.parameters['reason']])).toEqual([
        ['disconnect', said],
        ['closed', undefined],
      ])
    }
  })

  it('is refused for another organization than the signed one', async () => {
    const peer = client({ openOrganizationId: randomUUID() })
    await expect(peer.opened).rejects.toThrow('organizationId')
    await peer.closed
    expect(peer.received[0]).toMatchObject({ type: 'disconnect', parameters: { reason: 'unauthorized' } })
    expect(desk.calls).toEqual([])
  })

  it('comes first, before audio and everything else', async () => {
    for (const first of ['audio', 'discarded'] as const) {
      const peer = client({ silent: true })
      await peer.connected
      if (first === 'audio') peer.raw(Buffer.alloc(320))
      else peer.message(first, { start: 'PT0S', discarded: 'PT1S' })
      await peer.closed
      expect(peer.received.find((m) => m.type === 'disconnect')?.parameters['reason']).toBe('error')
    }
    expect(desk.calls).toEqual([])
  })
})

describe('in the session', () => {
  it('ping is answered with pong, referring to it', async () => {
    const peer = await opened()
    peer.ping()
    const pong = await peer.next('pong')
    expect(pong).toMatchObject({ clientseq: 2, seq: 2, id: peer.sessionId, parameters: {} })
  })

  it('positions count the media, with what was discarded', async () => {
    const peer = await opened()
    const frame = Buffer.alloc(3200, 0xff)
    peer.audio(frame)
    peer.discard(4000)
    peer.audio(frame)
    peer.pause()
    peer.audio(frame)
    peer.resume()
    peer.audio(frame)
    const leg = (): ReturnType<ReturnType<FakeDesk['call']>['leg']> => desk.call().leg('external')
    await desk.until(() => leg().frames.length === 3, 'three frames')
    expect(leg().frames.map((f) => f.position)).toEqual([0, 1600 + 4000, 1600 + 4000 + 1600 + 1600])
    expect(leg().lost).toEqual([500])
    expect(desk.call().leg('internal').lost).toEqual([500])
    expect(desk.call().paused).toEqual([true, false])
    const times = leg().frames.map((f) => f.arrivalNs)
    expect(times.every((t, i) => i === 0 || t >= times[i - 1]!)).toBe(true)
  })

  it('audio after paused is dropped and the call goes on', async () => {
    const peer = await opened()
    peer.pause()
    peer.raw(Buffer.alloc(320, 1))
    peer.resume()
    peer.audio(Buffer.alloc(320, 2))
    await desk.until(() => desk.call().leg('external').frames.length === 1, 'audio')
    expect(desk.call().leg('external').bytes()).toEqual(Buffer.alloc(160, 2))
  })

  it('pause and resume of the recorder reach the source', async () => {
    const peer = await opened()
    desk.call().commands.pause?.()
    await desk.until(() => desk.call().paused.at(-1) === true, 'pause')
    desk.call().commands.resume?.()
    await desk.until(() => desk.call().paused.at(-1) === false, 'resume')
    expect(peer.received.map((m) => m.type)).toEqual(['opened', 'pause', 'resume'])
  })

  it('update is confirmed and kept; unknown messages and errors of the client are survived', async () => {
    const peer = await opened()
    peer.message('update', { language: 'it-IT' })
    await peer.next('updated')
    peer.message('something_new', { a: 1 })
    peer.message('error', { code: 503, message: 'busy' })
    peer.message('dtmf', { digit: '5' })
    peer.ping()
    await peer.next('pong')
    expect(String(desk.call().updates[0]?.raw?.bytes)).toContain('it-IT')
    expect(desk.call().dtmf).toEqual([{ label: 'external', digit: '5' }])
    expect(desk.call().ended).toBeNull()
  })

  it('each close reason ends the call in its way', async () => {
    for (const [reason, end] of [
      ['end', 'hangup'],
      ['error', 'error'],
      ['disconnect', 'disconnect'],
      ['reconnect', 'disconnect'],
    ] as const) {
      const peer = await opened()
      await peer.close(reason)
      expect(desk.call(peer.sessionId).ended).toBe(end)
      expect(peer.received.at(-1)?.type).toBe('closed')
    }
  })
})

describe('a breach of the protocol', () => {
  const breaches: Record<string, (peer: AudioHookClient) => void> = {
    'a sequence number left out': (peer) => peer.message('ping', {}, { seq: 7 }),
    'a sequence number repeated': (peer) => peer.message('ping', {}, { seq: 1 }),
    'a serverseq ahead of ours': (peer) => peer.message('ping', {}, { serverseq: 99 }),
    'another session id': (peer) => peer.message('ping', {}, { id: randomUUID() }),
    'another version': (peer) => peer.message('ping', {}, { version: '1' }),
    'a position that is none': (peer) => peer.message('ping', {}, { position: '1.5' }),
    'no parameters': (peer) => peer.message('ping', {}, { parameters: null }),
    'bad parameters': (peer) => peer.message('discarded', { start: 'PT1S' }),
    'a span longer than a week': (peer) => peer.message('discarded', { start: 'PT0S', discarded: 'PT700000S' }),
    'a start far in the future': (peer) => peer.message('discarded', { start: 'PT100000S', discarded: 'PT1S' }),
    'text that is not JSON': (peer) => peer.raw('audio?'),
    'text over 64 KiB': (peer) => peer.message('ping', { padding: 'x'.repeat(66_000) }),
    'audio over 64 KiB': (peer) => peer.raw(Buffer.alloc(66_000)),
    'half a sample': (peer) => peer.raw(Buffer.alloc(321)),
  }
  for (const [what, commit] of Object.entries(breaches)) {
    it(`ends the call with error: ${what}`, async () => {
      const peer = await opened()
      peer.audio(Buffer.alloc(320, 9))
      commit(peer)
      peer.audio(Buffer.alloc(320, 7))
      await peer.closed
      expect(peer.received.map((m) => m.type)).toEqual([
        'opened',
        'disconnect',
        ...peer.received.slice(2).map((m) => m.type),
      ])
      expect(peer.received[1]?.parameters['reason']).toBe('error')
      expect(desk.call().ended).toBe('error')
      expect(desk.call().leg('external').bytes()).toEqual(Buffer.alloc(160, 9))
    })
  }

  it('beyond the limits of WebSocket closes the connection and ends with error', async () => {
    const peer = await opened()
    peer.raw(Buffer.alloc(300_000))
    expect(await peer.closed).toBe(1009)
    await desk.until(() => desk.call().ended !== null, 'the end')
    expect(desk.call().ended).toBe('error')
  })
})

describe('many sessions', () => {
  it('run side by side, each with its own audio', async () => {
    const many = await Promise.all(Array.from({ length: 100 }, () => opened()))
    many.forEach((peer, i) => peer.audio(joinChannels([pattern(i, 800), pattern(1000 + i, 800)], 1)))
    await Promise.all(many.map((peer) => peer.close()))
    for (const [i, peer] of many.entries()) {
      expect(desk.call(peer.sessionId).leg('external').bytes()).toEqual(pattern(i, 800))
      expect(desk.call(peer.sessionId).leg('internal').bytes()).toEqual(pattern(1000 + i, 800))
      expect(desk.call(peer.sessionId).ended).toBe('hangup')
    }
  })
})
