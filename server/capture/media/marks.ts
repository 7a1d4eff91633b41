import type { GapKind, MaskKind } from './gaps.ts'
import type { Label } from './ledger.ts'

/** Spans between an event that switches something on and the one that switches it off, on the lane's axis. */
export class Marks<Kind extends GapKind> {
  private readonly closed: Label[] = []
  private open: { from: number; kind: Kind } | undefined

  get current(): Kind | undefined {
    return this.open?.kind
  }

  /** Switches to another kind, or off, at a position. */
  set(kind: Kind | undefined, at: number): void {
    if (kind === this.open?.kind) return
    if (this.open) this.closed.push({ ...this.open, to: at, provable: true })
    this.open = kind && { from: at, kind }
  }

  /** Every span so far; one still open reaches `end`. */
  labels(end: number): Label[] {
    return this.open ? [...this.closed, { ...this.open, to: end, provable: true }] : [...this.closed]
  }
}

export type MaskMarks = Marks<MaskKind>
