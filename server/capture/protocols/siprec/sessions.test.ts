import { afterEach, describe, expect, it } from 'vitest'
import { metadata, offer, sessionBody } from './testkit/messages.ts'
import { chunk, refusal, startServer, type RunningServer } from './testkit/running.ts'
import type { SipRefusal, SimulatedCall } from './testkit/src-simulator.ts'

let server: RunningServer
afterEach(() => server.stop())

describe.each(['udp', 'tcp'] as const)('a session over %s', (transport) => {
  it('is answered strictly, recorded on both legs, and ended by BYE', async () => {
    server = await startServer({ agentPatterns: [{ extensionLength: 3 }] })
    const src = await server.simulator(transport)
    const xml = metadata(
      [
        { aor: 'sip:+39061@pstn', name: 'Rossi & Figli <3' },
        { aor: 'sip:201@pbx', name: 'Anna' },
      ],
      ['1', '0'],
    )
    const call = await src.prepare({ legs: [{ label: '1' }, { label: '0' }] })
    const ok = await call.invite({ metadata: xml })
    expect(ok.headers.get('content-type')).toEqual(['application/sdp'])
    expect(ok.headers.get('contact')?.[0]).toContain(
      `${server.port(transport)}${transport === 'tcp' ? ';transport=tcp' : ''}>;+sip.srs`,
    )
    expect(ok.headers.get('supported')).toEqual(['siprec, timer'])
    expect(ok.headers.get('accept')?.[0]).toMatch(/rs-metadata\+xml.*rs-metadata/)
    expect(ok.body.match(/a=label:\S+|a=recvonly/g)).toEqual(['a=recvonly', 'a=label:1', 'a=recvonly', 'a=label:0'])
    const { announcement } = server.desk.call()
    expect(announcement).toMatchObject({
      protocol: 'siprec',
      sequenced: true,
      conversationKey: 'group:g1',
      agent: '201',
    })
    expect(announcement.parties).toEqual([
      { role: 'customer', address: 'sip:+39061@pstn', name: 'Rossi & Figli <3' },
      { role: 'agent', address: 'sip:201@pbx', name: 'Anna' },
    ])
    expect(announcement.raw).toEqual({ mediaType: 'application/rs-metadata+xml', bytes: Buffer.from(xml) })
    expect(server.leg('1').facts).toMatchObject({ role: 'customer', dtmfPayloadTypes: [101] })
    call.senders[0]?.send(chunk(1))
    call.senders[1]?.send(chunk(2))
    await Promise.all([server.arrives('1', chunk(1)), server.arrives('0', chunk(2))])
    await call.bye()
    await server.ends()
    expect(server.desk.call().ended).toBe('hangup')
    expect((await refusal(call.bye())).status).toBe(481)
  })

  it('keeps what came with the BYE while this process stood still', async () => {
    server = await startServer()
    const call = await (await server.simulator(transport)).call()
    call.senders[0]?.send(chunk(1))
    await server.arrives('1', chunk(1))
    await call.bye()
    call.senders[0]?.send(chunk(2))
    // longer than sockets are read after a BYE
    for (const until = performance.now() + 250; performance.now() < until;);
    await server.ends()
    await server.arrives('1', chunk(2))
  })

  it('holds, resumes, changes codec and learns by re-INVITE and UPDATE', async () => {
    server = await startServer()
    const call = await (await server.simulator(transport)).call()
    const version = (): string | undefined => /^o=\S+ \d+ (\d+)/m.exec(call.answer)?.[1]
    call.legs = [{ direction: 'inactive' }, {}]
    await call.reinvite()
    expect(call.answer.match(/a=(inactive|recvonly)/g)).toEqual(['a=inactive', 'a=recvonly'])
    expect(version()).toBe('2')
    await call.reinvite()
    expect(version()).toBe('2')
    call.legs = [{}, { formats: '8 101' }]
    await call.reinvite()
    expect(call.answer.match(/a=(inactive|recvonly)/g)).toEqual(['a=recvonly', 'a=recvonly'])
    expect(server.leg('1').holds).toEqual([true, false])
    expect(server.leg('2').changes.map(({ format }) => format.codec)).toEqual(['PCMA'])
    await call.update(metadata([{ aor: 'sip:9@x' }], ['1'], 'partial'))
    await call.update('<recording>&')
    const { updates, ended } = server.desk.call()
    expect(updates.map(({ parties }) => parties?.length)).toEqual([2, undefined])
    expect(updates[1]?.raw?.bytes.toString()).toBe('<recording>&')
    expect(ended).toBeNull()
  })

  it('adds and removes legs by re-INVITE, one line after two and three after one', async () => {
    server = await startServer()
    const call = await (await server.simulator(transport)).call({ legs: [{}, {}, {}] })
    call.legs = [{ label: '2' }]
    call.senders.splice(0, 1)
    await call.reinvite()
    expect(call.answer.match(/^m=/gm)).toHaveLength(1)
    expect([server.leg('1').ended, server.leg('2').ended, server.leg('3').ended]).toEqual([true, false, true])
    call.senders[0]?.send(chunk(5))
    await server.arrives('2', chunk(5))
    call.legs = [{ label: '2' }, { label: '1' }, { label: 'new', port: 0 }]
    await call.reinvite()
    expect([...server.desk.call().legs.keys()]).toEqual(['1', '2', '3', '1~2'])
    expect(call.answer.match(/^m=audio (\d+)/gm)?.map((m) => m.endsWith(' 0'))).toEqual([false, false, true])
    call.senders[1]?.send(chunk(6))
    await server.arrives('1~2', chunk(6))
  })

  it('offers when the re-INVITE does not, and takes the answer from the ACK', async () => {
    server = await startServer()
    const src = await server.simulator(transport)
    const call = await src.call({ legs: [{}] })
    const cseq = call.cseq
    const ok = await call.request('INVITE', null, [], true)
    expect(ok.body).toContain('a=label:1')
    expect((await refusal(call.reinvite())).status).toBe(491)
    call.legs = [{ direction: 'inactive' }]
    call.ack({ response: ok, cseq, branch: '' }, sessionBody(call.offer(), null))
    await server.desk.until(() => server.leg('1').holds.length > 0, 'hold')
    call.legs = [{}]
    await call.reinvite()
    expect(server.leg('1').holds).toEqual([true, false])
  })

  it('is ended by the recorder with BYE', async () => {
    server = await startServer()
    const call = await (await server.simulator(transport)).call()
    server.desk.call().commands.disconnect?.('policy')
    const bye = await call.hungUp()
    expect(bye.headers.get('to')?.[0]).toContain(`;tag=${call.fromTag}`)
    expect(bye.headers.get('from')?.[0]).toContain(`;tag=${call.toTag}`)
    expect(server.desk.call().ended).toBe('disconnect')
  })
})

