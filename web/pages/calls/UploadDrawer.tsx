import { Button, Drawer, FileInput, Group, Progress, Select, Stack, TextInput } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DetailedError, Upload } from 'tus-js-client'
import type { UploadFacts, UploadState } from '../../../contract/models/calls.ts'
import { api, ApiProblem, base, guardHeader } from '../../api.ts'
import { submitting } from '../../kit/form.ts'
import { IconUpload } from '../../kit/icons.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useLiveEvents } from '../../live.ts'
import { keyOf, queryClient } from '../../queries.ts'

type Step =
  | { kind: 'choosing' }
  | { kind: 'sending'; share: number }
  | { kind: 'decoding'; state: UploadState }
  | { kind: 'done'; callId: string }
  | { kind: 'failed'; problem: unknown }

/** What the server answered to a refused upload request, as the page shows any other problem. */
const problemOf = (error: unknown): unknown => {
  const text = error instanceof DetailedError ? error.originalResponse?.getBody() : undefined
  try {
    return text ? new ApiProblem(JSON.parse(text) as ConstructorParameters<typeof ApiProblem>[0]) : error
  } catch {
    return error
  }
}

const stepOf = (state: UploadState): Step => {
  if (state.state === 'done') return { kind: 'done', callId: state.callId ?? '' }
  if (state.state === 'refused')
    return {
      kind: 'failed',
      problem: new ApiProblem({
        code: state.problem?.code ?? 'unexpected',
        status: 422,
        detail: state.problem?.detail ?? '',
        ...(state.problem?.params && { params: state.problem.params }),
      }),
    }
  return { kind: 'decoding', state }
}

/** An event may be lost while the page reconnects. */
const askAgainMs = 2000

/** Sends a file in resumable pieces and follows its decoding. */
const useUpload = () => {
  const [sending, setSending] = useState<Step>({ kind: 'choosing' })
  const [uploadId, setUploadId] = useState<string | null>(null)
  const running = useRef<Upload | null>(null)
  const received = useQuery(receivedQuery(uploadId))
  useLiveEvents((event) => {
    if (event.type !== 'upload.changed' || event.upload.id !== uploadId) return
    const { queryKey } = receivedQuery(uploadId)
    // An answer still on its way is older than the event.
    void queryClient.cancelQueries({ queryKey }).then(() => queryClient.setQueryData(queryKey, event.upload))
    if (event.upload.state === 'done') void queryClient.invalidateQueries({ queryKey: ['GET /calls'] })
  })
  const send = (file: File, facts: UploadFacts): void => {
    setSending({ kind: 'sending', share: 0 })
    const upload = new Upload(file, {
      endpoint: `${base}/uploads`,
      headers: { ...guardHeader },
      chunkSize: 8 * 1024 * 1024,
      retryDelays: [500, 2000, 5000, 10_000],
      removeFingerprintOnSuccess: true,
      metadata: { filename: file.name, facts: JSON.stringify(facts) },
      onProgress: (sent, total) => setSending({ kind: 'sending', share: sent / total }),
      onError: (error) => setSending({ kind: 'failed', problem: problemOf(error) }),
      onSuccess: () => setUploadId(upload.url?.split('/').at(-1) ?? null),
    })
    running.current = upload
    void upload.findPreviousUploads().then(([previous]) => {
      if (previous) upload.resumeFromPreviousUpload(previous)
      upload.start()
    })
  }
  const again = (): void => {
    setUploadId(null)
    setSending({ kind: 'choosing' })
  }
  return { step: stepAfter(sending, received), send, again, stop: () => void running.current?.abort() }
}

/** What became of an upload that arrived whole. */
const receivedQuery = (uploadId: string | null) =>
  queryOptions({
    queryKey: keyOf('GET /uploads/:uploadId', { params: { uploadId: uploadId ?? '' } }),
    queryFn: () => api('GET /uploads/:uploadId', { params: { uploadId: uploadId ?? '' } }),
    enabled: uploadId !== null,
    refetchInterval: ({ state: { data } }) => (data && isOver(data) ? false : askAgainMs),
  })

const isOver = ({ state }: UploadState): boolean => state === 'done' || state === 'refused'

const stepAfter = (sending: Step, { data, error }: { data: UploadState | undefined; error: Error | null }): Step => {
  if (data) return stepOf(data)
  return error ? { kind: 'failed', problem: error } : sending
}

