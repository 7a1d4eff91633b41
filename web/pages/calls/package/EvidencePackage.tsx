import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallDetail } from '../../../../contract/models/calls.ts'
import { type Ask, apiFile, type ApiProblem } from '../../../api.ts'
import { CopyField } from '../../../kit/copy.tsx'
import { submitting } from '../../../kit/form.ts'
import { useFormat } from '../../../kit/format.ts'
import { IconShield } from '../../../kit/icons.tsx'
import { saveFile } from '../../../kit/save.ts'
import { Notice, ProblemNotice } from '../../../kit/states.tsx'
import { keyOf, queryClient, useApi } from '../../../queries.ts'
import { CaseField } from '../CaseField.tsx'
import { Extent, type Passage, Silenced, spanOf, wholeCall } from './Passages.tsx'

const route = 'POST /calls/:callId/package'

/** Saves the proof of a call, whole, in part or with passages silenced, for a reason that is recorded. */
export const EvidencePackage = ({ call }: { call: CallDetail }) => {
  const { t } = useTranslation()
  const [opened, setOpened] = useState(false)
  return (
    <>
      <Button variant="default" leftSection={<IconShield />} onClick={() => setOpened(true)}>
        {t('calls.package.button')}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={t('calls.package.title')} size="lg">
        <PackageForm call={call} onClose={() => setOpened(false)} />
      </Modal>
    </>
  )
}

const PackageForm = ({ call, onClose }: { call: CallDetail; onClose: () => void }) => {
  const { t } = useTranslation()
  const parts = call.renditions.filter((r) => r.purpose === 'evidence' && r.state === 'sealed')
  const [segment, setSegment] = useState(parts[0]?.segment ?? 0)
  const [reason, setReason] = useState('')
  const [caseRef, setCaseRef] = useState('')
  const [extent, setExtent] = useState<Passage>(wholeCall)
  const [silenced, setSilenced] = useState<Passage[]>([])
  const make = useMutation<Blob, ApiProblem, Ask<typeof route>>({
    mutationFn: (ask) => apiFile(route, ask),
    onSuccess: (file) => {
      saveFile(`${call.id}.asice`, file)
      void queryClient.invalidateQueries({ queryKey: keyOf('GET /calls/:callId/accesses') })
    },
  })
  const span = extent.whole ? undefined : spanOf(extent)
  const masks = silenced.map((passage) => ({ passage, span: spanOf(passage) }))
  const valid = span !== null && masks.every((mask) => mask.span !== null)
  const save = (): void => {
    if (!valid) return
    const body = {
      segment,
      reason,
      caseRef,
      masks: masks.map(({ passage, span: at }) => ({ ...at!, ...(passage.lane !== null && { lane: passage.lane }) })),
      ...(span && { span }),
    }
    make.mutate({ params: { callId: call.id }, body })
  }
  if (make.isSuccess) return <Saved onClose={onClose} />
  return (
    <form onSubmit={submitting(save)}>
      <Stack>
        <Text size="sm">{t('calls.package.lead')}</Text>
        <ProblemNotice problem={make.error} />
        {parts.length > 1 && <Contract parts={parts} value={segment} onChange={setSegment} />}
        <TextInput
          label={t('calls.reasonAsk')}
          required
          minLength={5}
          maxLength={500}
          value={reason}
          onChange={(e) => setReason(e.currentTarget.value)}
        />
        <CaseField value={caseRef} onChange={setCaseRef} />
        <Extent value={extent} onChange={setExtent} />
        <Silenced legs={call.legs} value={silenced} onChange={setSilenced} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={make.isPending} disabled={!valid}>
            {t('common.download')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

type ContractProps = { parts: CallDetail['renditions']; value: number; onChange: (segment: number) => void }

const Contract = ({ parts, value, onChange }: ContractProps) => {
  const { t } = useTranslation()
  const { clock } = useFormat()
  const data = parts.map(({ segment, fromMs, toMs }) => ({
    value: String(segment),
    label: t('calls.package.contract', {
      n: segment,
      from: clock(fromMs ?? 0),
      to: toMs === null ? t('calls.package.end') : clock(toMs),
    }),
  }))
  return (
    <Select
      label={t('calls.package.contractAsk')}
      allowDeselect={false}
      data={data}
      value={String(value)}
      onChange={(v) => onChange(Number(v))}
    />
  )
}

/** How whoever gets the package checks it: with the log's key, which must reach them another way. */
const Saved = ({ onClose }: { onClose: () => void }) => {
  const { t } = useTranslation()
  const logs = useApi('GET /log')
  const current = logs.data?.items.at(-1)
  return (
    <Stack>
      <Notice tone="good">{t('calls.package.saved')}</Notice>
      <Text size="sm">{t('calls.package.howToCheck')}</Text>
      <CopyField label={t('calls.package.command')} value="verbale verify FILE.asice --log-key KEY" />
      {current && <CopyField label={t('calls.package.logKey')} value={current.vkey} />}
      <Group justify="flex-end">
        <Button onClick={onClose}>{t('common.close')}</Button>
      </Group>
    </Stack>
  )
}
