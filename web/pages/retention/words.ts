import { useTranslation } from 'react-i18next'
import type { Hold } from '../../../contract/models/terms.ts'
import { textOf, type T } from '../../i18n.ts'
import { usePurposeName } from '../../purposes.ts'
import type { Names } from '../policy/words.ts'
import { purposeOf, type Series } from './calendar.ts'

/** How a series of the calendar is called. */
export const useSeriesName = (): ((series: Series) => string) => {
  const { t } = useTranslation()
  const name = usePurposeName()
  return (series) => {
    const { purpose, audio } = purposeOf(series)
    return audio ? t('retention.calendar.audioOf', { purpose: name(purpose) }) : name(purpose)
  }
}

const filterNames = ['from', 'to', 'queue', 'agentId', 'teamId', 'direction'] as const
type FilterName = (typeof filterNames)[number]

const filterInWords = (name: FilterName, value: string, { t, names }: { t: T; names: Names }): string => {
  if (name === 'direction') return textOf(t, `calls.direction.${value}`) ?? value
  const said = {
    from: () => names.format.date(value),
    // The end is the first moment not covered any more.
    to: () => names.format.date(new Date(Date.parse(value) - 1)),
    queue: () => value,
    agentId: () => names.agent(value),
    teamId: () => names.team(value),
  }
  return t(`retention.hold.filter.${name}`, { value: said[name]() })
}

/** What a hold covers, in words. */
export const holdInWords = (hold: Hold, say: { t: T; names: Names; purpose: (key: string) => string }): string => {
  const { t, names, purpose } = say
  if (hold.kind === 'caller') return t('retention.hold.kind.caller')
  if (hold.kind === 'calls') return t('retention.hold.kind.calls', { count: hold.held + hold.tooLate })
  if (hold.kind === 'segment')
    return t('retention.hold.kind.segment', { purpose: purpose(hold.query['purpose'] ?? '') })
  const filters = filterNames.flatMap((name) => {
    const value = hold.query[name]
    return value === undefined ? [] : filterInWords(name, value, { t, names })
  })
  return t('retention.hold.kind.query', { filters: names.format.list(filters) })
}

/** How many days a term has left, in words. */
export const daysLeft = (days: number, t: T): string => {
  if (days < 0) return t('retention.call.past')
  return days === 0 ? t('retention.call.lastToday') : t('retention.call.left', { count: days })
}
