import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PurposeEntry, Span } from '../../../contract/models/retention.ts'

export type Draft = { entries: PurposeEntry[]; basedOn: number }

/** A register being changed; null while it is as published. */
export const useRegisterDraft = (published: Draft) => {
  const [draft, setDraft] = useState<Draft | null>(null)
  const entries = draft?.entries ?? published.entries
  const keep = (changed: PurposeEntry): void => {
    const next = entries.map((entry) => (entry.key === changed.key ? changed : entry))
    const same = JSON.stringify(next) === JSON.stringify(published.entries)
    setDraft(same ? null : { entries: next, basedOn: draft?.basedOn ?? published.basedOn })
  }
  return { draft, entries, keep, discard: (): void => setDraft(null) }
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
