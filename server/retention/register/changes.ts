import type { PurposeEntry, RegisterChange, Span } from '../../../contract/models/retention.ts'
import { comparedWith } from './span.ts'
import { audioOf, confirmationEnds, keepOf } from './terms.ts'

/** Countries one of the entries names, then everywhere else (null). */
const countriesOf = (entries: PurposeEntry[]): (string | null)[] => [
  null,
  ...[...new Set(entries.flatMap((entry) => entry.countries.map((rule) => rule.country)))].toSorted(),
]

/**
 * What a new register keeps shorter or longer than the old one, by purpose and country. A country appears only when it differs
 * from everywhere else or changes otherwise. New purposes are no change: nothing is kept for them yet.
 */
export function changesOf(before: readonly PurposeEntry[], after: readonly PurposeEntry[]): RegisterChange[] {
  return before.flatMap((old) => {
    const now = after.find((entry) => entry.key === old.key)
    if (!now) return []
    const countries = countriesOf([old, now]).map((country) => changesIn(old, now, country))
    const everywhere = countries[0] ?? []
    const named = countries.slice(1).flatMap((changes) => changes)
    return [...switched(old, now), ...everywhere, ...named]
  })
}

function switched(old: PurposeEntry, now: PurposeEntry): RegisterChange[] {
  if (old.active === now.active) return []
  const effect = now.active ? 'longer' : 'shorter'
  return [{ purpose: old.key, country: null, what: 'active', effect, before: null, after: null }]
}

function changesIn(old: PurposeEntry, now: PurposeEntry, country: string | null): RegisterChange[] {
  const spans: ['keep' | 'audio', Span, Span][] = [
    ['keep', keepOf(old, country), keepOf(now, country)],
    ['audio', audioOf(old, country), audioOf(now, country)],
  ]
  const changed = spans.flatMap(([what, before, after]): RegisterChange[] => {
    const effect = comparedWith(before, after)
    return effect === 'same' ? [] : [{ purpose: old.key, country, what, effect, before, after }]
  })
  const ends = confirmationEnds(now, country)
  if (ends === confirmationEnds(old, country)) return changed
  const effect = ends ? 'shorter' : 'longer'
  return [...changed, { purpose: old.key, country, what: 'confirmation', effect, before: null, after: null }]
}