describe('what is refused', () => {
  const invite = async (more: Parameters<SimulatedCall['request']>, settings = {}): Promise<SipRefusal['response']> => {
    server = await startServer(settings)
    const call = await (await server.simulator('tcp')).prepare({})
    return refusal(call.request(...more))
  }
  const plain = { type: 'application/sdp', content: offer([{}]) }

  it.each<[string, Parameters<SimulatedCall['request']>, number, Record<string, string>]>([
    [
      'an unknown extension',
      ['INVITE', plain, ['Require: siprec, x-unknown, y']],
      420,
      { unsupported: 'x-unknown, y' },
    ],
    ['an unknown body', ['INVITE', { type: 'text/plain', content: 'hello' }], 415, { accept: 'application/sdp' }],
    ['a compressed body', ['INVITE', plain, ['Content-Encoding: gzip']], 415, { 'accept-encoding': 'identity' }],
    ['no offer', ['INVITE'], 488, { warning: 'SDP offer' }],
    ['metadata without an offer', ['INVITE', sessionBody(null, metadata([], []))], 488, {}],
    [
      'an offer without a usable line',
      ['INVITE', { type: 'application/sdp', content: offer([{ formats: '3' }]) }],
      488,
      { warning: 'no media line' },
    ],
    ['SDP that is not', ['INVITE', { type: 'application/sdp', content: 'v=1' }], 488, {}],
    [
      'a session interval under 90 s',
      ['INVITE', plain, ['Supported: timer', 'Session-Expires: 60']],
      422,
      { 'min-se': '90' },
    ],
    ['an Accept without SDP', ['INVITE', plain, ['Accept: text/nobodyKnowsThis']], 406, {}],
    ['a Replaces of nobody', ['INVITE', plain, ['Replaces: none;to-tag=a;from-tag=b']], 481, {}],
    ['BYE outside a session', ['BYE'], 481, {}],
    ['UPDATE outside a session', ['UPDATE'], 481, {}],
    ['REGISTER', ['REGISTER'], 405, { allow: 'INVITE, ACK, BYE' }],
    ['an unknown method', ['FROBNICATE'], 501, { allow: 'INVITE' }],
  ])('%s', async (_, request, status, headers) => {
    const response = await invite(request)
    expect(response.status).toBe(status)
    for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)?.[0]).toContain(value)
    expect(server.desk.calls).toEqual([])
  })

  it('another scheme in the Request-URI, another version', async () => {
    server = await startServer()
    const src = await server.simulator('udp')
    const call = await src.prepare()
    src.line.send(call.text('OPTIONS', 1).replace(/ sip:\S+/, ' nobodyKnowsThisScheme:totallyopaque'))
    src.line.send(call.text('OPTIONS', 2).replace('SIP/2.0\r\n', 'SIP/7.0\r\n'))
    await src.line.until((m) => m.status === 416, '416')
    await src.line.until((m) => m.status === 505, '505')
    expect(server.desk.calls).toEqual([])
  })

  it('calls above the limit, and when the recorder says no', async () => {
    expect((await invite(['INVITE', plain], { maxCalls: 1, rtpPorts: [25_101, 25_102] })).status).toBe(503)
    server.desk.decide(() => ({ accepted: false, reason: 'policy', detail: '' }))
    await server.stop()
    server = await startServer({ maxCalls: 1 })
    const src = await server.simulator('udp')
    server.desk.decide(() => ({ accepted: false, reason: 'policy', detail: '' }))
    expect((await refusal(src.call())).status).toBe(603)
    server.desk.decide(() => ({ accepted: false, reason: 'overload', detail: '' }))
    expect((await refusal(src.call())).headers.get('retry-after')).toHaveLength(1)
    server.desk.decide(null)
    await src.call()
    expect((await refusal(src.call())).status).toBe(503)
  })

  it('strangers: 403 for requests, nothing for garbage, over UDP and TCP', async () => {
    server = await startServer({ allow: ['10.0.0.0/8'] })
    for (const transport of ['udp', 'tcp'] as const) {
      const src = await server.simulator(transport)
      expect((await refusal(src.call())).status).toBe(403)
      if (transport === 'tcp') await src.line.closed
    }
    const src = await server.simulator('udp')
    src.line.send('hello')
    src.line.send((await src.prepare()).text('ACK', 1))
    expect((await refusal((await src.prepare()).request('OPTIONS'))).status).toBe(403)
    expect(src.line.received).toHaveLength(1)
    expect(server.desk.calls).toEqual([])
  })
})

