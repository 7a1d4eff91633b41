import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Hold } from '../../../contract/models/terms.ts'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { Tag, type Tone } from '../../kit/states.tsx'
import { useMay, useMe } from '../../queries.ts'
import { useStaff } from '../policy/names.ts'
import { HoldActions } from './HoldActions.tsx'
import styles from './retention.module.css'
import { holdInWords } from './words.ts'
import { usePurposeName } from '../../purposes.ts'

const tones: Record<Hold['state'], Tone> = {
  placing: 'warn',
  active: 'accent',
  release_asked: 'warn',
  released: 'neutral',
}

/** Holds: those that wait for a second person first, the released ones last. */
export const HoldTable = ({ holds }: { holds: Hold[] }) => {
  const { t } = useTranslation()
  const columns = useHoldColumns()
  const order: Hold['state'][] = ['release_asked', 'placing', 'active', 'released']
  return (
    <DataTable
      caption={t('retention.hold.title')}
      columns={columns}
      rows={holds.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state))}
      rowKey={(hold) => hold.id}
      quiet={(hold) => hold.state === 'released'}
    />
  )
}

const useHoldColumns = (): Column<Hold>[] => {
  const { t } = useTranslation()
  const format = useFormat()
  const mayAct = useMay('governance.write')
  const columns: Column<Hold>[] = [
    { key: 'covers', header: t('retention.hold.covers'), main: true, cell: (hold) => <Covers hold={hold} /> },
    {
      key: 'reason',
      header: t('retention.hold.reason'),
      cell: (hold) => (
        <div className={styles.words}>
          {hold.reason}
          {hold.reference && <div className="quiet under">{hold.reference}</div>}
        </div>
      ),
    },
    { key: 'state', header: t('retention.hold.state'), cell: (hold) => <HoldState hold={hold} /> },
    {
      key: 'calls',
      header: t('retention.hold.calls'),
      kind: 'end',
      cell: (hold) => (
        <div>
          {format.number(hold.held)}
          {hold.tooLate > 0 && (
            <div className="quiet under">{t('retention.hold.tooLate', { count: hold.tooLate })}</div>
          )}
        </div>
      ),
    },
    {
      key: 'placed',
      header: t('retention.hold.placedBy'),
      cell: (hold) => (
        <div>
          {hold.placedByName ?? '–'}
          <div className="quiet under">{format.dateTime(hold.placedAt)}</div>
        </div>
      ),
    },
  ]
  if (mayAct)
    columns.push({
      key: 'actions',
      header: t('common.actions'),
      kind: 'actions',
      cell: (hold) => ['active', 'release_asked'].includes(hold.state) && <HoldActions hold={hold} />,
    })
  return columns
}

const Covers = ({ hold }: { hold: Hold }) => {
  const { t } = useTranslation()
  const purpose = usePurposeName()
  const { names } = useStaff()
  return (
    <div className={styles.words}>
      {holdInWords(hold, { t, names, purpose })}
      {hold.callId && (
        <div className="under">
          <Link to="/calls/$callId" params={{ callId: hold.callId }}>
            {t('retention.hold.openCall')}
          </Link>
        </div>
      )}
    </div>
  )
}

/** The state, and who asked for the release and why: the second person reads it here. */
const HoldState = ({ hold }: { hold: Hold }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const me = useMe()
  const at = hold.releasedAt ?? hold.releaseAskedAt
  return (
    <div className={styles.words}>
      <Tag tone={tones[hold.state]}>{t(`retention.hold.states.${hold.state}`)}</Tag>
      {hold.state === 'placing' && <div className="quiet under">{t('retention.hold.placingHelp')}</div>}
      {hold.state === 'release_asked' && at && (
        <div className="under">
          {t('retention.hold.askedBy', {
            who: hold.releaseAskedByName ?? '–',
            when: format.dateTime(at),
            why: hold.releaseReason,
          })}
        </div>
      )}
      {hold.state === 'release_asked' && hold.releaseAskedBy === me.id && (
        <div className="under">
          <strong>{t('retention.hold.own')}</strong>
        </div>
      )}
      {hold.state === 'released' && at && (
        <div className="quiet under">
          {hold.releasedByName ?? '–'}, {format.dateTime(at)}
        </div>
      )}
    </div>
  )
}
