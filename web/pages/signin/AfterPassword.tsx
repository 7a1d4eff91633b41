import { useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SignInStep } from '../../../contract/models/people.ts'
import { Loading } from '../../kit/states.tsx'
import { Entry } from '../../layout/Entry.tsx'
import { setDraft } from '../policy/draft.ts'
import { queryClient } from '../../queries.ts'
import { Enrol } from './Enrol.tsx'
import { SecondFactor } from './SecondFactor.tsx'

type Props = { step: SignInStep; to: string | undefined; onRestart: () => void }

/** What follows a right password, wherever it was typed: the second factor, or adding the first one. */
export const AfterPassword = ({ step: first, to, onRestart }: Props) => {
  const { t } = useTranslation()
  const router = useRouter()
  const [step, setStep] = useState(first)
  const done = step.next === 'done'
  useEffect(() => {
    if (!done) return
    // Nothing read for another person of this browser may stay.
    queryClient.clear()
    setDraft(null)
    void router.navigate({ href: to ?? '/', replace: true })
  }, [done, router, to])
  if (done)
    return (
      <Entry title={t('signin.entering')}>
        <Loading lines={2} />
      </Entry>
    )
  if (step.next === 'enrol')
    return <Enrol onDone={() => setStep({ next: 'done', factors: [] })} onRestart={onRestart} />
  return <SecondFactor factors={step.factors} onStep={setStep} onRestart={onRestart} />
}
