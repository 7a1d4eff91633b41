import { afterEach, describe, expect, it } from 'vitest'
import { manualTimers } from './testkit/manual-timers.ts'
import { chunk, refusal, startServer, type RunningServer } from './testkit/running.ts'
import type { SimulatedCall, SrcSimulator } from './testkit/src-simulator.ts'
import { createUnconfirmed } from './unconfirmed.ts'

let server: RunningServer

/** Room for eight lines: what one peer holds is what others lack. */
const rtpPorts = [25_601, 25_617]

/** Sessions answered with 200 and left without ACK. */
async function unconfirmed(src: SrcSimulator, count: number): Promise<{ call: SimulatedCall; ack(): void }[]> {
  const left = []
  for (let i = 0; i < count; i++) {
    const call = await src.prepare()
    const response = await call.invite({ withoutAck: true })
    left.push({ call, ack: () => call.ack({ response, cseq: 1, branch: '' }) })
  }
  return left
}

describe('on the wire', () => {
  afterEach(() => server.stop())

  describe.each(['udp', 'tcp'] as const)('INVITEs without ACK over %s', (transport) => {
    it('take no port beyond the limit of their peer, until one is confirmed', async () => {
      server = await startServer({ maxUnconfirmed: 2, rtpPorts })
      const src = await server.simulator(transport)
      const [one] = await unconfirmed(src, 2)
      for (let i = 0; i < 5; i++) {
        const { status, headers } = await refusal(src.call())
        expect([status, headers.get('retry-after')]).toEqual([503, ['10']])
      }
      expect(server.desk.calls).toHaveLength(2)
      one?.ack()
      await one?.call.request('OPTIONS')
      // Were any port held by the five that were refused, this would be refused too.
      const third = await src.call()
      third.senders[0]?.send(chunk(1))
      await server.arrives('1', chunk(1))
    })

    it('are given up after 64 T1, and their peer may call again', async () => {
      const timers = manualTimers()
      server = await startServer({ maxUnconfirmed: 1 }, { timers })
      const src = await server.simulator(transport)
      const [one] = await unconfirmed(src, 1)
      expect((await refusal(src.call())).status).toBe(503)
      timers.advance(32_000)
      await one?.call.hungUp()
      await src.call()
    })

    it('give their place back when the peer hangs up, cancels or is refused', async () => {
      server = await startServer({ maxUnconfirmed: 1 })
      const src = await server.simulator(transport)
      const [one] = await unconfirmed(src, 1)
      await one?.call.bye()
      await server.ends()
      server.desk.decide(() => ({ accepted: false, reason: 'policy', detail: '' }))
      for (let i = 0; i < 3; i++) expect((await refusal(src.call())).status).toBe(603)
      server.desk.decide(null)
      await src.call()
    })
  })

  // Elsewhere the loopback interface has one address only.
  it.runIf(process.platform === 'linux')('one peer’s flood keeps no other peer out', async () => {
    server = await startServer({ maxUnconfirmed: 3, rtpPorts })
    await unconfirmed(await server.simulator('udp'), 3)
    expect((await refusal((await server.simulator('tcp')).call())).status).toBe(503)
    const other = await server.simulator('udp', { localAddress: '127.0.0.2' })
    const call = await other.call()
    await call.bye()
    expect(server.desk.calls).toHaveLength(4)
  })

  it('500 calls of one peer, 50 at a time, each confirmed at once, are all taken', async () => {
    server = await startServer({ rtpPorts: [26_000, 27_999] })
    const src = await server.simulator('tcp', { sharedMedia: true })
    for (let done = 0; done < 500; done += 50) {
      await Promise.all(Array.from({ length: 50 }, () => src.call({ legs: [{}] })))
    }
    expect(server.desk.calls.filter(({ ended }) => ended === null)).toHaveLength(500)
  }, 60_000)
})

describe('places', () => {
  it('are one for every two media lines, are given back once, and are each peer’s own', () => {
    const places = createUnconfirmed(2)
    const first = places.take('a', 1)
    const second = places.take('a', 2)
    expect(places.take('a', 2)).toBeNull()
    const other = places.take('b', 64)
    expect([other === null, places.take('b', 1)]).toEqual([false, null])
    first?.()
    first?.()
    expect(places.take('a', 2)).not.toBeNull()
    expect(places.take('a', 2)).toBeNull()
    second?.()
    other?.()
    expect([places.take('a', 2) === null, places.take('b', 2) === null]).toEqual([false, false])
  })
})
