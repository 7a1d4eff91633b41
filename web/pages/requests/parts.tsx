import { Radio, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import styles from './requests.module.css'

/** What is read again after a step. */
export const refreshed = [
  'GET /rights/requests',
  'GET /rights/requests/:requestId/calls',
  'GET /calls/:callId/rights',
  'GET /calls/:callId/terms',
] as const

export const Step = ({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) => (
  <section className={styles.step} aria-label={title}>
    <h3>{title}</h3>
    {lead && <p className="quiet small">{lead}</p>}
    {children}
  </section>
)

const methods = ['document', 'call_back', 'knowledge'] as const
export type Method = (typeof methods)[number]

/** How it was made sure who asks. */
export const Methods = ({ value, onChange }: { value: Method | ''; onChange: (method: Method) => void }) => {
  const { t } = useTranslation()
  return (
    <Radio.Group aria-label={t('requests.identity.title')} value={value} onChange={(v) => onChange(v as Method)}>
      <Stack gap={8}>
        {methods.map((one) => (
          <Radio key={one} value={one} label={t(`requests.identity.methods.${one}`)} />
        ))}
      </Stack>
    </Radio.Group>
  )
}
