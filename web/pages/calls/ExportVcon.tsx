import { Button, Checkbox, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallDetail } from '../../../contract/models/calls.ts'
import type { PurposeKey } from '../../../contract/models/common.ts'
import { submitting } from '../../kit/form.ts'
import { IconDownload } from '../../kit/icons.tsx'
import { saveJson } from '../../kit/save.ts'
import { ProblemNotice } from '../../kit/states.tsx'
import { usePurposeName } from '../../purposes.ts'
import { useAct } from '../../queries.ts'
import { CaseField } from './CaseField.tsx'

/** Saves the call as a vCon, for a purpose and with a reason that is recorded. */
export const ExportVcon = ({ call }: { call: CallDetail }) => {
  const { t } = useTranslation()
  const purposeName = usePurposeName()
  const [opened, setOpened] = useState(false)
  const [purpose, setPurpose] = useState<PurposeKey>(call.listenPurposes[0] ?? 'evidence')
  const [reason, setReason] = useState('')
  const [caseRef, setCaseRef] = useState('')
  const [sign, setSign] = useState(false)
  const save = useAct('POST /calls/:callId/vcon', {
    announceProblem: false,
    onDone: (vcon) => {
      saveJson(`${call.id}.vcon.json`, vcon, 'application/vcon')
      setOpened(false)
    },
  })
  return (
    <>
      <Button variant="default" leftSection={<IconDownload />} onClick={() => setOpened(true)}>
        {t('calls.exportVcon')}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={t('calls.exportVcon')}>
        <form
          onSubmit={submitting(() =>
            save.mutate({ params: { callId: call.id }, body: { purpose, reason, caseRef, sign } }),
          )}
        >
          <Stack>
            <ProblemNotice problem={save.error} />
            <Select
              label={t('calls.purposeAsk')}
              allowDeselect={false}
              data={call.listenPurposes.map((p) => ({ value: p, label: purposeName(p) }))}
              value={purpose}
              onChange={(v) => setPurpose(v ?? purpose)}
            />
            <TextInput
              label={t('calls.reasonAsk')}
              required
              minLength={5}
              maxLength={500}
              value={reason}
              onChange={(e) => setReason(e.currentTarget.value)}
            />
            <CaseField value={caseRef} onChange={setCaseRef} />
            <Checkbox label={t('calls.sign')} checked={sign} onChange={(e) => setSign(e.currentTarget.checked)} />
            <Group justify="flex-end">
              <Button type="submit" loading={save.isPending}>
                {t('common.download')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  )
}
