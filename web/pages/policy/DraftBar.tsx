import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PolicyVersion } from '../../../contract/models/policy.ts'
import { ask } from '../../kit/confirm.tsx'
import { IconEdit, IconShield } from '../../kit/icons.tsx'
import { changesBetween } from './diff.ts'
import { setDraft, type Draft } from './draft.ts'
import type { Staff } from './names.ts'
import styles from './policy.module.css'
import { PublishDialog } from './PublishDialog.tsx'

type Props = { policy: PolicyVersion; draft: Draft | null; staff: Staff }

/** Which version is in force, or that a draft is not yet. */
export const DraftBar = ({ policy, draft, staff }: Props) => {
  const { t } = useTranslation()
  const { format, agent } = staff.names
  const [publishing, setPublishing] = useState(false)
  const when = format.dateTime(policy.publishedAt)
  const { version, publishedBy } = policy
  const inForce = publishedBy
    ? t('policy.inForce', { version, when, by: agent(publishedBy) })
    : t('policy.inForceFirst', { version, when })
  if (!draft)
    return (
      <p className={styles.inForce}>
        <IconShield />
        <span>
          {inForce}{' '}
          {publishedBy && policy.note !== '' && (
            <span className="quiet">{t('policy.words.quoted', { text: policy.note })}</span>
          )}
        </span>
      </p>
    )
  const changes = changesBetween(policy.rules, draft.rules)
  const discard = (): void =>
    ask(t, {
      title: t('policy.discardTitle'),
      body: t('policy.discardBody', { version: policy.version }),
      yes: t('policy.discard'),
      onYes: () => setDraft(null),
    })
  return (
    <section className={styles.draftBar} aria-label={t('policy.draftTitle')}>
      <IconEdit />
      <div>
        <strong>{t('policy.draftChanges', { count: changes.length })}</strong>
        <div className="small">{t('policy.draftHelp', { version: policy.version })}</div>
      </div>
      <Group gap="xs">
        <Button variant="default" onClick={discard}>
          {t('policy.discard')}
        </Button>
        <Button onClick={() => setPublishing(true)}>{t('policy.publish')}</Button>
      </Group>
      {publishing && (
        <PublishDialog {...{ policy, draft, changes }} names={staff.names} onClose={() => setPublishing(false)} />
      )}
    </section>
  )
}
