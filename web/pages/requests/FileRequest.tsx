import { Modal, Radio, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RightsKind } from '../../../contract/models/rights.ts'
import { currentLocale } from '../../i18n.ts'
import { today } from '../../kit/days.ts'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { ProblemNotice } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'

const kinds = ['access', 'copy', 'rectification', 'erasure', 'restriction', 'portability', 'objection'] as const
const channels = ['letter', 'email', 'phone', 'branch'] as const
const languages = { it: 'Italiano', fr: 'Français', en: 'English' } as const
type Language = keyof typeof languages
const abouts = ['call', 'caller', 'address'] as const
type About = (typeof abouts)[number]

const anyId = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

type Props = { callId?: string; onClose: () => void; onFiled: (requestId: string) => void }

/** Files a request that came by letter, telephone or otherwise. */
export const FileRequest = ({ callId = '', onClose, onFiled }: Props) => {
  const { t } = useTranslation()
  const [about, setAbout] = useState<About>('call')
  const [call, setCall] = useState(callId)
  const [address, setAddress] = useState('')
  const [kind, setKind] = useState<RightsKind>('access')
  const [channel, setChannel] = useState<(typeof channels)[number]>('letter')
  const [receivedOn, setReceivedOn] = useState(today())
  const [language, setLanguage] = useState<Language>(currentLocale())
  const [details, setDetails] = useState('')
  const file = useAct('POST /rights/requests', {
    refresh: ['GET /rights/requests', 'GET /calls/:callId/rights'],
    announceProblem: false,
    onDone: ({ id }) => {
      onClose()
      onFiled(id)
    },
  })
  const found = anyId.exec(call)?.[0]
  const named =
    about === 'address' ? address.trim().length >= 3 && { address } : found !== undefined && { callId: found }
  const send = (): void => {
    const scope = about === 'call' ? about : 'caller'
    if (named) file.mutate({ body: { ...named, scope, kind, channel, receivedOn, language, details } })
  }
  return (
    <Modal opened onClose={onClose} title={t('requests.newTitle')}>
      <form onSubmit={submitting(send)}>
        <Stack>
          <ProblemNotice problem={file.error} />
          <Radio.Group label={t('requests.about.label')} value={about} onChange={(v) => setAbout(v as About)}>
            <Stack gap={8} mt={6}>
              {(callId ? abouts.slice(0, 2) : abouts).map((one) => (
                <Radio key={one} value={one} label={t(`requests.about.${one}`)} />
              ))}
            </Stack>
          </Radio.Group>
          {about === 'address' && (
            <TextInput
              label={t('requests.about.addressLabel')}
              description={t('requests.about.addressHelp')}
              required
              maxLength={200}
              autoComplete="off"
              value={address}
              onChange={(e) => setAddress(e.currentTarget.value)}
            />
          )}
          {!callId && about !== 'address' && (
            <TextInput
              label={t('requests.call')}
              description={t('requests.callHelp')}
              required
              value={call}
              onChange={(e) => setCall(e.currentTarget.value)}
            />
          )}
          <Select
            label={t('caller.asksFor')}
            allowDeselect={false}
            data={kinds.map((value) => ({ value, label: t(`caller.request.${value}`) }))}
            value={kind}
            onChange={(v) => setKind(v as RightsKind)}
          />
          <Select
            label={t('requests.channel')}
            allowDeselect={false}
            data={channels.map((value) => ({ value, label: t(`requests.channels.${value}`) }))}
            value={channel}
            onChange={(v) => setChannel(v as (typeof channels)[number])}
          />
          <TextInput
            type="date"
            label={t('requests.receivedOn')}
            required
            max={today()}
            value={receivedOn}
            onChange={(e) => setReceivedOn(e.currentTarget.value)}
          />
          <Select
            label={t('requests.language')}
            allowDeselect={false}
            data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
            value={language}
            onChange={(v) => setLanguage(v as Language)}
          />
          <Textarea
            label={t('requests.theirWords')}
            maxLength={4000}
            autosize
            minRows={2}
            value={details}
            onChange={(e) => setDetails(e.currentTarget.value)}
          />
          <FormEnd onCancel={onClose} loading={file.isPending} disabled={!named}>
            {t('requests.new')}
          </FormEnd>
        </Stack>
      </form>
    </Modal>
  )
}
