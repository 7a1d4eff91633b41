import { Button, Stack, TextInput, UnstyledButton } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api.ts'
import { CopyField } from '../../kit/copy.tsx'
import { submitting, useFocusFirst } from '../../kit/form.ts'
import { IconChevron, IconClock, IconKey } from '../../kit/icons.tsx'
import { ProblemNotice, Ready } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import { CodeForm } from './CodeForm.tsx'
import { addPasskey, passkeysWork } from './passkey.ts'
import { QrCode } from './QrCode.tsx'
import styles from './signin.module.css'

type Props = { onAdded: (recoveryCodes: string[]) => void }

/** Choosing and adding a second factor. Used at the first sign-in and on the account page. */
export const AddFactor = ({ onAdded }: Props) => {
  const { t } = useTranslation()
  const [way, setWay] = useState<'totp' | 'passkey' | null>(null)
  if (way === 'totp') return <AddTotp onAdded={onAdded} onBack={() => setWay(null)} />
  if (way === 'passkey') return <AddPasskey onAdded={onAdded} onBack={() => setWay(null)} />
  const works = passkeysWork()
  return (
    <Stack gap="sm">
      <UnstyledButton className={styles.choice} onClick={() => setWay('totp')}>
        <IconClock size={22} />
        <span>
          <strong>{t('signin.totpName')}</strong>
          <span className="quiet">{t('signin.totpHelp')}</span>
        </span>
        <IconChevron />
      </UnstyledButton>
      <UnstyledButton className={styles.choice} disabled={!works} onClick={() => setWay('passkey')}>
        <IconKey size={22} />
        <span>
          <strong>{t('signin.passkeyName')}</strong>
          <span className="quiet">{works ? t('signin.passkeyHelp') : t('signin.passkeyNot')}</span>
        </span>
        <IconChevron />
      </UnstyledButton>
    </Stack>
  )
}

type WayProps = Props & { onBack: () => void }

const Back = ({ onBack }: { onBack: () => void }) => {
  const { t } = useTranslation()
  return (
    <Button variant="subtle" color="gray" onClick={onBack}>
      {t('common.back')}
    </Button>
  )
}

const AddTotp = ({ onAdded, onBack }: WayProps) => {
  const { t } = useTranslation()
  const begun = useQuery({
    queryKey: ['POST /me/totp/begin'],
    queryFn: () => api('POST /me/totp/begin'),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
  const confirm = useAct('POST /me/totp/confirm', {
    onDone: ({ recoveryCodes }) => onAdded(recoveryCodes),
    announceProblem: false,
  })
  return (
    <Ready query={begun}>
      {({ qrSvg, secret }) => (
        <Stack>
          <p className={styles.step}>{t('signin.totpScan')}</p>
          <QrCode svg={qrSvg} label={t('signin.qr')} />
          <CopyField label={t('signin.totpSecret')} value={secret.replace(/(.{4})(?=.)/g, '$1 ')} />
          <ProblemNotice problem={confirm.error} />
          <CodeForm
            button={t('signin.totpConfirm')}
            busy={confirm.isPending}
            onCode={(code) => confirm.mutate({ body: { code } })}
          />
          <Back onBack={onBack} />
        </Stack>
      )}
    </Ready>
  )
}

const AddPasskey = ({ onAdded, onBack }: WayProps) => {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const first = useFocusFirst<HTMLInputElement>()
  const add = useMutation({ mutationFn: addPasskey, onSuccess: ({ recoveryCodes }) => onAdded(recoveryCodes) })
  return (
    <form onSubmit={submitting(() => add.mutate(name.trim()))}>
      <Stack>
        <ProblemNotice problem={add.error} />
        <TextInput
          ref={first}
          label={t('signin.passkeyLabel')}
          description={t('signin.passkeyLabelHelp')}
          maxLength={60}
          required
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Button type="submit" leftSection={<IconKey />} loading={add.isPending} fullWidth>
          {t('signin.passkeyAdd')}
        </Button>
        <Back onBack={onBack} />
      </Stack>
    </form>
  )
}
