import type { Gap } from '../../../contract/models/calls.ts'

type LegGap = Omit<Gap, 'leg'>
type LaneSpan = { fromMs: number; toMs: number }

/** How much a leg lacks because card or bank data was said there, ms. */
export const sensitiveMs = (gaps: readonly LegGap[]): number =>
  gaps.reduce((sum, { kind, fromMs, toMs }) => sum + (kind === 'sensitive' ? toMs - fromMs : 0), 0)

/** A leg's gaps once spans of it are destroyed: what was a gap before keeps its reason. */
export function withSensitive(gaps: readonly LegGap[], spans: readonly LaneSpan[]): LegGap[] {
  const cut = spans.flatMap((span) => outside(span, gaps))
  const found = joined(cut).map((span): LegGap => ({ kind: 'sensitive', ...span, provable: true, missing: null }))
  return [...gaps, ...found].toSorted((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs)
}

/** What of a span no gap covers. */
function outside(span: LaneSpan, gaps: readonly LaneSpan[]): LaneSpan[] {
  const left: LaneSpan[] = []
  let at = span.fromMs
  for (const { fromMs, toMs } of gaps.toSorted((a, b) => a.fromMs - b.fromMs)) {
    if (toMs <= at || fromMs >= span.toMs) continue
    if (fromMs > at) left.push({ fromMs: at, toMs: fromMs })
    at = toMs
  }
  if (at < span.toMs) left.push({ fromMs: at, toMs: span.toMs })
  return left
}

/** Spans in order, those that meet or overlap as one. */
export function joined(spans: readonly LaneSpan[]): LaneSpan[] {
  const out: LaneSpan[] = []
  for (const { fromMs, toMs } of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = out.at(-1)
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs)
    else out.push({ fromMs, toMs })
  }
  return out
}
