import { Button, Radio, Stack, Textarea } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { currentLocale } from '../../i18n.ts'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import styles from './caller.module.css'

const kinds = ['access', 'rectification', 'erasure', 'restriction', 'portability'] as const
type Kind = (typeof kinds)[number]

/** What else a caller may ask for, in one form: a choice, and words if they like. */
export const OtherRequest = ({
  token,
  onDone,
  onCancel,
}: {
  token: string
  onDone: () => void
  onCancel: () => void
}) => {
  const { t } = useTranslation()
  const format = useFormat()
  const [kind, setKind] = useState<Kind>('access')
  const [details, setDetails] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const send = useAct('POST /caller/request', { announceProblem: false })
  if (send.data)
    return (
      <Stack>
        <Notice tone="good" live>
          {t('requests.sent', { day: format.day(send.data.request.dueOn) })}
        </Notice>
        <Button variant="default" size="lg" className={styles.big} fullWidth onClick={onDone}>
          {t('common.close')}
        </Button>
      </Stack>
    )
  const run = (): void => send.mutate({ body: { token, kind, details, language: currentLocale() } })
  return (
    <form onSubmit={submitting(run)}>
      <Stack>
        <h3 ref={heading} tabIndex={-1} className={styles.ask}>
          {t('requests.title')}
        </h3>
        <p className={styles.help}>{t('requests.lead')}</p>
        <Radio.Group label={t('requests.kind')} value={kind} onChange={(v) => setKind(v as Kind)}>
          <Stack gap={12} mt={8}>
            {kinds.map((one) => (
              <Radio key={one} value={one} label={t(`caller.request.${one}`)} />
            ))}
          </Stack>
        </Radio.Group>
        <Textarea
          label={t(kind === 'rectification' ? 'requests.rectifyDetails' : 'requests.details')}
          required={kind === 'rectification'}
          maxLength={4000}
          autosize
          minRows={2}
          value={details}
          onChange={(e) => setDetails(e.currentTarget.value)}
        />
        <ProblemNotice problem={send.error} />
        <Button type="submit" size="lg" className={styles.big} fullWidth loading={send.isPending}>
          {t('requests.send')}
        </Button>
        <Button variant="default" size="lg" className={styles.big} fullWidth onClick={onCancel}>
          {t('common.cancel')}
        </Button>
      </Stack>
    </form>
  )
}
