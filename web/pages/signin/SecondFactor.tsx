import { Anchor, Button, Group, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SignInStep } from '../../../contract/models/people.ts'
import { submitting } from '../../kit/form.ts'
import { IconKey } from '../../kit/icons.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { Entry } from '../../layout/Entry.tsx'
import { useAct } from '../../queries.ts'
import { CodeForm } from './CodeForm.tsx'
import { passkeysWork, provePasskey } from './passkey.ts'
import { StartAgain } from './SignInPage.tsx'

type Way = SignInStep['factors'][number] | 'recovery'
type Props = { factors: SignInStep['factors']; onStep: (step: SignInStep) => void; onRestart: () => void }

/** The second factor: a passkey where there is one, else the app's code, else a recovery code. */
export const SecondFactor = ({ factors, onStep, onRestart }: Props) => {
  const { t } = useTranslation()
  const usable = factors.filter((factor) => factor !== 'passkey' || passkeysWork())
  const [way, setWay] = useState<Way>(usable.includes('passkey') ? 'passkey' : (usable[0] ?? 'recovery'))
  const others = ([...usable, 'recovery'] as const).filter((other) => other !== way)
  return (
    <Entry title={t('signin.secondTitle')} lead={t(`signin.secondLead.${way}`)}>
      {way === 'totp' && <Totp onStep={onStep} />}
      {way === 'passkey' && <Passkey onStep={onStep} />}
      {way === 'recovery' && <Recovery onStep={onStep} />}
      <Group justify="space-between" gap="xs">
        {others.map((other) => (
          <Anchor key={other} component="button" type="button" size="sm" onClick={() => setWay(other)}>
            {t(`signin.useInstead.${other}`)}
          </Anchor>
        ))}
        <StartAgain onClick={onRestart} />
      </Group>
    </Entry>
  )
}

type WayProps = Pick<Props, 'onStep'>

const Totp = ({ onStep }: WayProps) => {
  const { t } = useTranslation()
  const act = useAct('POST /sign-in/totp', { onDone: onStep, announceProblem: false })
  return (
    <>
      <ProblemNotice problem={act.error} />
      <CodeForm button={t('signin.enter')} busy={act.isPending} onCode={(code) => act.mutate({ body: { code } })} />
    </>
  )
}

const Passkey = ({ onStep }: WayProps) => {
  const { t } = useTranslation()
  const prove = useMutation({ mutationFn: provePasskey, onSuccess: onStep })
  return (
    <>
      <ProblemNotice problem={prove.error} />
      <Button leftSection={<IconKey />} loading={prove.isPending} onClick={() => prove.mutate()} fullWidth>
        {t('signin.passkeyUse')}
      </Button>
    </>
  )
}

const Recovery = ({ onStep }: WayProps) => {
  const { t } = useTranslation()
  const act = useAct('POST /sign-in/recovery', { onDone: onStep, announceProblem: false })
  const [code, setCode] = useState('')
  return (
    <form onSubmit={submitting(() => act.mutate({ body: { code: code.trim() } }))}>
      <Stack>
        <ProblemNotice problem={act.error} />
        <TextInput
          label={t('signin.recoveryCode')}
          description={t('signin.recoveryCodeHelp')}
          autoComplete="off"
          spellCheck={false}
          required
          minLength={8}
          value={code}
          onChange={(e) => setCode(e.currentTarget.value)}
        />
        <Button type="submit" loading={act.isPending} fullWidth>
          {t('signin.enter')}
        </Button>
      </Stack>
    </form>
  )
}
