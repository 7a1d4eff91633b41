import type { CallDetail, RenditionView } from '../../../../contract/models/calls.ts'
import type { Hold, Term } from '../../../../contract/models/terms.ts'
import { builtInPurposes } from '../../../../contract/rules.ts'

/** One thing a call is kept for, with what it holds; `term` null: the passing copy, which is no purpose. */
export type Kept = {
  purpose: string
  segment: number
  fromMs: number | null
  toMs: number | null
  term: Term | null
  rendition: RenditionView | null
}

/** The passing copy stands last. */
const place = ({ purpose, term }: Kept): number => {
  if (!term) return builtInPurposes.length + 1
  return builtInPurposes.includes(purpose) ? builtInPurposes.indexOf(purpose) : builtInPurposes.length
}

type Part = { purpose: string; segment: number }
export const samePart = (a: Part, b: Part): boolean => a.purpose === b.purpose && a.segment === b.segment

/** Terms with their renditions, and renditions that no term keeps. */
export const keptOf = (terms: Term[], renditions: RenditionView[]): Kept[] => {
  const kept = terms.map((term) => {
    const { purpose, segment, fromMs, toMs } = term
    return { purpose, segment, fromMs, toMs, term, rendition: renditions.find((r) => samePart(r, term)) ?? null }
  })
  const others = renditions.filter((r) => !terms.some((term) => samePart(r, term)))
  return [
    ...kept,
    ...others.map((r) => ({
      purpose: r.purpose,
      segment: r.segment,
      fromMs: r.fromMs,
      toMs: r.toMs,
      term: null,
      rendition: r,
    })),
  ].toSorted((a, b) => place(a) - place(b) || a.segment - b.segment)
}

/** Whether one of the holds covers a part. A hold this person may not read counts for the whole call. */
export const isHeld = (part: Part, ids: string[], holds: Hold[] | undefined): boolean =>
  ids.some((id) => {
    const hold = holds?.find((h) => h.id === id)
    if (hold?.kind !== 'segment') return true
    return hold.query['purpose'] === part.purpose && hold.query['segment'] === String(part.segment)
  })

/** Terms that would still live if one ended. */
export const othersAlive = (kept: Kept[], part: Part): Kept[] =>
  kept.filter((k) => k.term?.state === 'live' && !samePart(k, part))

/** The passing copy, while there is one. */
export const passingCopy = (call: Pick<CallDetail, 'renditions'>): RenditionView | null =>
  call.renditions.find((r) => r.purpose === 'processing' && r.state === 'sealed') ?? null
