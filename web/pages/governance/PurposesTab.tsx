import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PurposeEntry, RegisterVersion } from '../../../contract/models/retention.ts'
import { useFormat } from '../../kit/format.ts'
import { IconPlus } from '../../kit/icons.tsx'
import { Section } from '../../kit/Page.tsx'
import { Notice, Ready } from '../../kit/states.tsx'
import { useApi, useMay } from '../../queries.ts'
import { newPurpose, useRegisterDraft } from './draft.ts'
import styles from './governance.module.css'
import { PublishRegister } from './PublishRegister.tsx'
import { PurposeCard } from './PurposeCard.tsx'
import { PurposeEditor } from './PurposeEditor.tsx'
import { RegisterVersions } from './RegisterVersions.tsx'

/** The register of purposes, its draft and its versions. */
export const PurposesTab = () => {
  const register = useApi('GET /purposes')
  return <Ready query={register}>{(version) => <Register key={version.version} version={version} />}</Ready>
}

const Register = ({ version }: { version: RegisterVersion }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const mayWrite = useMay('governance.write')
  const { draft, entries, keep, discard } = useRegisterDraft({ entries: version.entries, basedOn: version.version })
  const [editing, setEditing] = useState<PurposeEntry | null>(null)
  const [publishing, setPublishing] = useState(false)
  const changed = (entry: PurposeEntry): boolean =>
    !version.entries.some((old) => JSON.stringify(old) === JSON.stringify(entry))
  const inForce = { version: version.version, when: format.date(version.publishedAt) }
  return (
    <>
      <Section
        title={t('governance.purposes.title')}
        lead={t('governance.purposes.lead')}
        actions={
          mayWrite && (
            <Button leftSection={<IconPlus />} onClick={() => setEditing(newPurpose())}>
              {t('governance.purposes.add')}
            </Button>
          )
        }
      >
        <p className="quiet small">{t('governance.purposes.version', inForce)}</p>
        {draft && (
          <Notice
            tone="warn"
            action={
              <Group gap="xs">
                <Button variant="default" size="xs" onClick={discard}>
                  {t('governance.purposes.discard')}
                </Button>
                <Button size="xs" onClick={() => setPublishing(true)}>
                  {t('governance.purposes.review')}
                </Button>
              </Group>
            }
          >
            {t('governance.purposes.draft')}
          </Notice>
        )}
        <div className={styles.purposes}>
          {entries.map((entry) => (
            <PurposeCard
              key={entry.key}
              entry={entry}
              changed={changed(entry)}
              onEdit={mayWrite ? () => setEditing(entry) : null}
            />
          ))}
        </div>
      </Section>
      <RegisterVersions current={version.version} />
      {editing && (
        <PurposeEditor
          entry={editing}
          taken={entries.map(({ key }) => key)}
          onKeep={keep}
          onClose={() => setEditing(null)}
        />
      )}
      {publishing && draft && <PublishRegister draft={draft} onClose={() => setPublishing(false)} />}
    </>
  )
}
