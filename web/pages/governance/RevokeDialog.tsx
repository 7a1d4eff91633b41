import { Modal, Stack, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Agreement } from '../../../contract/models/agreements.ts'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import { useNames } from './names.ts'

/** Asks why before what a document opened is closed again. */
export const RevokeDialog = ({ agreement, onClose }: { agreement: Agreement; onClose: () => void }) => {
  const { t } = useTranslation()
  const names = useNames()
  const [reason, setReason] = useState('')
  const revoke = useAct('POST /agreements/:agreementId/revoke', {
    refresh: ['GET /agreements'],
    announceProblem: false,
    done: t('governance.agreements.revokedDone'),
    onDone: onClose,
  })
  const send = (): void => revoke.mutate({ params: { agreementId: agreement.id }, body: { reason: reason.trim() } })
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('governance.agreements.revokeTitle', { name: names.kind(agreement.kind) })}
    >
      <form onSubmit={submitting(send)}>
        <Stack>
          <ProblemNotice problem={revoke.error} />
          <Notice tone="warn">{t('governance.agreements.revokeBody')}</Notice>
          <Textarea
            label={t('governance.agreements.reason')}
            data-autofocus
            required
            minLength={5}
            maxLength={1000}
            autosize
            minRows={2}
            value={reason}
            onChange={(e) => setReason(e.currentTarget.value)}
          />
          <FormEnd onCancel={onClose} loading={revoke.isPending}>
            {t('governance.agreements.revoke')}
          </FormEnd>
        </Stack>
      </form>
    </Modal>
  )
}
