import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CallDetail } from '../../contract/models/calls.ts'
import { metadata, offer, requestText, sessionBody } from '../../server/capture/protocols/siprec/testkit/messages.ts'
import { siprecSettings } from '../../server/capture/protocols/siprec/settings.ts'
import { SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import { AudioHookClient } from '../../server/capture/testkit/audiohook-client.ts'
import { siprecPort } from '../journeys/siprec.ts'
import { type Product, startProduct } from './kit/product.ts'
import { frameOf, listen, recordEverything, Talk, until, upTo } from './kit/talk.ts'

const crowd = 1000
let product: Product
let tcp = 0
let udp = 0
let httpPort = 0
let good: Talk
let goodId = ''

beforeAll(async () => {
  product = await startProduct()
  await recordEverything(product.admin)
  tcp = await siprecPort(product.admin)
  udp = await siprecPort(product.admin, 'udp')
  httpPort = Number(new URL(product.url).port)
})
afterAll(() => product?.stop(), 120_000)

const liveIds = async (): Promise<string[]> => (await product.admin.api('GET /live/calls')).items.map((c) => c.id)
const inProgress = async () => (await product.admin.api('GET /live/calls')).items.filter((c) => c.status !== 'ended')

beforeEach(async () => {
  const before = new Set(await liveIds())
  good = await Talk.begin(tcp)
  goodId = await until('the good call', async () => (await liveIds()).find((id) => !before.has(id)))
})

/** Whatever went on beside it, the good call lacks nothing and holds nothing else. */
afterEach(async () => {
  await good.bye()
  await expectWhole(goodId, good.sent)
}, 150_000)

const settled = (callId: string): Promise<CallDetail> =>
  until(
    'the call is sealed with its evidence',
    async () => {
      // 404 until the call's first row is written.
      const detail = await product.admin.api('GET /calls/:callId', { params: { callId } }).catch(() => null)
      return (
        detail?.state === 'sealed' &&
        detail.renditions.find((r) => r.purpose === 'evidence')?.state === 'sealed' &&
        detail
      )
    },
    120_000,
  )

async function expectWhole(callId: string, sent: number): Promise<void> {
  const detail = await settled(callId)
  expect(detail.ending).toBe('hangup')
  const { legs } = await listen(product.admin, callId)
  for (const leg of [0, 1]) {
    expect(legs.get(leg)?.frames).toEqual(upTo(sent))
    expect(legs.get(leg)?.strays).toBe(0)
  }
  expect(detail.gaps.filter((g) => g.fromMs > 0)).toEqual([])
}

/** Connections that say `word` and no more. Errors and refusals are the server's right. */
async function halfOpen(port: number, word: string): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let i = 0; i < crowd; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('connect', () => socket.write(word))
    sockets.push(socket)
    if (i % 100 === 99) await sleep(10)
  }
  await Promise.all(
    sockets.map((s) =>
      s.connecting ? Promise.race([once(s, 'connect'), once(s, 'close')]).catch(() => undefined) : Promise.resolve(),
    ),
  )
  return sockets
}

test(`${crowd} half-open connections to SIP and ${crowd} to HTTP keep nobody out`, async () => {
  const sip = await halfOpen(tcp, 'INVITE sip:srs@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKhalf')
  const http = await halfOpen(httpPort, 'POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nX-Half: ')
  expect(http.filter((s) => !s.destroyed).length).toBe(crowd)
  await product.admin.api('GET /calls')
  const more = await Talk.begin(udp, { transport: 'udp' })
  const moreId = await until('a call beside the crowd', async () => (await liveIds()).find((id) => id !== goodId))
  await sleep(500)
  await more.bye()
  await expectWhole(moreId, more.sent)
  for (const socket of [...sip, ...http]) socket.destroy()
}, 90_000)

test('RTP from a wrong source during a call is not heard', async () => {
  await sleep(200)
  const stranger = createSocket('udp4')
  for (const [leg, sender] of good.call.senders.entries()) {
    const { host = '', port = 0 } = sender.target ?? {}
    for (let i = 0; i < 200; i++) {
      // The stream's own numbering, a little ahead: it would be taken for the real thing.
      const packet = Buffer.alloc(172, 0x11)
      packet.writeUInt16BE(0x8000, 0)
      packet.writeUInt16BE((sender.sequence + 5 + i) & 0xffff, 2)
      packet.writeUInt32BE((sender.timestamp + (5 + i) * 160) >>> 0, 4)
      packet.writeUInt32BE(sender.ssrc, 8)
      stranger.send(i % 2 === 0 ? packet : randomBytes(172), port, host)
      if (i % 20 === 19) await sleep(10)
    }
    expect(leg).toBeLessThan(2)
  }
  await sleep(300)
  stranger.close()
})

