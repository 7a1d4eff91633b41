import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CredentialView, SourceView } from '../../../contract/models/sources.ts'
import { CopyField } from '../../kit/copy.tsx'
import { useFormat } from '../../kit/format.ts'
import { IconCheck, IconPlus, IconWarning } from '../../kit/icons.tsx'
import { Section } from '../../kit/Page.tsx'
import { Notice, Tag } from '../../kit/states.tsx'
import { fullAddress } from './address.ts'
import { Credentials } from './Credentials.tsx'
import styles from './sources.module.css'
import { stepsOf } from './steps.ts'

type Props = { source: SourceView; credentials: CredentialView[]; onAdd: () => void }

/** One source: whether it listens, where, how to connect the platform, and its credentials. */
export const SourceCard = ({ source, credentials, onAdd }: Props) => {
  const { t } = useTranslation()
  const steps = stepsOf(source.protocol, t)
  const missing = source.enabled && source.needsCredential && credentials.length === 0
  return (
    <Section
      title={t(`sources.protocols.${source.protocol}`)}
      lead={t(`sources.about.${source.protocol}`)}
      actions={<SourceState source={source} />}
    >
      {source.problem && (
        <Notice tone="bad" title={t('sources.notListening')}>
          <span lang="en">{source.problem}</span>
        </Notice>
      )}
      {!source.enabled && <Notice>{t('sources.offHelp')}</Notice>}
      {source.addresses.map((address) => (
        <CopyField key={address} label={t('sources.address')} value={fullAddress(address)} />
      ))}
      {steps.length > 0 && source.enabled && (
        <details className={styles.steps} open={missing}>
          <summary>{t('sources.howTo')}</summary>
          <ol>
            {steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </details>
      )}
      {source.needsCredential && (
        <div className={styles.credentials}>
          <h3>{t('sources.credentials')}</h3>
          {missing && <Notice tone="warn">{t('sources.credentialMissing')}</Notice>}
          {credentials.length > 0 && <Credentials credentials={credentials} />}
          <div>
            <Button variant="default" leftSection={<IconPlus />} onClick={onAdd}>
              {t('sources.addCredential')}
            </Button>
          </div>
        </div>
      )}
    </Section>
  )
}

const SourceState = ({ source }: { source: SourceView }) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (!source.enabled) return <Tag>{t('sources.off')}</Tag>
  if (source.problem)
    return (
      <Tag tone="bad" icon={<IconWarning />}>
        {t('sources.failed')}
      </Tag>
    )
  return (
    <div className={styles.state}>
      {source.liveCalls > 0 && (
        <Tag tone="accent">
          {t('sources.liveCalls', { count: source.liveCalls, number: format.number(source.liveCalls) })}
        </Tag>
      )}
      <Tag tone="good" icon={<IconCheck />}>
        {t('sources.listening')}
      </Tag>
    </div>
  )
}
