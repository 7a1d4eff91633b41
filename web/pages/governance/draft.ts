import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PurposeEntry, Span } from '../../../contract/models/retention.ts'

export type Draft = { entries: PurposeEntry[]; basedOn: number }

/** A register being changed; null while it is as published. */
export const useRegisterDraft = (published: Draft) => {
  const [draft, setDraft] = useState<Draft | null>(null)
  const entries = draft?.entries ?? published.entries
  const keep = (changed: PurposeEntry): void => {
    const known = entries.some((entry) => entry.key === changed.key)
    const next = known ? entries.map((entry) => (entry.key === changed.key ? changed : entry)) : [...entries, changed]
    const same = JSON.stringify(next) === JSON.stringify(published.entries)
    setDraft(same ? null : { entries: next, basedOn: draft?.basedOn ?? published.basedOn })
  }
  return { draft, entries, keep, discard: (): void => setDraft(null) }
}

const blank = { it: '', fr: '', en: '' }

/** A purpose that an organisation adds, before anything is said of it: the strictest of everything. */
export const newPurpose = (): PurposeEntry => ({
  key: '',
  name: blank,
  description: blank,
  spoken: blank,
  legalBasis: 'consent',
  legalText: '',
  iri: '',
  audience: ['privacy_officer'],
  material: 'original',
  keep: { months: 1 },
  audio: null,
  ceiling: { months: 1 },
  ceilingText: '',
  extensionText: '',
  countries: [],
  confirmationEnds: false,
  ai: null,
  active: true,
})

/** A key for a new purpose, from its name: letters, digits and `_` (contract `PurposeKey`), none that is taken. */
export const keyFor = (name: string, taken: readonly string[]): string => {
  const plain = name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^[^a-z]+|_+$/g, '')
    .slice(0, 24)
  const base = plain.length >= 3 ? plain : `purpose_${plain}`.replace(/_$/, '')
  for (let n = 1; ; n++) {
    const key = n === 1 ? base : `${base}_${n}`
    if (!taken.includes(key)) return key
  }
}

/** How long, in words. */
export const useSpanWords = (): ((span: Span) => string) => {
  const { t } = useTranslation()
  return (span) => {
    if ('months' in span) return t('governance.purposes.span.months', { count: span.months })
    if (span.days === 0) return t('governance.purposes.span.nothing')
    return t('governance.purposes.span.days', { count: span.days })
  }
}
