import { useTranslation } from 'react-i18next'
import type { CallDetail } from '../../../contract/models/calls.ts'
import { useFormat } from '../../kit/format.ts'
import { nameInWords } from '../policy/words.ts'

/** Why the call was recorded or not, in sentences: rule, mode, draw, basis, purposes, version. */
export const DecisionWords = ({ call }: { call: CallDetail }) => {
  const { t } = useTranslation()
  const format = useFormat()
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
      t('calls.why.purposes', { purposes: format.list(decision.purposes.map((p) => t(`calls.purpose.${p}`))) }),
    decision.reason === 'no_purpose' && t('calls.why.noPurpose'),
    decision.record && t(`calls.why.consent.${decision.consent}`),
    decision.consentBy &&
      t('calls.why.consentBy', {
        countries: format.list(
          decision.consentBy.map(({ who, country }) =>
            t(`calls.why.countryOf.${who}`, { country: country ?? t('calls.why.countryUnknown') }),
          ),
        ),
      }),
    call.announcement !== null && t('calls.why.announcement', { version: call.announcement }),
  ]
  return <p style={{ margin: 0, maxWidth: '80ch' }}>{sentences.filter(Boolean).join(' ')}</p>
}
