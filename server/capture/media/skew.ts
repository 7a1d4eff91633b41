const WINDOW_S = 10
const MAX_WINDOWS = 4096
const MIN_WINDOWS = 6

type Point = { arrival: number; delay: number }

/**
 * Speed of a source's clock against ours: the slope of the least delayed packet of every 10 s window. An estimate: with
 * heavy jitter it can be wrong by as much as it says, so it is shown and never applied.
 */
export class SkewMeter {
  private readonly window: number
  private points: Point[] = []
  private best: Point[] = []
  private open: { until: number; point: Point } | undefined

  constructor(rate: number) {
    this.window = WINDOW_S * rate
  }

  /** A new clock: earlier points no longer compare. The longest stretch is kept. */
  restart(): void {
    if (this.points.length > this.best.length) this.best = this.points
    this.points = []
    this.open = undefined
  }

  /** Notes a packet's arrival and its delay against its place, both in samples. */
  add(arrival: number, delay: number): void {
    if (!this.open || arrival >= this.open.until) {
      if (this.open && this.points.length < MAX_WINDOWS) this.points.push(this.open.point)
      this.open = { until: arrival + this.window, point: { arrival, delay } }
    } else if (delay < this.open.point.delay) this.open.point = { arrival, delay }
  }

  /** Parts per million; positive when the source is fast. Undefined with less than a minute under one clock. */
  ppm(): number | undefined {
    const points = this.points.length >= this.best.length ? this.points : this.best
    if (points.length < MIN_WINDOWS) return undefined
    const meanArrival = points.reduce((sum, p) => sum + p.arrival, 0) / points.length
    const meanDelay = points.reduce((sum, p) => sum + p.delay, 0) / points.length
    let product = 0
    let square = 0
    for (const { arrival, delay } of points) {
      product += (arrival - meanArrival) * (delay - meanDelay)
      square += (arrival - meanArrival) ** 2
    }
    return (-product / square) * 1e6
  }
}