/** Adds a recorded call: a file and what is known of it. */
export const UploadDrawer = ({ onClose }: { onClose: () => void }) => {
  const { t } = useTranslation()
  const { step, send, again, stop } = useUpload()
  const close = (): void => {
    stop()
    onClose()
  }
  return (
    <Drawer opened onClose={close} title={t('calls.add')}>
      {step.kind === 'choosing' && <FileForm onSend={send} />}
      {step.kind === 'sending' && <Doing label={t('calls.sending')} share={step.share} />}
      {step.kind === 'decoding' && <Doing label={t('calls.decoding')} share={step.state.progress} />}
      {step.kind === 'done' && (
        <Notice tone="good" title={t('calls.added')}>
          <Link to="/calls/$callId" params={{ callId: step.callId }} onClick={onClose}>
            {t('calls.openCall')}
          </Link>
        </Notice>
      )}
      {step.kind === 'failed' && (
        <Stack>
          <ProblemNotice problem={step.problem} />
          <Group>
            <Button variant="default" onClick={again}>
              {t('calls.otherFile')}
            </Button>
          </Group>
        </Stack>
      )}
    </Drawer>
  )
}

const Doing = ({ label, share }: { label: string; share: number }) => (
  <Stack gap={6} component="output">
    <span>{label}</span>
    <Progress value={share * 100} aria-label={label} animated={share === 0} />
  </Stack>
)

const FileForm = ({ onSend }: { onSend: (file: File, facts: UploadFacts) => void }) => {
  const { t } = useTranslation()
  const [file, setFile] = useState<File | null>(null)
  const [facts, setFacts] = useState<UploadFacts>({})
  const set = (part: Partial<UploadFacts>): void => setFacts((all) => ({ ...all, ...part }))
  const customer = (part: Partial<NonNullable<UploadFacts['customer']>>): void =>
    set({ customer: { ...facts.customer, ...part } })
  return (
    <form onSubmit={submitting(() => file && onSend(file, facts))}>
      <Stack>
        <FileInput
          label={t('calls.file')}
          description={t('calls.fileHelp')}
          placeholder={t('calls.chooseFile')}
          leftSection={<IconUpload />}
          required
          value={file}
          onChange={setFile}
        />
        <TextInput
          type="datetime-local"
          label={t('calls.startedAt')}
          onChange={(e) =>
            set({ startedAt: e.currentTarget.value ? new Date(e.currentTarget.value).toISOString() : undefined })
          }
        />
        <Select
          label={t('calls.directionLabel')}
          clearable
          data={(['inbound', 'outbound', 'internal'] as const).map((d) => ({
            value: d,
            label: t(`calls.direction.${d}`),
          }))}
          onChange={(v) => set({ direction: (v ?? undefined) as UploadFacts['direction'] })}
        />
        <TextInput
          label={t('calls.queue')}
          maxLength={120}
          onChange={(e) => set({ queue: e.currentTarget.value || undefined })}
        />
        <TextInput
          label={t('calls.agent')}
          description={t('calls.agentHelp')}
          maxLength={200}
          onChange={(e) => set({ agent: e.currentTarget.value || undefined })}
        />
        <Group grow>
          <TextInput
            label={t('calls.customerName')}
            maxLength={200}
            onChange={(e) => customer({ name: e.currentTarget.value || undefined })}
          />
          <TextInput
            label={t('calls.customerNumber')}
            maxLength={200}
            onChange={(e) => customer({ address: e.currentTarget.value || undefined })}
          />
        </Group>
        <Select
          label={t('calls.agentLane')}
          clearable
          data={[
            { value: '0', label: t('calls.left') },
            { value: '1', label: t('calls.right') },
          ]}
          onChange={(v) => set({ agentLane: v === null ? undefined : (Number(v) as 0 | 1) })}
        />
        <Select
          label={t('calls.consent')}
          clearable
          data={(['yes', 'no', 'not_asked'] as const).map((c) => ({ value: c, label: t(`calls.consentValue.${c}`) }))}
          onChange={(v) => set({ consent: (v ?? undefined) as UploadFacts['consent'] })}
        />
        <Group justify="flex-end">
          <Button type="submit" disabled={!file}>
            {t('calls.send')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
