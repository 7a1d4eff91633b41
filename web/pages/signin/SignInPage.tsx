import { Anchor, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SignInStep } from '../../../contract/models/people.ts'
import { submitting, useFocusFirst } from '../../kit/form.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { Entry } from '../../layout/Entry.tsx'
import { useAct, useApi } from '../../queries.ts'
import { AfterPassword } from './AfterPassword.tsx'

/** Password, then the second factor; back to where the person wanted to go. */
export const SignInPage = () => {
  const { to } = useSearch({ from: '/sign-in' })
  const [step, setStep] = useState<SignInStep | null>(null)
  if (step) return <AfterPassword step={step} to={to} onRestart={() => setStep(null)} />
  return <PasswordStep wanted={to !== undefined} onStep={setStep} />
}

const PasswordStep = ({ wanted, onStep }: { wanted: boolean; onStep: (step: SignInStep) => void }) => {
  const { t } = useTranslation()
  const health = useApi('GET /health')
  const signIn = useAct('POST /sign-in', { onDone: onStep, announceProblem: false })
  const first = useFocusFirst<HTMLInputElement>()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  return (
    <Entry title={t('signin.title')} lead={wanted ? t('signin.leadWanted') : t('signin.lead')}>
      {health.data?.setupNeeded && (
        <Notice tone="accent" title={t('signin.setupNeeded')}>
          {t('signin.setupNeededHelp')}
        </Notice>
      )}
      <ProblemNotice problem={signIn.error} />
      <form onSubmit={submitting(() => signIn.mutate({ body: { email: email.trim(), password } }))}>
        <Stack>
          <TextInput
            ref={first}
            label={t('signin.email')}
            type="email"
            autoComplete="username"
            required
            value={email}
            onChange={(e) => setEmail(e.currentTarget.value)}
          />
          <PasswordInput
            label={t('signin.password')}
            autoComplete="current-password"
            required
            value={password}
            onChange={(e) => setPassword(e.currentTarget.value)}
          />
          <Button type="submit" loading={signIn.isPending} fullWidth>
            {t('common.continue')}
          </Button>
        </Stack>
      </form>
      <p className="quiet small">{t('signin.forgot')}</p>
    </Entry>
  )
}

/** A quiet way back to the first step. */
export const StartAgain = ({ onClick }: { onClick: () => void }) => {
  const { t } = useTranslation()
  return (
    <Anchor component="button" type="button" size="sm" onClick={onClick}>
      {t('signin.startAgain')}
    </Anchor>
  )
}
