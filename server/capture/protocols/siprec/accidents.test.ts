import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { pattern } from '../../testkit/client.ts'
import { manualTimers } from './testkit/manual-timers.ts'
import { metadata, sessionBody } from './testkit/messages.ts'
import { chunk, refusal, startServer, type RunningServer } from './testkit/running.ts'

let server: RunningServer
afterEach(() => server.stop())

describe('time', () => {
  it('ends a session that is not refreshed with BYE and `expired`', async () => {
    const timers = manualTimers()
    server = await startServer({}, { timers })
    const call = await (await server.simulator('tcp')).call({ headers: ['Supported: timer', 'Session-Expires: 90'] })
    await call.request('OPTIONS')
    timers.advance(59_000)
    await call.update(null, ['Supported: timer', 'Session-Expires: 90;refresher=uac'])
    timers.advance(59_999)
    expect(server.desk.call().ended).toBeNull()
    timers.advance(1)
    await call.hungUp()
    expect(server.desk.call().ended).toBe('expired')
  })

  it('refreshes itself when asked, and ends when the peer no longer knows the session', async () => {
    const timers = manualTimers()
    server = await startServer({}, { timers })
    const src = await server.simulator('tcp')
    const call = await src.call({
      headers: ['Supported: timer', 'Allow: UPDATE', 'Session-Expires: 180;refresher=uas'],
    })
    await call.request('OPTIONS')
    timers.advance(90_000)
    const update = await src.line.until((m) => m.method === 'UPDATE' && m.status === 0, 'UPDATE')
    expect(update.headers.get('session-expires')).toEqual(['180;refresher=uac'])
    const answer = src.answer.bind(src)
    src.answer = (request) => answer(request, 481)
    await call.request('OPTIONS')
    timers.advance(90_000)
    await server.ends()
    expect(server.desk.call().ended).toBe('disconnect')
  })

  it('asks a silent source without a timer whether the session still exists', async () => {
    const timers = manualTimers()
    server = await startServer({}, { timers })
    const src = await server.simulator('tcp')
    const call = await src.call()
    await call.request('OPTIONS')
    timers.advance(120_000)
    timers.advance(120_000)
    await src.line.until((m) => m.method === 'OPTIONS' && m.status === 0, 'OPTIONS')
    expect(server.desk.call().ended).toBeNull()
  })

  it('ends with `error` when the 200 is never acknowledged', async () => {
    const timers = manualTimers()
    server = await startServer({}, { timers })
    const src = await server.simulator('udp')
    const call = await src.prepare()
    const ok = await call.invite({ withoutAck: true })
    timers.advance(500)
    await src.line.until((m) => m !== ok && m.text === ok.text, 'the same 200 again')
    timers.advance(32_000)
    await call.hungUp()
    expect(server.desk.call().ended).toBe('error')
  })

  it('waits for the ACK before its own BYE', async () => {
    server = await startServer({}, { timers: manualTimers() })
    const src = await server.simulator('udp')
    const call = await src.prepare()
    const ok = await call.invite({ withoutAck: true })
    server.desk.call().commands.disconnect?.('shutdown')
    expect((await refusal(call.request('OPTIONS'))).status).toBe(481)
    expect(src.line.received.some((m) => m.method === 'BYE')).toBe(false)
    call.ack({ response: ok, cseq: 1, branch: '' })
    await call.hungUp()
  })
})

