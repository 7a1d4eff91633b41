import { msOf } from './formats.ts'
import type { Gap, GapKind, Span } from './gaps.ts'
import { complement } from './spans.ts'

/** A reason known for a span of the lane, whether or not audio later filled part of it. */
export type Label = Span & { kind: GapKind; provable: boolean; missing?: number; withDtx?: boolean }

export type LedgerInput = Span & {
  rate: number
  /** Real audio: sorted, disjoint. */
  audio: readonly Span[]
  /** Reasons in order of precedence: a label of an earlier layer overrides those of later ones. */
  layers: readonly (readonly Label[])[]
  /** The log was cut off: the end carries an `interrupted` mark of no length. */
  cutOff: boolean
}

/**
 * The gap ledger: everything in `[from, to)` that is not audio, each piece with one reason. Real audio plus gaps is the
 * whole lane, always. A hole nobody explained is `other`, not provable.
 */
export function buildLedger(input: LedgerInput): Gap[] {
  let open = complement(input.audio, input.from, input.to)
  const found: Label[] = []
  for (const layer of input.layers) {
    const { painted, rest } = paint(open, layer)
    found.push(...painted)
    open = rest
  }
  for (const span of open) found.push({ ...span, kind: 'other', provable: false })
  found.sort((a, b) => a.from - b.from)
  const gaps = merge(found).map((label) => toGap(label, input.rate))
  if (input.cutOff) gaps.push(toGap({ from: input.to, to: input.to, kind: 'interrupted', provable: true }, input.rate))
  return gaps
}

/** Cuts `open` by `labels`: the parts they explain, and the rest. */
function paint(open: readonly Span[], labels: readonly Label[]): { painted: Label[]; rest: Span[] } {
  const painted: Label[] = []
  const rest: Span[] = []
  const sorted = disjoint(labels)
  const counted = new Set<Label>()
  let first = 0
  for (const span of open) {
    while (first < sorted.length && (sorted[first]?.to ?? 0) <= span.from) first++
    let at = span.from
    for (let i = first; i < sorted.length; i++) {
      const label = sorted[i]
      if (!label || label.from >= span.to) break
      const from = Math.max(at, label.from)
      const to = Math.min(span.to, label.to)
      if (from > at) rest.push({ from: at, to: from })
      painted.push(
        counted.has(label) ? { from, to, kind: label.kind, provable: label.provable } : { ...label, from, to },
      )
      counted.add(label)
      at = to
    }
    if (at < span.to) rest.push({ from: at, to: span.to })
  }
  return { painted, rest }
}

/** Sorted by start and cut so that none overlaps the one before. */
function disjoint(labels: readonly Label[]): Label[] {
  const out: Label[] = []
  let end = -Infinity
  for (const label of labels.toSorted((a, b) => a.from - b.from)) {
    if (label.to <= end || label.to <= label.from) continue
    out.push(label.from < end ? { ...label, from: end } : label)
    end = label.to
  }
  return out
}

function merge(labels: readonly Label[]): Label[] {
  const out: Label[] = []
  for (const label of labels) {
    const last = out.at(-1)
    if (!last || last.to !== label.from || last.kind !== label.kind || last.provable !== label.provable) {
      out.push({ ...label })
      continue
    }
    last.to = label.to
    if (label.missing) last.missing = (last.missing ?? 0) + label.missing
    if (label.withDtx) last.withDtx = true
  }
  return out
}

const toGap = (label: Label, rate: number): Gap => ({
  from: label.from,
  to: label.to,
  fromMs: msOf(label.from, rate),
  toMs: msOf(label.to, rate),
  kind: label.kind,
  provable: label.provable,
  ...(label.missing ? { missing: label.missing } : {}),
  ...(label.withDtx ? { withDtx: true as const } : {}),
})
