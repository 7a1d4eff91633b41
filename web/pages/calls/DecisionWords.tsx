import { useTranslation } from 'react-i18next'
import type { CallDetail } from '../../../contract/models/calls.ts'
import type { Decision } from '../../../contract/models/policy.ts'
import { useFormat } from '../../kit/format.ts'
import { usePurposeName } from '../../purposes.ts'
import { nameInWords } from '../policy/words.ts'

/** Why the call was recorded or not, in sentences: rule, mode, draw, basis, purposes, version. */
export const DecisionWords = ({ call }: { call: CallDetail }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const purposeName = usePurposeName()
  const countries = useCountriesAsking()
  const { decision } = call
  const sentences = [
    decision.ruleId === null
      ? t('calls.why.noRule')
      : t('calls.why.rule', {
          rule: call.ruleName === null ? t('calls.why.unnamed') : nameInWords(call.ruleName, t),
          version: decision.policyVersion,
        }),
    t(`calls.why.mode.${decision.mode}`),
    decision.draw !== null &&
      decision.percent !== null &&
      t(decision.record ? 'calls.why.drawn' : 'calls.why.notDrawn', {
        draw: format.number(decision.draw),
        percent: format.number(decision.percent),
      }),
    decision.legalBasis && t('calls.why.basis', { basis: t(`policy.basis.${decision.legalBasis}`) }),
    decision.purposes.length > 0 &&
      t('calls.why.purposes', { purposes: format.list(decision.purposes.map(purposeName)) }),
    decision.reason === 'no_purpose' && t('calls.why.noPurpose'),
    decision.record && t(`calls.why.consent.${decision.consent}`),
    decision.consentBy && t('calls.why.consentBy', { countries: countries(decision.consentBy) }),
    call.announcement !== null && t('calls.why.announcement', { version: call.announcement }),
  ]
  return <p style={{ margin: 0, maxWidth: '80ch' }}>{sentences.filter(Boolean).join(' ')}</p>
}

/** Whose countries ask for a yes, in words. */
export const useCountriesAsking = (): ((by: NonNullable<Decision['consentBy']>) => string) => {
  const { t } = useTranslation()
  const format = useFormat()
  return (by) =>
    format.list(
      by.map(({ who, country }) =>
        t(`calls.why.countryOf.${who}`, { country: country ?? t('calls.why.countryUnknown') }),
      ),
    )
}
