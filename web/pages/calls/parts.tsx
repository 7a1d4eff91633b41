import { useTranslation } from 'react-i18next'
import type { CallDetail, Gap, LegView, Mark } from '../../../contract/models/calls.ts'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import type { T } from '../../i18n.ts'
import { useFormat, type Formats } from '../../kit/format.ts'

/** kB below a megabyte, so that a short call does not read as nothing. */
export const sizeOf = (bytes: number, t: T, { number }: Formats): string =>
  bytes < 1_000_000
    ? t('calls.kilobytes', { n: number(Math.ceil(bytes / 1000)) })
    : t('calls.megabytes', { n: number(bytes / 1_000_000) })

type Part = { segment: number; fromMs: number | null; toMs: number | null }

/** Which part of the call a rendition is. */
export const segmentWords = (r: Part, t: T, { clock }: Formats): string =>
  r.segment === 0
    ? t('calls.wholeCall')
    : t('calls.contractWindow', {
        n: r.segment,
        from: clock(r.fromMs ?? 0),
        to: r.toMs === null ? t('calls.toTheEnd') : clock(r.toMs),
      })

/** The legs as the source sent them. */
export const LegTable = ({ call }: { call: CallDetail }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const columns: Column<LegView>[] = [
    { key: 'role', header: t('calls.who'), main: true, cell: (l) => t(`calls.role.${l.role}`) },
    { key: 'name', header: t('calls.party'), cell: (l) => [l.name, l.address].filter(Boolean).join(' · ') || '–' },
    { key: 'label', header: t('calls.label'), cell: (l) => <span className="mono">{l.label}</span> },
    { key: 'codec', header: t('calls.codec'), cell: (l) => l.codec },
    { key: 'length', header: t('calls.length'), kind: 'end', cell: (l) => format.clock(l.durationMs) },
    { key: 'packets', header: t('calls.packets'), kind: 'end', cell: (l) => format.number(l.packets) },
    {
      key: 'lost',
      header: t('calls.lost'),
      kind: 'end',
      cell: (l) => (l.gapsProvable ? format.number(l.lost) : t('calls.unknown')),
    },
  ]
  return <DataTable caption={t('calls.lanes')} columns={columns} rows={call.legs} rowKey={(l) => String(l.index)} />
}

/** Every gap with its reason and whether it can be proved. */
export const GapTable = ({ call }: { call: CallDetail }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const roleOf = (leg: number): string => t(`calls.role.${call.legs.find((l) => l.index === leg)?.role ?? 'unknown'}`)
  const columns: Column<Gap>[] = [
    { key: 'kind', header: t('calls.reason'), main: true, cell: (g) => t(`calls.gap.${g.kind}`) },
    { key: 'leg', header: t('calls.who'), cell: (g) => roleOf(g.leg) },
    {
      key: 'from',
      header: t('calls.fromTo'),
      cell: (g) => `${format.fineClock(g.fromMs)} – ${format.fineClock(g.toMs)}`,
    },
    {
      key: 'length',
      header: t('calls.length'),
      kind: 'end',
      cell: (g) => t('calls.seconds', { n: format.number((g.toMs - g.fromMs) / 1000) }),
    },
    { key: 'provable', header: t('calls.provable'), cell: (g) => (g.provable ? t('common.yes') : t('common.no')) },
  ]
  return (
    <DataTable
      caption={t('calls.gaps')}
      columns={columns}
      rows={call.gaps}
      rowKey={(g) => `${g.leg}${g.kind}${g.fromMs}`}
    />
  )
}

/** What was switched or noticed, in order. */
export const MarkList = ({ call }: { call: CallDetail }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const columns: Column<Mark>[] = [
    { key: 'at', header: t('calls.at'), main: true, cell: (m) => format.clock(m.atMs) },
    { key: 'what', header: t('calls.what'), cell: (m) => t(`calls.mark.${m.kind}`) },
    { key: 'by', header: t('calls.by'), cell: (m) => t(`calls.byWhom.${m.by}`) },
  ]
  return (
    <DataTable
      caption={t('calls.marks')}
      columns={columns}
      rows={call.marks}
      rowKey={(m) => `${m.kind}${m.atMs}${m.leg ?? ''}`}
    />
  )
}
