import { afterEach, describe, expect, it } from 'vitest'
import { pressPackets } from './testkit/press.ts'
import { Pacer } from './testkit/rtp-sender.ts'
import { chunk, startServer, type RunningServer } from './testkit/running.ts'
import { SrtpSender } from './testkit/srtp-sender.ts'

let server: RunningServer
afterEach(() => server.stop())

describe('media', () => {
  it.each([
    'AEAD_AES_256_GCM',
    'AES_CM_128_HMAC_SHA1_80',
    'AES_CM_128_HMAC_SHA1_32',
    'AES_256_CM_HMAC_SHA1_80',
  ] as const)('protected with %s, re-keyed in mid-call', async (suite) => {
    server = await startServer()
    const secure = (key: SrtpSender) => ({ protocol: 'RTP/SAVP', attributes: [`crypto:${key.cryptoLine(1, '|2^31')}`] })
    const keys = [new SrtpSender(suite), new SrtpSender(suite)] as const
    const call = await (
      await server.simulator('tcp')
    ).call({ legs: [{ ...secure(keys[0]), sender: { srtp: keys[0], sequence: 65_534 } }] })
    const sender = call.senders[0]
    for (let n = 0; n < 5; n++) sender?.send(chunk(n))
    await server.arrives('1', ...[0, 1, 2, 3, 4].map(chunk))
    call.legs = [secure(keys[1])]
    await call.reinvite()
    if (sender) sender.srtp = keys[1]
    sender?.send(chunk(9))
    await server.arrives('1', chunk(9))
    expect(server.leg('1').packets[0]?.subarray(12)).toEqual(chunk(0))
    expect(call.answer).toMatch(new RegExp(`m=audio \\d+ RTP/SAVP 0 101[^]*a=crypto:1 ${suite} inline:`))
  })

  it('passes a change of SSRC, loss and reordering on untouched', async () => {
    server = await startServer()
    const call = await (await server.simulator('udp')).call({ legs: [{}] })
    const [sender] = call.senders
    sender?.send(chunk(1))
    sender?.skip()
    sender?.sendLate(chunk(2))
    sender?.send(chunk(3))
    sender?.restart(99)
    sender?.send(chunk(4))
    sender?.send(Buffer.from([5, 0x8a, 0, 160]), 101)
    await server.desk.until(() => server.leg('1').packets.length === 5, 'five packets')
    expect(server.leg('1').packets.map((p) => [p.readUInt16BE(2), p.readUInt32BE(8), p.readUInt8(1)])).toEqual([
      [1, 0x1234_5678, 0],
      [4, 0x1234_5678, 0],
      [3, 0x1234_5678, 0],
      [40_000, 99, 0],
      [40_001, 99, 101],
    ])
  })

  it('tells the keys pressed on a leg, protected too, and those an INFO reports', async () => {
    server = await startServer()
    const key = new SrtpSender('AES_CM_128_HMAC_SHA1_80')
    const secure = { protocol: 'RTP/SAVP', attributes: [`crypto:${key.cryptoLine(1, '|2^31')}`] }
    const call = await (await server.simulator('udp')).call({ legs: [{}, secure] })
    const [plain, secret] = call.senders
    plain?.send(chunk(1))
    secret?.transmit(key.protect(Buffer.concat([Buffer.from('800000010000000000000007', 'hex'), chunk(2)]), 0))
    for (const packet of pressPackets('9', { ssrc: plain?.ssrc, sequence: 2, timestamp: 320 })) plain?.transmit(packet)
    for (const packet of pressPackets('#', { sequence: 2, timestamp: 160 })) secret?.transmit(key.protect(packet, 0))
    await server.desk.until(() => server.desk.call().dtmf.length === 2, 'two keys')
    await call.request('INFO', { type: 'application/dtmf-relay', content: 'Signal=5\r\nDuration=160\r\n' })
    expect(server.desk.call().dtmf.toSorted((a, b) => b.label.localeCompare(a.label))).toEqual([
      { label: '2', digit: '#' },
      { label: '1', digit: '9' },
      { label: '', digit: '5' },
    ])
    await call.bye()
    await server.ends()
    expect(server.leg('1').packets).toHaveLength(9)
  })

  it('drops packets from another source', async () => {
    server = await startServer()
    const src = await server.simulator('udp')
    const call = await src.call({ legs: [{}] })
    const [sender] = call.senders
    sender?.send(chunk(1))
    await server.arrives('1', chunk(1))
    const other = await src.mediaSocket()
    other.send(
      Buffer.concat([Buffer.from('800000070000000000000001', 'hex'), chunk(66)]),
      sender?.target?.port ?? 0,
      '127.0.0.1',
    )
    sender?.send(chunk(2))
    await server.arrives('1', chunk(2))
    await call.bye()
    await server.ends()
    expect(server.leg('1').packets).toHaveLength(2)
  })

  it('delivers 40 calls of two legs whole, with loss and reordering of their own', async () => {
    // A range of its own: more ports at once than a test beside it would try.
    server = await startServer({ rtpPorts: [28_000, 28_999] })
    const src = await server.simulator('tcp', { sharedMedia: true })
    const pacer = new Pacer()
    const calls = await Promise.all(Array.from({ length: 40 }, () => src.call()))
    let seed = 1
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
    await Promise.all(
      calls.flatMap((call) =>
        call.senders.map((sender) => pacer.stream(sender, chunk, 50, { loss: 0.02, reorder: 0.05, random })),
      ),
    )
    await Promise.all(calls.map((call) => call.bye()))
    await server.desk.until(() => server.desk.calls.every(({ ended }) => ended !== null), 'the ends')
    const sent = calls.flatMap((call) => call.senders).reduce((sum, { sent: n }) => sum + n, 0)
    const received = server.desk.calls
      .flatMap(({ legs }) => [...legs.values()])
      .reduce((sum, leg) => sum + leg.packets.length, 0)
    expect(received).toBe(sent)
  })
})
