import { PurposeKey } from '../../../contract/models/common.ts'
import type { PurposeEntry, Span } from '../../../contract/models/retention.ts'
import { Problem } from '../../platform/problem.ts'
import { extended, seededEntries } from './seed.ts'
import { isNothing, within } from './span.ts'

export type Flaw = { code: string; purpose: string; detail: string }

/** Names that mean something else where purposes are stored. */
const reserved = ['all', 'card', 'processing', 'recording', 'rights']
/** Shortest text that can name a law. */
const shortest = 10

const seeded = new Map(seededEntries().map((entry) => [entry.key, entry]))
export const isSeeded = (key: string): boolean => seeded.has(key)

/** The longest the law allows a purpose; null when the organisation itself has to name it. */
function legalCeiling(entry: PurposeEntry): Span | null {
  const law = seeded.get(entry.key)
  if (!law) return null
  return entry.extensionText.trim().length >= shortest ? (extended[entry.key] ?? law.ceiling) : law.ceiling
}

const says = (text: string): boolean => text.trim().length >= shortest
const needsText = (entry: PurposeEntry): boolean =>
  entry.legalBasis === 'legal_obligation' || entry.legalBasis === 'public_task'

type Bad = [is: boolean, code: string, detail: string][]

/** What is wrong with how long an entry keeps things. */
function badTerms(entry: PurposeEntry): Bad {
  const { ceiling, countries, keep } = entry
  const legal = legalCeiling(entry)
  const spans = [keep, ...countries.flatMap((rule) => rule.keep ?? [])]
  const audio = [entry.audio, ...countries.map((rule) => rule.audio)].filter((span) => span !== null)
  const nothing = entry.material === 'nothing'
  const outlasts =
    (entry.audio !== null && !within(entry.audio, keep)) ||
    countries.some((rule) => rule.audio !== null && !within(rule.audio, rule.keep ?? keep))
  return [
    [legal !== null && !within(ceiling, legal), 'purpose_ceiling', 'has a ceiling above the one of the law'],
    [
      [...spans, ...audio].some((span) => !within(span, ceiling)),
      'purpose_above_ceiling',
      'is kept longer than its ceiling allows',
    ],
    [!nothing && spans.some(isNothing), 'purpose_term_missing', 'keeps something, so it needs a term'],
    [nothing && spans.some((span) => !isNothing(span)), 'purpose_term_idle', 'keeps nothing, so it cannot have a term'],
    [outlasts, 'purpose_audio_outlasts', 'keeps audio longer than what is drawn from it'],
  ]
}

/** What is wrong with the rest of an entry. */
function badWords(entry: PurposeEntry): Bad {
  const { key, countries, audience } = entry
  const codes = countries.map((rule) => rule.country)
  const extension = entry.extensionText.trim() !== ''
  const unjustified = !isSeeded(key) && entry.material !== 'nothing' && !says(entry.ceilingText)
  return [
    [!PurposeKey.safeParse(key).success || reserved.includes(key), 'purpose_key', 'has a key that cannot be used'],
    [needsText(entry) && !says(entry.legalText), 'purpose_law_missing', 'rests on a law that is not named'],
    [unjustified, 'purpose_ceiling_unjustified', 'has a ceiling without the text that sets it'],
    [extension && !(key in extended), 'purpose_extension', 'cannot be extended beyond its ceiling'],
    [extension && !says(entry.extensionText), 'purpose_extension_text', 'is extended by a text that is not named'],
    [
      isSeeded(key) && seeded.get(key)?.material !== entry.material,
      'purpose_material',
      'keeps other material than this purpose is made for',
    ],
    [new Set(codes).size < codes.length, 'purpose_country_repeated', 'names a country twice'],
    [new Set(audience).size < audience.length, 'purpose_role_repeated', 'names a role twice'],
  ]
}

/** What makes an entry impossible to publish, in order. */
const flawsOf = (entry: PurposeEntry): Omit<Flaw, 'purpose'>[] =>
  [...badWords(entry), ...badTerms(entry)].filter(([is]) => is).map(([, code, detail]) => ({ code, detail }))

/** Everything that keeps a register from being published over the one in force. */
export function flaws(entries: readonly PurposeEntry[], inForce: readonly PurposeEntry[]): Flaw[] {
  const gone = inForce.filter((old) => !entries.some((entry) => entry.key === old.key))
  const repeated = entries.filter((entry, i) => entries.findIndex((other) => other.key === entry.key) < i)
  return [
    ...gone.map(({ key }) => ({
      code: 'purpose_removed',
      purpose: key,
      detail: 'is kept for calls: switch it off instead',
    })),
    ...repeated.map(({ key }) => ({ code: 'purpose_repeated', purpose: key, detail: 'appears twice' })),
    ...entries.flatMap((entry) => flawsOf(entry).map((flaw) => ({ ...flaw, purpose: entry.key }))),
  ]
}

/** Throws the first flaw as Problem (422) with param `purpose`. */
export function requirePublishable(entries: readonly PurposeEntry[], inForce: readonly PurposeEntry[]): void {
  const [first] = flaws(entries, inForce)
  if (first) throw new Problem(first.code, 422, `purpose ${first.purpose} ${first.detail}`, { purpose: first.purpose })
}
