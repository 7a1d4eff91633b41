import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Person, Team } from '../../../contract/models/people.ts'
import { currentLocale, textOf } from '../../i18n.ts'
import { useFormat } from '../../kit/format.ts'
import { usePurposes } from '../../purposes.ts'
import { useApi, useMay } from '../../queries.ts'
import type { Names } from './words.ts'

export type Staff = { teams: Team[]; people: Person[]; names: Names }

/** Teams and people as rules name them. Roles that may not see people read a short stand-in. */
export const useStaff = (): Staff => {
  const { t } = useTranslation()
  const format = useFormat()
  const maySeePeople = useMay('people.read')
  const teams = useApi('GET /teams').data?.items
  const people = useApi('GET /people', undefined, { enabled: maySeePeople }).data?.items
  const purposes = usePurposes()
  return useMemo(() => {
    const team = new Map(teams?.map(({ id, name }) => [id, name]))
    const agent = new Map(people?.map(({ id, name }) => [id, name]))
    const names: Names = {
      purpose: (key) =>
        textOf(t, `policy.purposes.${key}`) ?? purposes.find((one) => one.key === key)?.name[currentLocale()] ?? key,
      team: (id) => team.get(id) ?? t('policy.unknownTeam'),
      agent: (id) => agent.get(id) ?? t('policy.unknownAgent'),
      format,
    }
    return { teams: teams ?? [], people: people ?? [], names }
  }, [teams, people, purposes, format, t])
}