test('oversized and out-of-order frames on an AudioHook socket leave a good session alone', async () => {
  const { credential, secret } = await product.admin.api('POST /sources/credentials', {
    body: { protocol: 'audiohook', name: 'Genesys' },
  })
  const signing = { keyId: credential.keyId, secret: Buffer.from(secret, 'base64') }
  const url = `ws://127.0.0.1:${httpPort}/capture/audiohook`
  const before = new Set(await liveIds())
  const fine = new AudioHookClient({ url, signing })
  await fine.opened
  const id = await until('the AudioHook call', async () => (await liveIds()).find((one) => !before.has(one)))
  let sent = 0
  const speaking = setInterval(() => {
    const [left, right] = [frameOf(0, sent), frameOf(1, sent)]
    fine.audio(Buffer.from(Array.from({ length: 320 }, (_, i) => (i % 2 === 0 ? left : right)[i >> 1] ?? 0)))
    sent++
  }, 20)
  const misdeeds: ((c: AudioHookClient) => void)[] = [
    (c) => c.raw(Buffer.alloc(4 << 20, 0x22)),
    (c) => c.raw('x'.repeat(1 << 20)),
    (c) => c.raw('{"version":"2","type":'),
    (c) => c.message('ping', {}, { seq: 99 }),
    (c) => c.message('open', {}, { id: fine.sessionId }),
    (c) => c.message('resumed', { start: 'PT9999999S', discarded: 'PT-1S' }),
    (c) => c.raw(Buffer.alloc(0)),
  ]
  for (const opened of [true, false]) {
    for (const misdeed of misdeeds) {
      const bad = new AudioHookClient({ url, signing, silent: !opened })
      await (opened ? bad.opened : bad.connected)
      if (opened) bad.audio(Buffer.alloc(320, 0x33))
      misdeed(bad)
      await sleep(30)
      bad.abort()
      await bad.closed
    }
  }
  await sleep(200)
  clearInterval(speaking)
  await fine.close()
  await expectWhole(id, sent)
}, 60_000)

test('10 MB of metadata are refused, over TCP and in pieces over UDP', async () => {
  const huge = metadata(
    [{ aor: 'sip:1@example.org', name: 'x'.repeat(10_000_000) }, { aor: 'sip:2@example.org' }],
    ['1', '2'],
  )
  const simulator = await SrcSimulator.open({ server: { host: '127.0.0.1', port: tcp }, transport: 'tcp' })
  const outcome = simulator.call({ metadata: huge }).then(
    () => 'accepted',
    (e: Error) => e.message,
  )
  expect(await Promise.race([outcome, simulator.line.closed.then(() => 'closed')])).toMatch(/^SIP\/2\.0 4\d\d |^closed/)
  simulator.close()
  const stranger = createSocket('udp4')
  for (let at = 0; at < huge.length; at += 60_000) stranger.send(huge.slice(at, at + 60_000), udp, '127.0.0.1')
  await sleep(200)
  stranger.close()
  expect((await inProgress()).map((c) => c.id)).toEqual([goodId])
})

/** Recording sessions asked for by a peer that never confirms one: final answers by Call-ID. */
async function floodWithInvites(): Promise<Map<string, number>> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 8 << 20 })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const answers = new Map<string, number>()
  socket.on('message', (bytes) => {
    const text = bytes.toString('latin1')
    const status = Number(/^SIP\/2\.0 (\d+)/.exec(text)?.[1] ?? 0)
    if (status >= 200) answers.set(/\r\nCall-ID: (\S+)/i.exec(text)?.[1] ?? '', status)
  })
  const invites = new Map(Array.from({ length: crowd }, (_, i) => inviteOf(`flood-${i}@peer`, socket.address().port)))
  for (let tries = 0; answers.size < crowd && tries < 40; tries++) {
    let sent = 0
    for (const [callId, text] of invites) {
      if (answers.has(callId)) continue
      socket.send(text, udp, '127.0.0.1')
      if (++sent % 50 === 0) await sleep(10)
    }
    await sleep(500)
  }
  socket.close()
  return answers
}

function inviteOf(callId: string, from: number): [string, Buffer] {
  const people = [{ aor: 'sip:100@example.org' }, { aor: 'sip:101@example.org' }]
  const xml = metadata(people, ['1', '2']).replace('g1', callId)
  const headers = ['Require: siprec', 'Accept: application/sdp', `Contact: <sip:src@127.0.0.1:${from}>;+sip.src`]
  const parts = {
    method: 'INVITE',
    uri: `sip:srs@127.0.0.1:${udp}`,
    transport: 'udp',
    sentBy: `127.0.0.1:${from}`,
    branch: `z9hG4bK${callId.replace('@', '')}`,
  }
  const text = requestText({
    ...parts,
    from: `<sip:src@127.0.0.1>;tag=${callId.replace('@', '')}`,
    to: '<sip:srs@127.0.0.1>',
    callId,
    cseq: 1,
    headers,
    body: sessionBody(offer([{}, {}]), xml),
  })
  return [callId, Buffer.from(text, 'latin1')]
}

test(`${crowd} INVITEs without ACK and media: most refused, the others given up in time, and calls come in throughout`, async () => {
  const answers = await floodWithInvites()
  const accepted = [...answers.values()].filter((status) => status === 200).length
  const refused = [...answers.values()].filter((status) => status === 503).length
  process.stdout.write(`${crowd} INVITEs without ACK: ${accepted} accepted, ${refused} refused\n`)
  expect([answers.size, accepted + refused]).toEqual([crowd, crowd])
  const { maxUnconfirmed } = siprecSettings.parse({})
  expect(accepted).toBeGreaterThanOrEqual(maxUnconfirmed)
  expect(accepted).toBeLessThan(crowd / 2)
  await callBesideTheFlood()
  // RFC 3261 §13.3.1.4: 64 × T1 = 32 s after the 2xx.
  await until('the sessions nobody confirmed are given up', async () => (await inProgress()).length === 1, 90_000)
  await until('what they left is sealed', async () => (await liveIds()).length === 1, 120_000)
  await callFrom('127.0.0.1')
}, 300_000)

/** Another peer's call while the flood's sessions hold all that their own peer may hold. */
async function callBesideTheFlood(): Promise<void> {
  // Elsewhere the loopback interface has one address only.
  if (process.platform === 'linux') await callFrom('127.0.0.2')
}

async function callFrom(localAddress: string): Promise<void> {
  const before = new Set(await liveIds())
  const more = await Talk.begin(tcp, { localAddress })
  const moreId = await until('a new call', async () => (await liveIds()).find((id) => !before.has(id)))
  await sleep(300)
  await more.bye()
  await expectWhole(moreId, more.sent)
}
