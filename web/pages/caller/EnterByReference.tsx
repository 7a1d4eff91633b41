import { Button, Stack, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { submitting } from '../../kit/form.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import styles from './caller.module.css'

/** The way in without a link: the call's reference and the number called from, then the one-time code. */
export const EnterByReference = ({ onEnter }: { onEnter: (token: string) => void }) => {
  const [reference, setReference] = useState('')
  const [asked, setAsked] = useState(false)
  return asked ? (
    <CodeForm reference={reference} onEnter={onEnter} onBack={() => setAsked(false)} />
  ) : (
    <AskForm reference={reference} onReference={setReference} onAsked={() => setAsked(true)} />
  )
}

type AskProps = { reference: string; onReference: (reference: string) => void; onAsked: () => void }

const AskForm = ({ reference, onReference, onAsked }: AskProps) => {
  const { t } = useTranslation()
  const [address, setAddress] = useState('')
  const ask = useAct('POST /caller/ask', { announceProblem: false, onDone: onAsked })
  return (
    <form onSubmit={submitting(() => ask.mutate({ body: { reference, address } }))}>
      <Stack>
        <TextInput
          label={t('caller.reference')}
          description={t('caller.referenceHelp')}
          size="md"
          required
          maxLength={40}
          autoComplete="off"
          autoCapitalize="characters"
          value={reference}
          onChange={(e) => onReference(e.currentTarget.value)}
        />
        <TextInput
          label={t('caller.number')}
          description={t('caller.numberHelp')}
          size="md"
          type="tel"
          required
          minLength={3}
          maxLength={200}
          autoComplete="tel"
          value={address}
          onChange={(e) => setAddress(e.currentTarget.value)}
        />
        <ProblemNotice problem={ask.error} />
        <Button type="submit" size="lg" className={styles.big} fullWidth loading={ask.isPending}>
          {t('caller.askCode')}
        </Button>
      </Stack>
    </form>
  )
}

type CodeProps = { reference: string; onEnter: (token: string) => void; onBack: () => void }

const CodeForm = ({ reference, onEnter, onBack }: CodeProps) => {
  const { t } = useTranslation()
  const [code, setCode] = useState('')
  const field = useRef<HTMLInputElement>(null)
  // the form before is gone: the keyboard goes on here
  useEffect(() => field.current?.focus(), [])
  const enter = useAct('POST /caller/enter', { announceProblem: false, onDone: ({ token }) => onEnter(token) })
  return (
    <form onSubmit={submitting(() => enter.mutate({ body: { reference, code } }))}>
      <Stack>
        <Notice live title={t('caller.codeAsked')}>
          {t('caller.codeAskedHelp')}
        </Notice>
        <TextInput
          label={t('caller.code')}
          size="md"
          required
          ref={field}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={10}
          value={code}
          onChange={(e) => setCode(e.currentTarget.value)}
        />
        <ProblemNotice problem={enter.error} />
        <Button type="submit" size="lg" className={styles.big} fullWidth loading={enter.isPending}>
          {t('caller.enter')}
        </Button>
        <Button variant="default" size="lg" className={styles.big} fullWidth onClick={onBack}>
          {t('caller.again')}
        </Button>
      </Stack>
    </form>
  )
}
