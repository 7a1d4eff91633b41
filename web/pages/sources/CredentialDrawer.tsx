import { Drawer, PasswordInput, Stack, Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SourceView } from '../../../contract/models/sources.ts'
import { FormEnd, NameField } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import type { Made } from './NewCredential.tsx'

type Props = { source: SourceView; onClose: () => void; onMade: (made: Made) => void }

/** A new secret between a platform and us: made here, or the one the platform already has. */
export const CredentialDrawer = ({ source, onClose, onMade }: Props) => {
  const { t } = useTranslation()
  const { protocol } = source
  const [name, setName] = useState('')
  const [own, setOwn] = useState(protocol === 'twilio')
  const [keyId, setKeyId] = useState('')
  const [secret, setSecret] = useState('')
  const create = useAct('POST /sources/credentials', {
    refresh: ['GET /sources/credentials'],
    announceProblem: false,
    onDone: (made) => {
      onMade({ ...made, own, addresses: source.addresses })
      onClose()
    },
  })
  const ours = own ? { ...(keyId !== '' && { keyId: keyId.trim() }), ...(secret !== '' && { secret }) } : {}
  const send = (): void => create.mutate({ body: { protocol, name: name.trim(), ...ours } })
  return (
    <Drawer opened onClose={onClose} title={`${t('sources.addCredential')}: ${t(`sources.protocols.${protocol}`)}`}>
      <form onSubmit={submitting(send)}>
        <Stack>
          <ProblemNotice problem={create.error} />
          <NameField description={t('sources.credentialNameHelp')} value={name} onChange={setName} />
          <Switch label={t('sources.ownSecret')} checked={own} onChange={(e) => setOwn(e.currentTarget.checked)} />
          {own && (
            <>
              {protocol === 'twilio' && <Notice>{t('sources.ownTwilio')}</Notice>}
              <TextInput
                label={`${t('sources.keyId')} (${t('common.optional')})`}
                description={t('sources.keyIdHelp')}
                maxLength={120}
                autoComplete="off"
                spellCheck={false}
                value={keyId}
                onChange={(e) => setKeyId(e.currentTarget.value)}
              />
              <PasswordInput
                label={t('sources.secret')}
                description={t('sources.secretHelp')}
                minLength={16}
                maxLength={400}
                required
                autoComplete="off"
                value={secret}
                onChange={(e) => setSecret(e.currentTarget.value)}
              />
            </>
          )}
          <FormEnd onCancel={onClose} loading={create.isPending}>
            {t('sources.createCredential')}
          </FormEnd>
        </Stack>
      </form>
    </Drawer>
  )
}
