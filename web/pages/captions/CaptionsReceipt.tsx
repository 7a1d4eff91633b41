import { useTranslation } from 'react-i18next'
import { useFormat } from '../../kit/format.ts'
import { Notice } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'

/** That captions of a call were in memory only, and are gone. */
export const CaptionsReceipt = ({ callId }: { callId: string }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const receipt = useApi('GET /calls/:callId/captions/receipt', { params: { callId } }).data?.receipt
  if (!receipt) return null
  const { captions, viewers, heardMs, recorded } = receipt
  return (
    <Notice title={t('captions.receipt')}>
      {t('captions.receiptShown', { count: captions, viewers, heard: format.clock(heardMs) })}{' '}
      {t(recorded ? 'captions.receiptRecorded' : 'captions.receiptNothing')}
    </Notice>
  )
}
