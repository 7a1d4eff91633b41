import { Tabs } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Page } from '../../kit/Page.tsx'
import { AgreementsTab } from './AgreementsTab.tsx'
import { AnnouncementTab } from './AnnouncementTab.tsx'
import { CountriesTab } from './CountriesTab.tsx'
import styles from './governance.module.css'
import { OrganisationTab } from './OrganisationTab.tsx'
import { ProcessingTab } from './ProcessingTab.tsx'
import { PurposesTab } from './PurposesTab.tsx'
import { SecurityTab } from './SecurityTab.tsx'

const tabs = [
  { key: 'agreements', Content: AgreementsTab },
  { key: 'organisation', Content: OrganisationTab },
  { key: 'purposes', Content: PurposesTab },
  { key: 'announcement', Content: AnnouncementTab },
  { key: 'countries', Content: CountriesTab },
  { key: 'processing', Content: ProcessingTab },
  { key: 'security', Content: SecurityTab },
] as const

/** The rules behind the recordings: who answers for them, what workers agreed to, why and how long anything is kept. */
export const GovernancePage = () => {
  const { t } = useTranslation()
  return (
    <Page title={t('governance.title')} lead={t('governance.lead')}>
      <Tabs defaultValue="agreements" keepMounted={false}>
        <Tabs.List>
          {tabs.map(({ key }) => (
            <Tabs.Tab key={key} value={key}>
              {t(`governance.tabs.${key}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ key, Content }) => (
          <Tabs.Panel key={key} value={key} className={styles.panel ?? ''}>
            <Content />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  )
}
