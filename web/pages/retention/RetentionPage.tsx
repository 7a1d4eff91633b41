import { useTranslation } from 'react-i18next'
import { Page } from '../../kit/Page.tsx'
import { CalendarSection } from './CalendarSection.tsx'
import { HoldsSection } from './HoldsSection.tsx'
import { StatusSection } from './StatusSection.tsx'

/** How long things are kept: what is due, what ends when, and what nobody may destroy. */
export const RetentionPage = () => {
  const { t } = useTranslation()
  return (
    <Page title={t('retention.title')} lead={t('retention.lead')}>
      <StatusSection />
      <CalendarSection />
      <HoldsSection />
    </Page>
  )
}