describe('what is accepted', () => {
  it('IPv4 and wildcard on one dual-stack socket, answered with the address the peer reaches', async () => {
    for (const host of ['::', '0.0.0.0']) {
      server = await startServer({ host })
      for (const transport of ['udp', 'tcp'] as const) {
        const call = await (await server.simulator(transport)).call()
        expect(call.answer).toContain('c=IN IP4 127.0.0.1\r\n')
        expect(call.remoteTarget).toContain('sip:verbale@127.0.0.1:')
        call.senders[0]?.send(chunk(1))
        await server.arrives('1', chunk(1))
        server.desk.call().commands.disconnect?.('shutdown')
        await call.hungUp()
      }
      await server.stop()
    }
    server = await startServer()
  })

  it('plain SDP without metadata: one or two streams of unknown parties', async () => {
    server = await startServer()
    await (await server.simulator('udp')).call({ metadata: null, legs: [{ label: null, direction: 'sendrecv' }] })
    expect(server.desk.call().announcement).toMatchObject({ parties: [], raw: undefined })
    expect(server.leg('line-1').facts.role).toBe('unknown')
  })

  it('metadata nobody can read: recorded, roles unknown, bytes kept', async () => {
    server = await startServer()
    const xml = '<!DOCTYPE x [<!ENTITY e "e">]><recording>&e;</recording>'
    await (await server.simulator('udp')).call({ metadata: xml })
    expect(server.desk.call().announcement.raw?.bytes.toString()).toBe(xml)
    expect(server.leg('1').facts.role).toBe('unknown')
  })

  it('four lines of which two are video, all inactive, session keep-alives', async () => {
    server = await startServer()
    const src = await server.simulator('tcp')
    const call = await src.call({
      legs: [{}, { media: 'video', formats: '96' }, {}, { media: 'video', formats: '96' }].map((leg) => ({
        ...leg,
        direction: 'inactive' as const,
      })),
    })
    expect([...server.desk.call().legs.keys()]).toEqual(['1', '3'])
    expect(server.leg('3').holds).toEqual([true])
    expect((await call.request('OPTIONS')).headers.get('allow')?.[0]).toContain('UPDATE')
    expect((await call.request('INFO')).status).toBe(200)
    const stranger = await src.prepare()
    expect((await stranger.request('OPTIONS')).headers.get('accept')?.[0]).toContain('application/sdp')
    stranger.toTag = 'unknown'
    expect((await refusal(stranger.request('OPTIONS'))).status).toBe(481)
  })

  it('an INVITE that replaces a session: the old one is ended', async () => {
    server = await startServer()
    const src = await server.simulator('udp')
    const old = await src.call()
    await src.call({ headers: [`Replaces: ${old.callId};to-tag=${old.toTag};from-tag=${old.fromTag}`] })
    await old.hungUp()
    expect(server.desk.calls.map(({ ended }) => ended)).toEqual(['hangup', null])
  })
})
