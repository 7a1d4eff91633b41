import type { CaptionSpeed, CaptionStages } from '../../../contract/models/captions.ts'

const names = ['capture', 'vad', 'engine', 'redaction'] as const
/** Captions that count: a few minutes of a busy floor. */
const MOST = 500
/** A caption later than this is late. */
const LATE_MS = 1000

/** Where the time of the last captions went. */
export type CaptionClock = {
  /** A caption was ready to be sent. */
  note(stages: CaptionStages): void
  /** One is on a screen, so many ms after it was sent. */
  delivered(ms: number): void
  speed(): Omit<CaptionSpeed, 'calls' | 'behind' | 'masks'>
}

export function captionClock(): CaptionClock {
  const ready: CaptionStages[] = []
  const deliveries: number[] = []
  const keep = <T>(list: T[], value: T): void => {
    list.push(value)
    if (list.length > MOST) list.shift()
  }
  return {
    note: (stages) => keep(ready, stages),
    delivered: (ms) => keep(deliveries, ms),
    speed() {
      const stages = {
        ...(Object.fromEntries(names.map((name) => [name, percentiles(ready.map((s) => s[name]))])) as Record<
          (typeof names)[number],
          { p50: number; p95: number }
        >),
        delivery: percentiles(deliveries),
      }
      const { delivery } = stages
      const ours = percentiles(ready.map((s) => s.capture + s.redaction))
      const total = percentiles(ready.map((s) => s.capture + s.vad + s.engine + s.redaction))
      const whole = { p50: total.p50 + delivery.p50, p95: total.p95 + delivery.p95 }
      const [slowest] = Object.entries(stages).toSorted((a, b) => b[1].p95 - a[1].p95)
      return {
        captions: ready.length,
        stages,
        ours: { p50: ours.p50 + delivery.p50, p95: ours.p95 + delivery.p95 },
        total: whole,
        slow: whole.p95 > LATE_MS && slowest ? (slowest[0] as CaptionSpeed['slow']) : null,
      }
    },
  }
}

/** Nearest rank; 0 of nothing. */
export function percentiles(values: readonly number[]): { p50: number; p95: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50: at(0.5), p95: at(0.95) }
}
