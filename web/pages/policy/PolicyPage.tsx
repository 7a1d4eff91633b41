import { Tabs } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PolicyRule, PolicyVersion } from '../../../contract/models/policy.ts'
import { Page } from '../../kit/Page.tsx'
import { Ready } from '../../kit/states.tsx'
import { useApi, useMay } from '../../queries.ts'
import { AddRule } from './AddRule.tsx'
import { Banners } from './Banners.tsx'
import { sameRules } from './diff.ts'
import { setDraft, useDraft } from './draft.ts'
import { DraftBar } from './DraftBar.tsx'
import { useStaff } from './names.ts'
import styles from './policy.module.css'
import { RuleEditor } from './RuleEditor.tsx'
import { RuleList } from './RuleList.tsx'
import { SimulatePanel } from './SimulatePanel.tsx'
import { VersionsPanel } from './VersionsPanel.tsx'
import { useWarnings } from './warnings.ts'
import { WinsPanel } from './WinsPanel.tsx'

/** The recording policy: what is recorded, for which purposes, on which basis. */
export const PolicyPage = () => {
  const { t } = useTranslation()
  const policy = useApi('GET /policy')
  if (!policy.data)
    return (
      <Page title={t('policy.title')} lead={t('policy.lead')}>
        <Ready query={policy}>{() => null}</Ready>
      </Page>
    )
  return <LoadedPolicy policy={policy.data} />
}

const LoadedPolicy = ({ policy }: { policy: PolicyVersion }) => {
  const { t } = useTranslation()
  const mayWrite = useMay('policy.write')
  const staff = useStaff()
  const draft = useDraft()
  const rules = draft?.rules ?? policy.rules
  const warnings = useWarnings(policy, rules)
  const [editing, setEditing] = useState<PolicyRule | null>(null)
  const change = (next: PolicyRule[]): void =>
    setDraft(sameRules(next, policy.rules) ? null : { rules: next, basedOn: draft?.basedOn ?? policy.version })
  const keep = (rule: PolicyRule): void => {
    const known = rules.some(({ id }) => id === rule.id)
    change(known ? rules.map((old) => (old.id === rule.id ? rule : old)) : [...rules, rule])
    setEditing(null)
  }
  return (
    <Page title={t('policy.title')} lead={t('policy.lead')} actions={mayWrite && <AddRule onAdd={setEditing} />}>
      <Banners policy={policy} warnings={warnings} />
      <DraftBar policy={policy} draft={draft} staff={staff} />
      <div className={styles.columns}>
        <RuleList
          rules={rules}
          published={policy.rules}
          warnings={warnings}
          names={staff.names}
          edit={mayWrite ? { change, open: setEditing } : null}
        />
        <Tabs defaultValue="wins" keepMounted={false} className={styles.panels ?? ''}>
          <Tabs.List>
            <Tabs.Tab value="wins">{t('policy.wins.title')}</Tabs.Tab>
            <Tabs.Tab value="simulate">{t('policy.simulate.title')}</Tabs.Tab>
            <Tabs.Tab value="versions">{t('policy.versions.title')}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="wins">
            <WinsPanel rules={rules} isDraft={draft !== null} staff={staff} />
          </Tabs.Panel>
          <Tabs.Panel value="simulate">
            <SimulatePanel rules={rules} isDraft={draft !== null} staff={staff} />
          </Tabs.Panel>
          <Tabs.Panel value="versions">
            <VersionsPanel policy={policy} staff={staff} onRestore={mayWrite ? change : null} />
          </Tabs.Panel>
        </Tabs>
      </div>
      {editing && (
        <RuleEditor rule={editing} staff={staff} onKeep={keep} onClose={() => setEditing(null)} key={editing.id} />
      )}
    </Page>
  )
}
