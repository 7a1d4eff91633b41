import { useTranslation } from 'react-i18next'
import { Page } from '../../kit/Page.tsx'
import { AccessTable } from './AccessTable.tsx'

/** Every request to listen, allowed or refused. */
export const AccessesPage = () => {
  const { t } = useTranslation()
  return (
    <Page title={t('accesses.title')} lead={t('accesses.lead')}>
      <AccessTable />
    </Page>
  )
}
