import { Checkbox, Drawer, FileInput, Group, MultiSelect, Select, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AgreementDraft } from '../../../contract/models/agreements.ts'
import type { AgreementKind, Feature } from '../../../contract/models/retention.ts'
import { CountrySelect } from '../../kit/CountrySelect.tsx'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { IconUpload } from '../../kit/icons.tsx'
import { notifyDone } from '../../kit/notify.ts'
import { ProblemNotice } from '../../kit/states.tsx'
import { queryClient, useApi } from '../../queries.ts'
import { features, kindsOf } from './gates.ts'
import { useNames } from './names.ts'
import { maxDocument, registerAgreement } from './register.ts'

type Draft = Omit<AgreementDraft, 'country'> & { country: string | null }

const draftFor = (country: string): Draft => ({
  country,
  kind: kindsOf(country)[0] ?? 'worker_notice',
  features: ['training_use'],
  teams: [],
  validFrom: new Date().toISOString().slice(0, 10),
  validTo: null,
  reference: '',
})

/** Registers an agreement or a notice; what it opens is open when the drawer closes. */
export const RegisterDrawer = ({ onClose }: { onClose: () => void }) => {
  const { t } = useTranslation()
  const controller = useApi('GET /organisation').data?.organisation?.country
  const [draft, setDraft] = useState(() => draftFor(controller ?? 'IT'))
  const [file, setFile] = useState<File | null>(null)
  const send = useMutation({
    mutationFn: (facts: AgreementDraft) => registerAgreement(facts, file),
    onSuccess: async () => {
      notifyDone(t('governance.agreements.registered'))
      onClose()
      await queryClient.invalidateQueries({ queryKey: ['GET /agreements'] })
    },
  })
  const { country } = draft
  const complete = country !== null && draft.features.length > 0 && !(file && file.size > maxDocument)
  const save = (): void => {
    if (complete) send.mutate({ ...draft, country, reference: draft.reference.trim() })
  }
  return (
    <Drawer opened onClose={onClose} title={t('governance.agreements.add')}>
      <form onSubmit={submitting(save)}>
        <Stack>
          <AgreementFields draft={draft} change={(part) => setDraft({ ...draft, ...part })} />
          <FileInput
            label={t('governance.agreements.file')}
            description={t('governance.agreements.fileHelp')}
            placeholder={t('calls.chooseFile')}
            leftSection={<IconUpload />}
            clearable
            clearButtonProps={{ 'aria-label': t('common.remove') }}
            value={file}
            onChange={setFile}
            error={file && file.size > maxDocument && t('problems.agreement_document_too_large', { megabytes: 10 })}
          />
          <ProblemNotice problem={send.error} />
          <FormEnd onCancel={onClose} loading={send.isPending} disabled={!complete}>
            {t('governance.agreements.register')}
          </FormEnd>
        </Stack>
      </form>
    </Drawer>
  )
}

type FieldsProps = { draft: Draft; change: (part: Partial<Draft>) => void }

const AgreementFields = ({ draft, change }: FieldsProps) => {
  const { t } = useTranslation()
  const names = useNames()
  const kinds = kindsOf(draft.country)
  /** A kind of another country's law gives way to the country's own. */
  const toCountry = (country: string | null): void => {
    const [own = 'worker_notice'] = kindsOf(country)
    change({ country, kind: kindsOf(country).includes(draft.kind) ? draft.kind : own })
  }
  return (
    <>
      <CountrySelect label={t('common.country')} value={draft.country} onChange={toCountry} />
      <Select<AgreementKind>
        label={t('governance.agreements.kind')}
        data={kinds.map((kind) => ({ value: kind, label: names.kind(kind) }))}
        allowDeselect={false}
        value={draft.kind}
        onChange={(kind) => kind && change({ kind })}
      />
      <Checkbox.Group<Feature>
        label={t('governance.agreements.features')}
        description={t('governance.agreements.featuresHelp')}
        value={draft.features}
        onChange={(chosen) => change({ features: chosen })}
        error={draft.features.length === 0 && t('common.required')}
      >
        <Stack gap="xs" my={6}>
          {features.map((feature) => (
            <Checkbox key={feature} value={feature} label={names.feature(feature)} />
          ))}
        </Stack>
      </Checkbox.Group>
      <MultiSelect
        label={t('governance.agreements.teams')}
        description={t('governance.agreements.teamsHelp')}
        data={names.teams.map((team) => ({ value: team.id, label: team.name }))}
        value={draft.teams}
        onChange={(teams) => change({ teams })}
      />
      <Group grow align="flex-start">
        <TextInput
          type="date"
          label={t('governance.agreements.validFrom')}
          required
          value={draft.validFrom}
          onChange={(e) => change({ validFrom: e.currentTarget.value })}
        />
        <TextInput
          type="date"
          label={t('governance.agreements.validTo')}
          description={t('governance.agreements.validToHelp')}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          min={draft.validFrom}
          value={draft.validTo ?? ''}
          onChange={(e) => change({ validTo: e.currentTarget.value || null })}
        />
      </Group>
      <TextInput
        label={t('governance.agreements.reference')}
        description={t('governance.agreements.referenceHelp')}
        required
        maxLength={500}
        value={draft.reference}
        onChange={(e) => change({ reference: e.currentTarget.value })}
      />
    </>
  )
}