describe('the same message again, and other accidents', () => {
  it('a repeated INVITE, ACK and BYE are one call', async () => {
    server = await startServer()
    const src = await server.simulator('udp')
    const call = await src.prepare()
    const text = call.text('INVITE', 1, { body: sessionBody(call.offer(), metadata([], [])) })
    for (let i = 0; i < 3; i++) src.line.send(text)
    const ok = await src.line.until((m) => m.status === 200, '200')
    call.toTag = /;tag=([^;]+)/.exec(ok.headers.get('to')?.[0] ?? '')?.[1] ?? ''
    for (let i = 0; i < 3; i++) call.ack({ response: ok, cseq: 1, branch: '' })
    const bye = call.text('BYE', 2)
    for (let i = 0; i < 3; i++) src.line.send(bye)
    await server.ends()
    await server.desk
      .until(() => src.line.received.filter((m) => m.method === 'BYE').length === 3, 'three answers')
      .catch(() => undefined)
    expect(server.desk.calls).toHaveLength(1)
    expect(server.desk.call().ended).toBe('hangup')
    expect(src.line.received.filter((m) => m.method === 'BYE').map((m) => m.status)).toEqual([200, 200, 200])
  })

  it('a second session with the Call-ID of a living one: the same caller is refused, another is not', async () => {
    server = await startServer()
    const src = await server.simulator('tcp')
    await src.call({ callId: 'same', fromTag: 'a' })
    const other = await server.simulator('tcp')
    expect((await refusal(other.call({ callId: 'same', fromTag: 'a' }))).status).toBe(482)
    await (await server.simulator('udp')).call({ callId: 'same', fromTag: 'b' })
    expect(server.desk.calls.map(({ ended }) => ended)).toEqual([null, null])
  })

  it('CANCEL before the answer: 487, no call, ports given back', async () => {
    server = await startServer({ rtpPorts: [25_201, 25_203] })
    const src = await server.simulator('tcp')
    for (let i = 0; i < 5; i++) {
      const call = await src.prepare({ legs: [{}] })
      const branch = `z9hG4bKc${i}`
      const invite = call.text('INVITE', 1, { branch, body: sessionBody(call.offer(), null) })
      src.line.send(invite + call.text('CANCEL', 1, { branch }))
      const answered = (cseq: string) =>
        src.line.until(
          ({ headers }) => headers.get('call-id')?.[0] === call.callId && headers.get('cseq')?.[0] === cseq,
          cseq,
        )
      expect((await answered('1 CANCEL')).status).toBe(200)
      const final = await answered('1 INVITE')
      expect(final.status).toBe(487)
      call.ack({ response: final, cseq: 1, branch })
    }
    expect(server.desk.calls).toEqual([])
    await src.call({ legs: [{}] })
    expect(server.desk.calls).toHaveLength(1)
  })

  it('a lost TCP connection does not end the call; it goes on over another', async () => {
    server = await startServer()
    const src = await server.simulator('tcp')
    const call = await src.call()
    src.line.close()
    await src.line.closed
    call.senders[0]?.send(chunk(3))
    await server.arrives('1', chunk(3))
    const again = await server.simulator('tcp')
    again.line.send(call.text('BYE', 9))
    await again.line.until((m) => m.status === 200, '200')
    await server.ends()
    expect(server.desk.call().ended).toBe('hangup')
  })

  it('1,000 half-open connections leave room for calls', async () => {
    server = await startServer()
    const port = server.port('tcp')
    const sockets = Array.from({ length: 1000 }, () => connect(port, '127.0.0.1'))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    sockets.forEach((socket, i) =>
      socket.write(
        i % 2 ? 'INVITE sip:x SIP/2.0\r\nVia: ' : `OPTIONS sip:x SIP/2.0\r\nContent-Length: 100\r\n\r\nhalf`,
      ),
    )
    const call = await (await server.simulator('tcp')).call()
    call.senders[0]?.send(chunk(1))
    await server.arrives('1', chunk(1))
    await call.bye()
    await server.ends()
    expect(server.desk.call().ended).toBe('hangup')
    sockets.forEach((socket) => socket.destroy())
  })

  it('junk on every socket harms nobody', async () => {
    server = await startServer()
    const call = await (await server.simulator('udp')).call()
    const junk = createSocket('udp4')
    for (let i = 0; i < 200; i++) {
      const bytes = pattern(i, 1 + ((i * 7) % 1400))
      junk.send(bytes, server.port('udp'), '127.0.0.1')
      junk.send(bytes, call.senders[0]?.target?.port ?? 0, '127.0.0.1')
    }
    call.senders[0]?.send(chunk(8))
    await server.arrives('1', chunk(8))
    expect(server.desk.calls).toHaveLength(1)
    junk.close()
  })
})
