import { useTranslation } from 'react-i18next'
import type { Team } from '../../../contract/models/people.ts'
import type { AgreementKind, Feature } from '../../../contract/models/retention.ts'
import { currentLocale } from '../../i18n.ts'
import type { Formats } from '../../kit/format.ts'
import { useApi } from '../../queries.ts'

/** The first letter large, for a word that elsewhere stands inside a sentence. */
export const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1)

/** A country or state of the table: `US-CA` as "United States – CA". */
export const placeName = (code: string, format: Formats): string => {
  const [country = code, state] = code.split('-')
  return state ? `${format.country(country)} – ${state}` : format.country(country)
}

/** Documents, features and teams as the page calls them. */
export const useNames = () => {
  const { t } = useTranslation()
  const teams: Team[] = useApi('GET /teams').data?.items ?? []
  const purposes = useApi('GET /purposes').data?.entries ?? []
  return {
    teams,
    kind: (kind: AgreementKind): string => capital(t(`calls.agreement.${kind}`)),
    feature: (feature: Feature): string => t(`governance.features.${feature}`),
    purpose: (key: string): string => purposes.find((entry) => entry.key === key)?.name[currentLocale()] ?? key,
    team: (id: string): string => teams.find((team) => team.id === id)?.name ?? t('policy.unknownTeam'),
  }
}
