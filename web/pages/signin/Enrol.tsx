import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Entry } from '../../layout/Entry.tsx'
import { AddFactor } from './AddFactor.tsx'
import { RecoveryCodes } from './RecoveryCodes.tsx'
import { StartAgain } from './SignInPage.tsx'

/** Adding the first second factor, then the recovery codes, once. */
export const Enrol = ({ onDone, onRestart }: { onDone: () => void; onRestart: () => void }) => {
  const { t } = useTranslation()
  const [codes, setCodes] = useState<string[] | null>(null)
  if (codes)
    return (
      <Entry title={t('signin.codesTitle')} lead={t('signin.codesLead')}>
        <RecoveryCodes codes={codes} onKept={onDone} />
      </Entry>
    )
  const take = (given: string[]): void => (given.length > 0 ? setCodes(given) : onDone())
  return (
    <Entry title={t('signin.enrolTitle')} lead={t('signin.enrolLead')}>
      <AddFactor onAdded={take} />
      <StartAgain onClick={onRestart} />
    </Entry>
  )
}
