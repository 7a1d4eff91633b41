import { useTranslation } from 'react-i18next'
import type { Reply } from '../contract/routes.ts'
import { currentLocale, textOf } from './i18n.ts'
import { useApi } from './queries.ts'

export type KnownPurpose = Reply<'GET /purposes/names'>['items'][number]

/** The purposes of the register in force; empty while it is not read. */
export const usePurposes = (): KnownPurpose[] => useApi('GET /purposes/names').data?.items ?? []

/** Purposes for which what was said is written down and this role may read it. */
export const useReadablePurposes = (role: string): KnownPurpose[] =>
  usePurposes().filter((p) => p.active && p.ai !== null && (p.audience as readonly string[]).includes(role))

/** How a purpose is called: the page's word, else the register's name for it, else its key. */
export const usePurposeName = (): ((key: string) => string) => {
  const { t } = useTranslation()
  const purposes = usePurposes()
  return (key) => textOf(t, `calls.purpose.${key}`) ?? purposes.find((e) => e.key === key)?.name[currentLocale()] ?? key
}
