import { beforeEach, describe, expect, it } from 'vitest'
import { manualTimers } from '../testkit/manual-timers.ts'
import { readMessage } from '../testkit/sip-line.ts'
import type { Endpoint, Flow } from './flow.ts'
import { readDatagram } from './framer.ts'
import type { ServerTransaction } from './server-transaction.ts'
import { Transactions } from './transactions.ts'

type Text = { branch?: string; cseq?: number; tag?: string; callId?: string; via?: string }

const text = (method: string, { branch = 'z9hG4bKx', cseq = 1, tag = '', callId = 'c', via }: Text = {}): Buffer =>
  Buffer.from(
    `${method} sip:srs@h SIP/2.0\r\n${via ?? `Via: SIP/2.0/UDP 192.0.2.7:5070;branch=${branch};rport`}\r\nFrom: <sip:a@b>;tag=f\r\nTo: <sip:srs@h>${tag ? `;tag=${tag}` : ''}\r\nCall-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\nContent-Length: 0\r\n\r\n`,
  )

describe.each(['udp', 'tcp'] as const)('server transactions over %s', (transport) => {
  const reliable = transport === 'tcp'
  let timers: ReturnType<typeof manualTimers>
  let sent: { line: string; to: Endpoint | undefined; text: string }[]
  let requests: ServerTransaction[]
  let acks: number
  let lost: number
  let layer: Transactions
  const flow: Flow = {
    transport,
    reliable,
    remote: { address: '192.0.2.7', port: 6000 },
    local: { address: '192.0.2.1', port: 5060 },
    open: () => true,
    whenClosed: () => () => undefined,
    send(bytes, to) {
      const { startLine } = readMessage(bytes.toString())
      sent.push({ line: startLine, to, text: bytes.toString() })
    },
  }
  const receive = (bytes: Buffer): void => {
    const message = readDatagram(bytes)
    if (message) layer.receive(message, flow)
  }
  const statuses = (): string[] => sent.map(({ line }) => line.split(' ')[1] ?? '')

  beforeEach(() => {
    timers = manualTimers()
    sent = []
    requests = []
    acks = 0
    lost = 0
    const user = {
      request: (t: ServerTransaction) => void requests.push(t),
      ack: () => void acks++,
      unacknowledged: () => void lost++,
    }
    layer = new Transactions(user, timers, 100)
  })

  it('says 100 after 200 ms without a final answer', () => {
    receive(text('INVITE'))
    timers.advance(199)
    expect(sent).toEqual([])
    timers.advance(1)
    expect(statuses()).toEqual(['100'])
    expect(sent[0]?.text).not.toContain(';tag=f2')
    receive(text('INVITE'))
    expect(statuses()).toEqual(reliable ? ['100'] : ['100', '100'])
    expect(requests).toHaveLength(1)
  })

  it('repeats a 2xx at T1, doubling to T2, until the ACK', () => {
    receive(text('INVITE'))
    requests[0]?.respond(200)
    timers.advance(500)
    expect(sent).toHaveLength(2)
    timers.advance(1000 + 2000 + 4000 + 4000)
    expect(sent).toHaveLength(6)
    expect(new Set(sent.map((s) => s.text)).size).toBe(1)
    receive(text('INVITE'))
    expect(sent).toHaveLength(6)
    receive(text('ACK', { branch: 'z9hG4bKother', tag: 'x' }))
    expect(acks).toBe(1)
    requests[0]?.acknowledged()
    timers.advance(60_000)
    expect(sent).toHaveLength(6)
    expect(lost).toBe(0)
    expect(layer.size).toBe(0)
    expect(timers.pending).toBe(0)
  })

  it('reports a 2xx that was never acknowledged after 64 T1', () => {
    receive(text('INVITE'))
    requests[0]?.respond(200)
    timers.advance(31_999)
    expect(lost).toBe(0)
    timers.advance(1)
    expect(lost).toBe(1)
    expect(layer.size).toBe(0)
  })

  it('repeats a refusal over UDP only, until its ACK', () => {
    receive(text('INVITE'))
    requests[0]?.respond(488)
    timers.advance(1500)
    expect(sent).toHaveLength(reliable ? 1 : 3)
    receive(text('ACK'))
    expect(acks).toBe(0)
    timers.advance(60_000)
    expect(sent).toHaveLength(reliable ? 1 : 3)
    expect(layer.size).toBe(0)
  })

  it('answers a repeated request with the same bytes, and forgets it in time', () => {
    receive(text('OPTIONS'))
    requests[0]?.respond(200)
    receive(text('OPTIONS'))
    expect(requests).toHaveLength(1)
    expect(new Set(sent.map((s) => s.text)).size).toBe(1)
    expect(sent).toHaveLength(2)
    timers.advance(reliable ? 0 : 31_999)
    expect(layer.size).toBe(reliable ? 0 : 1)
    timers.advance(1)
    expect(layer.size).toBe(0)
  })

  it('cancels an INVITE that has no final answer yet, and no other', () => {
    receive(text('INVITE'))
    receive(text('CANCEL'))
    expect(statuses()).toEqual(['200', '487'])
    expect(requests[0]?.status).toBe(487)
    expect(/;tag=(\S+)/.exec(sent[0]?.text.split('To:')[1] ?? '')?.[1]).toBe(
      /;tag=(\S+)/.exec(sent[1]?.text.split('To:')[1] ?? '')?.[1],
    )
    receive(text('CANCEL', { branch: 'z9hG4bKnone' }))
    expect(statuses().at(-1)).toBe('481')
    receive(text('INVITE', { branch: 'z9hG4bK2', callId: 'd' }))
    requests[1]?.respond(200)
    receive(text('CANCEL', { branch: 'z9hG4bK2', callId: 'd' }))
    expect(statuses().filter((s) => s === '487')).toHaveLength(1)
  })

  it('refuses the same request arriving over another path', () => {
    receive(text('INVITE'))
    receive(text('INVITE', { branch: 'z9hG4bKfork' }))
    expect(statuses()).toEqual(['482'])
    expect(requests).toHaveLength(1)
  })

  it('tells RFC 2543 requests apart without a branch', () => {
    const via = 'Via: SIP/2.0/UDP old.example.net'
    receive(text('INVITE', { via }))
    receive(text('INVITE', { via }))
    expect(requests).toHaveLength(1)
    receive(text('INVITE', { via, cseq: 2 }))
    expect(requests).toHaveLength(2)
  })

  it('answers to the source address, to its port only when rport asks', () => {
    receive(text('OPTIONS'))
    requests[0]?.respond(200)
    expect(sent[0]?.to).toEqual({ address: '192.0.2.7', port: 6000 })
    expect(sent[0]?.text).toContain(';rport=6000;received=192.0.2.7')
    receive(text('OPTIONS', { via: 'Via: SIP/2.0/UDP 10.9.9.9:5070;branch=z9hG4bKy;received=6.6.6.6', callId: 'e' }))
    requests[1]?.respond(200)
    expect(sent[1]?.to).toEqual({ address: '192.0.2.7', port: 5070 })
    expect(sent[1]?.text).toContain('branch=z9hG4bKy;received=192.0.2.7\r\n')
  })

  it('refuses with 503 and keeps nothing when it is full', () => {
    for (let i = 0; i < 105; i++) receive(text('OPTIONS', { branch: `z9hG4bK${i}`, callId: `${i}` }))
    expect(layer.size).toBe(100)
    expect(statuses()).toEqual(['503', '503', '503', '503', '503'])
  })

  it('sends our own request until it is answered, or gives up after 64 T1', () => {
    const done: number[] = []
    const ask = (branch: string): void =>
      layer.send({
        branch,
        bytes: Buffer.from('BYE'),
        reliable,
        send: (b) => flow.send(b),
        done: (s) => void done.push(s),
      })
    const answer = (status: string, vias = 1): void => {
      const message = readDatagram(
        Buffer.from(
          `SIP/2.0 ${status}\r\n${'Via: SIP/2.0/UDP h;branch=z9hG4bKours\r\n'.repeat(vias)}Call-ID: c\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n`,
        ),
      )
      if (message) layer.receive(message, flow)
    }
    ask('z9hG4bKours')
    timers.advance(500 + 1000)
    expect(sent).toHaveLength(reliable ? 1 : 3)
    answer('200 OK', 2)
    expect(done).toEqual([])
    answer('200 OK')
    answer('200 OK')
    expect(done).toEqual([200])
    ask('z9hG4bKlost')
    timers.advance(32_000)
    expect(done).toEqual([200, 408])
    ask('z9hG4bKbroken')
    layer.lost('z9hG4bKbroken')
    expect(done).toEqual([200, 408, 503])
    expect(layer.size).toBe(0)
    expect(timers.pending).toBe(0)
  })
})
