import { useTranslation } from 'react-i18next'
import type { PolicyVersion, PolicyWarning } from '../../../contract/models/policy.ts'
import { useFormat } from '../../kit/format.ts'
import { Notice } from '../../kit/states.tsx'
import { useLiveCalls } from '../../live.ts'
import styles from './policy.module.css'
import { warningText } from './warnings.ts'

/** What must be seen first: nothing is recorded, live calls go unrecorded, warnings about the policy as a whole. */
export const Banners = ({ policy, warnings }: { policy: PolicyVersion; warnings: PolicyWarning[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const left = useLiveCalls().filter(({ mode, status }) => mode === 'never' && status === 'not_recorded').length
  const someNever = policy.rules.some(({ action }) => action.kind === 'never')
  const general = warnings.filter(({ ruleId }) => ruleId === null)
  return (
    <>
      {policy.rules.length === 0 && (
        <Notice tone="warn" title={t('policy.nothingRecorded')}>
          {t('policy.nothingRecordedHelp')}
        </Notice>
      )}
      {policy.rules.length > 0 && left > 0 && (
        <Notice tone="warn" live title={t('policy.liveUncovered', { count: left })}>
          {someNever ? t('policy.liveUncoveredMaybe') : t('policy.liveUncoveredHelp')}
        </Notice>
      )}
      {general.length > 0 && (
        <Notice tone="warn" title={t('policy.toSettle')}>
          <ul className={styles.settle}>
            {general.map((warning) => (
              <li key={`${warning.code} ${JSON.stringify(warning.params)}`}>{warningText(warning, t, format)}</li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  )
}
