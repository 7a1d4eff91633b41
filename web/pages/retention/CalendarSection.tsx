import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { today } from '../../kit/days.ts'
import { IconHourglass } from '../../kit/icons.tsx'
import { Section } from '../../kit/Page.tsx'
import { Empty, Ready } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'
import { columnsOf, endOf, seriesIn, type Span, spans } from './calendar.ts'
import { CalendarChart } from './CalendarChart.tsx'
import { CalendarTable } from './CalendarTable.tsx'

/** What ends when, by purpose: as a picture, and as a table that says the same. */
export const CalendarSection = () => {
  const { t } = useTranslation()
  const [span, setSpan] = useState<Span>('weeks')
  const [from] = useState(today)
  const range = { from, to: endOf(span, from) }
  const query = useApi('GET /retention/calendar', { query: range })
  const choice = (
    <SegmentedControl
      aria-label={t('retention.calendar.span')}
      data={(Object.keys(spans) as Span[]).map((value) => ({ value, label: t(`retention.calendar.spans.${value}`) }))}
      value={span}
      onChange={(value) => setSpan(value as Span)}
    />
  )
  return (
    <Section title={t('retention.calendar.title')} lead={t('retention.calendar.lead')} actions={choice}>
      <Ready query={query}>
        {({ items }) => {
          if (items.length === 0)
            return (
              <Empty icon={<IconHourglass size={26} />} title={t('retention.calendar.empty')}>
                {t('retention.calendar.emptyHelp')}
              </Empty>
            )
          const shown = {
            columns: columnsOf(items, { ...range, step: spans[span] }),
            series: seriesIn(items),
            step: spans[span],
          }
          return (
            <>
              <CalendarChart {...shown} />
              <CalendarTable {...shown} />
            </>
          )
        }}
      </Ready>
    </Section>
  )
}
