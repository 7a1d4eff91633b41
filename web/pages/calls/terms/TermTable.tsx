import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { RenditionView } from '../../../../contract/models/calls.ts'
import { textOf } from '../../../i18n.ts'
import { DataTable, type Column } from '../../../kit/DataTable.tsx'
import { daysBetween, today } from '../../../kit/days.ts'
import { useFormat } from '../../../kit/format.ts'
import { IconLock } from '../../../kit/icons.tsx'
import { Tag, type Tone } from '../../../kit/states.tsx'
import { daysLeft } from '../../retention/words.ts'
import { usePurposeName } from '../../../purposes.ts'
import { segmentWords, sizeOf } from '../parts.tsx'
import type { Kept } from './kept.ts'

type Props = { kept: Kept[]; held: (part: Kept) => boolean; onEnd: ((part: Kept) => void) | null }

/** Each purpose with its basis, its last day, what became of it and what it holds. */
export const TermTable = ({ kept, held, onEnd }: Props) => {
  const { t } = useTranslation()
  const columns = useColumns(held)
  const { name } = usePart()
  if (onEnd)
    columns.push({
      key: 'actions',
      header: t('common.actions'),
      kind: 'actions',
      cell: (part) =>
        part.term?.state === 'live' &&
        !held(part) && (
          <Button variant="default" size="xs" onClick={() => onEnd(part)}>
            {t('retention.call.end')}
            <span className="visually-hidden"> {name(part)}</span>
          </Button>
        ),
    })
  return (
    <DataTable
      caption={t('retention.call.title')}
      columns={columns}
      rows={kept}
      rowKey={(part) => `${part.purpose}${part.segment}`}
      quiet={isOver}
    />
  )
}

const isOver = ({ term, rendition }: Kept): boolean => (term ? term.state === 'ended' : rendition?.state === 'erased')

/** How a part of what is kept is called. */
export const usePart = () => {
  const { t } = useTranslation()
  const format = useFormat()
  const purposeName = usePurposeName()
  const part = (kept: Kept): string => segmentWords(kept, t, format)
  return {
    purposeName,
    part,
    name: (kept: Kept): string => `${purposeName(kept.purpose)}, ${part(kept)}`,
    size: ({ rendition }: Kept): string =>
      rendition && rendition.bytes > 0 ? sizeOf(rendition.bytes, t, format) : '–',
  }
}

const useColumns = (held: Props['held']): Column<Kept>[] => {
  const { t } = useTranslation()
  const format = useFormat()
  const { purposeName, part, size } = usePart()
  return [
    {
      key: 'purpose',
      header: t('calls.purposeColumn'),
      main: true,
      cell: (kept) => (
        <div>
          {purposeName(kept.purpose)}
          <div className="quiet under">{kept.term ? part(kept) : t('retention.call.passing')}</div>
        </div>
      ),
    },
    {
      key: 'basis',
      header: t('retention.call.basis'),
      cell: ({ term }) => (term?.basis ? (textOf(t, `policy.basis.${term.basis}`) ?? term.basis) : '–'),
    },
    {
      key: 'country',
      header: t('common.country'),
      cell: ({ term }) => (term?.country ? format.country(term.country) : '–'),
    },
    { key: 'until', header: t('calls.until'), cell: (kept) => <Until kept={kept} /> },
    {
      key: 'state',
      header: t('calls.stateColumn'),
      cell: (kept) => <State kept={kept} held={kept.term?.state === 'live' && held(kept)} />,
    },
    {
      key: 'holds',
      header: t('calls.holds'),
      cell: ({ rendition }) =>
        rendition ? t(`calls.format.${rendition.format === 'packets' ? 'packets' : 'lanes'}`) : '–',
    },
    { key: 'size', header: t('calls.size'), kind: 'end', cell: size },
  ]
}

const Until = ({ kept }: { kept: Kept }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const day = kept.term?.lastDay ?? kept.rendition?.expiresOn
  if (!day) return '–'
  return (
    <div>
      {format.day(day)}
      {!isOver(kept) && <div className="quiet under">{daysLeft(daysBetween(today(), day), t)}</div>}
      {kept.term?.audioLastDay && !kept.term.audioEndedAt && !isOver(kept) && (
        <div className="quiet under">{t('retention.call.audioUntil', { day: format.day(kept.term.audioLastDay) })}</div>
      )}
      {kept.term?.audioEndedAt && (
        <div className="quiet under">{t('retention.call.audioEnded', { day: format.day(kept.term.audioEndedAt) })}</div>
      )}
    </div>
  )
}

const toneOf = (state: RenditionView['state']): Tone => {
  if (state === 'failed') return 'bad'
  return state === 'sealed' ? 'good' : 'neutral'
}

/** A live term is as far as its rendition is; one that has ended tells when and why. */
const State = ({ kept: { term, rendition }, held }: { kept: Kept; held: boolean }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const over = term !== null && term.state !== 'live'
  return (
    <div>
      {over && <Tag tone={term.state === 'ending' ? 'warn' : 'neutral'}>{t(`retention.call.state.${term.state}`)}</Tag>}
      {!over && rendition && <Tag tone={toneOf(rendition.state)}>{t(`calls.renditionState.${rendition.state}`)}</Tag>}
      {!over && !rendition && <Tag tone="good">{t('retention.call.state.live')}</Tag>}{' '}
      {held && (
        <Tag tone="warn" icon={<IconLock />}>
          {t('retention.call.held')}
        </Tag>
      )}
      {over && term.reason && term.endedAt && (
        <div className="quiet under">
          {t('retention.call.endedOn', {
            when: format.dateTime(term.endedAt),
            reason: t(`retention.call.because.${term.reason}`),
          })}
        </div>
      )}
    </div>
  )
}
