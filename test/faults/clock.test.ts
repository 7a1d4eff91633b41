import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { systemClock } from '../../server/platform/clock.ts'
import { siprecPort } from '../journeys/siprec.ts'
import { type Product, startProduct } from './kit/product.ts'
import { listen, recordEverything, settled, Talk, until, upTo } from './kit/talk.ts'

const hour = 3_600_000
const autoResumeMs = 2000
let product: Product
let port = 0
const truth = Date.now
let jump = 0

beforeAll(async () => {
  // The machine's own clock jumps: for the product's `Clock` and for everything else in the process.
  vi.spyOn(Date, 'now').mockImplementation(() => truth() + jump)
  product = await startProduct({ clock: systemClock })
  await recordEverything(product.admin, { autoResumeSeconds: autoResumeMs / 1000 })
  port = await siprecPort(product.admin)
})
afterAll(async () => {
  jump = 0
  await product?.stop()
  vi.restoreAllMocks()
})

test.each([
  ['forward', hour],
  ['back', -hour],
])(
  'the wall clock jumps an hour %s in mid-call: duration, gaps and the end of a pause stay as they were',
  async (_, by) => {
    const began = performance.now()
    const talk = await Talk.begin(port)
    const { id: callId } = await until('the call', async () => (await product.agent.api('GET /live/calls')).items[0])
    await sleep(500)
    await product.agent.api('POST /calls/:callId/control', { params: { callId }, body: { action: 'pause' } })
    await sleep(300)
    jump = by
    await sleep(autoResumeMs + 1200)
    jump = 0
    await sleep(500)
    jump = by
    await sleep(300)
    await talk.bye()
    const tookMs = performance.now() - began
    jump = 0

    const detail = await settled(product.admin, callId)
    expect(detail.ending).toBe('hangup')
    const spoken = talk.sent * 20
    expect(detail.durationMs).toBeGreaterThanOrEqual(spoken - 100)
    expect(detail.durationMs).toBeLessThanOrEqual(tookMs + 1000)
    expect(Date.parse(detail.endedAt ?? '') - Date.parse(detail.startedAt)).toBeCloseTo(detail.durationMs, -1)
    const marks = detail.marks.map((m) => [m.kind, m.by])
    expect(marks).toEqual([
      ['pause', 'agent'],
      ['resume', 'timer'],
    ])
    const [from = 0, to = 0] = detail.marks.map((m) => m.atMs)
    expect(to - from).toBeGreaterThanOrEqual(autoResumeMs)
    // The product looks every 500 ms whether a pause is over; the rest is a busy machine's.
    expect(to - from).toBeLessThan(autoResumeMs + 1200 + 300)
    const { legs } = await listen(product.admin, callId)
    for (const leg of [0, 1]) {
      const frames = legs.get(leg)?.frames ?? []
      const missing = upTo(talk.sent).filter((n) => !frames.includes(n))
      expect(missing).toEqual(upTo(missing.length).map((n) => n + (missing[0] ?? 0)))
      const gaps = detail.gaps.filter((g) => g.leg === leg && g.fromMs > 0)
      expect(gaps.map((g) => g.kind)).toEqual(['paused'])
      expect(Math.abs((gaps[0]?.toMs ?? 0) - (gaps[0]?.fromMs ?? 0) - missing.length * 20)).toBeLessThanOrEqual(60)
    }
  },
  60_000,
)

const journalBytes = (): number => {
  const folder = join(product.dataDir, 'objects', 'journal')
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

test('a wall clock that jumps to and fro does not keep audio from the disk', async () => {
  const talk = await Talk.begin(port)
  const jumping = setInterval(() => (jump = jump === 0 ? -hour : 0), 3)
  await sleep(2500)
  clearInterval(jumping)
  jump = 0
  for (let i = 0; i < 3; i++) {
    const before = journalBytes()
    await until('the journal grows', () => journalBytes() > before, 5000)
  }
  await talk.bye()
}, 60_000)
