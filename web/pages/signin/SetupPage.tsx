import { Button, Stack, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SignInStep } from '../../../contract/models/people.ts'
import { currentLocale } from '../../i18n.ts'
import { submitting, useFocusFirst } from '../../kit/form.ts'
import { fieldProblem } from '../../kit/problem.ts'
import { Notice, ProblemNotice, Ready } from '../../kit/states.tsx'
import { Entry } from '../../layout/Entry.tsx'
import { useAct, useApi } from '../../queries.ts'
import { AfterPassword } from './AfterPassword.tsx'
import { NewPassword } from './NewPassword.tsx'
import { useLinkToken } from './link.ts'

/** The first administrator, from the one-time link the server prints when it starts. */
export const SetupPage = () => {
  const { t } = useTranslation()
  const token = useLinkToken()
  const health = useApi('GET /health')
  const [step, setStep] = useState<SignInStep | null>(null)
  if (step) return <AfterPassword step={step} to="/" onRestart={() => globalThis.location.assign('/sign-in')} />
  return (
    <Entry title={t('signin.setupTitle')} lead={t('signin.setupLead')}>
      <Ready query={health}>
        {({ setupNeeded }) => {
          if (!setupNeeded) return <SetUpAlready />
          return token ? <SetupForm token={token} onStep={setStep} /> : <LinkMissing />
        }}
      </Ready>
    </Entry>
  )
}

const SetUpAlready = () => {
  const { t } = useTranslation()
  return (
    <Notice tone="accent" title={t('signin.setupDone')}>
      <Link to="/sign-in">{t('signin.toSignIn')}</Link>
    </Notice>
  )
}

const LinkMissing = () => {
  const { t } = useTranslation()
  return (
    <Notice tone="warn" title={t('signin.linkMissing')}>
      {t('signin.linkMissingHelp')}
    </Notice>
  )
}

const SetupForm = ({ token, onStep }: { token: string; onStep: (step: SignInStep) => void }) => {
  const { t } = useTranslation()
  const first = useFocusFirst<HTMLInputElement>()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const create = useAct('POST /setup', { onDone: onStep, announceProblem: false })
  const send = (): void =>
    create.mutate({ body: { token, name: name.trim(), email: email.trim(), password, locale: currentLocale() } })
  return (
    <form onSubmit={submitting(send)}>
      <Stack>
        <ProblemNotice problem={create.error} />
        <TextInput
          ref={first}
          label={t('signin.yourName')}
          autoComplete="name"
          required
          maxLength={120}
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <TextInput
          label={t('signin.email')}
          type="email"
          autoComplete="username"
          required
          maxLength={200}
          value={email}
          onChange={(e) => setEmail(e.currentTarget.value)}
          error={fieldProblem(create.error, 'email', t)}
        />
        <NewPassword value={password} onChange={setPassword} inputs={[name, email]} />
        <Button type="submit" loading={create.isPending} fullWidth>
          {t('signin.setupCreate')}
        </Button>
      </Stack>
    </form>
  )
}
