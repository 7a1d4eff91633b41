import { Button, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SignInStep } from '../../../contract/models/people.ts'
import { api } from '../../api.ts'
import { currentLocale } from '../../i18n.ts'
import { submitting } from '../../kit/form.ts'
import { Notice, ProblemNotice, Ready } from '../../kit/states.tsx'
import { Entry } from '../../layout/Entry.tsx'
import { useAct } from '../../queries.ts'
import { AfterPassword } from './AfterPassword.tsx'
import { useLinkToken } from './link.ts'
import { NewPassword } from './NewPassword.tsx'

/** A new person sets a password from the link an administrator gave them. */
export const InvitationPage = () => {
  const { t } = useTranslation()
  const token = useLinkToken()
  const [step, setStep] = useState<SignInStep | null>(null)
  const look = useQuery({
    queryKey: ['POST /invitation/look', token],
    queryFn: () => api('POST /invitation/look', { body: { token: token ?? '' } }),
    enabled: token !== null,
    retry: false,
  })
  if (step) return <AfterPassword step={step} to="/" onRestart={() => globalThis.location.assign('/sign-in')} />
  if (!token)
    return (
      <Entry title={t('signin.invitationTitle')}>
        <Notice tone="warn" title={t('signin.linkMissing')}>
          {t('signin.invitationMissingHelp')}
        </Notice>
      </Entry>
    )
  return (
    <Entry title={t('signin.invitationTitle')} lead={!look.error && t('signin.invitationLead')}>
      <Ready query={look}>{(person) => <InvitationForm token={token} person={person} onStep={setStep} />}</Ready>
    </Entry>
  )
}

type FormProps = { token: string; person: { name: string; email: string }; onStep: (step: SignInStep) => void }

const InvitationForm = ({ token, person, onStep }: FormProps) => {
  const { t } = useTranslation()
  const [password, setPassword] = useState('')
  const accept = useAct('POST /invitation/accept', { onDone: onStep, announceProblem: false })
  return (
    <form onSubmit={submitting(() => accept.mutate({ body: { token, password, locale: currentLocale() } }))}>
      <Stack>
        <div>
          <strong>{person.name}</strong>
          <div className="quiet">{person.email}</div>
        </div>
        <input type="hidden" autoComplete="username" value={person.email} readOnly />
        <ProblemNotice problem={accept.error} />
        <NewPassword value={password} onChange={setPassword} inputs={[person.name, person.email]} />
        <Button type="submit" loading={accept.isPending} fullWidth>
          {t('signin.setPassword')}
        </Button>
      </Stack>
    </form>
  )
}
