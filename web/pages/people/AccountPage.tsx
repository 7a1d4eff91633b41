import { Button, Group, Modal, PasswordInput, Radio, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Locale } from '../../../contract/models/common.ts'
import { localeNames, locales, showIn } from '../../i18n.ts'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { IconCheck, IconPlus } from '../../kit/icons.tsx'
import { Page, Section } from '../../kit/Page.tsx'
import { ProblemNotice, Tag } from '../../kit/states.tsx'
import { meQuery, queryClient, useAct, useMe } from '../../queries.ts'
import { AddFactor } from '../signin/AddFactor.tsx'
import { NewPassword } from '../signin/NewPassword.tsx'
import { RecoveryCodes } from '../signin/RecoveryCodes.tsx'

/** What a person settles alone: language, second factors, password. */
export const AccountPage = () => {
  const { t } = useTranslation()
  const me = useMe()
  const format = useFormat()
  return (
    <Page title={t('people.accountTitle')} width="reading" lead={`${me.name} · ${me.email}`}>
      <Section title={t('people.role')}>
        <div>
          <strong>{t(`people.roles.${me.role}`)}</strong>
          <div className="quiet">{t(`people.roleMay.${me.role}`)}</div>
        </div>
        <div className="quiet small">{t('people.sessionUntil', { when: format.dateTime(me.sessionExpiresAt) })}</div>
      </Section>
      <Language />
      <Factors />
      <ChangePassword />
    </Page>
  )
}

const Language = () => {
  const { t } = useTranslation()
  const me = useMe()
  const save = useAct('PATCH /me', { onDone: (next) => queryClient.setQueryData(meQuery.queryKey, next) })
  const choose = (locale: string): void => {
    void showIn(locale as Locale)
    save.mutate({ body: { locale: locale as Locale } })
  }
  return (
    <Section title={t('common.language')}>
      <Radio.Group aria-label={t('common.language')} value={me.locale} onChange={choose}>
        <Group>
          {locales.map((locale) => (
            <Radio key={locale} value={locale} label={<span lang={locale}>{localeNames[locale]}</span>} />
          ))}
        </Group>
      </Radio.Group>
    </Section>
  )
}

const Factors = () => {
  const { t } = useTranslation()
  const { factors } = useMe()
  const [adding, setAdding] = useState(false)
  const [codes, setCodes] = useState<string[] | null>(null)
  const close = (): void => {
    setAdding(false)
    setCodes(null)
    void queryClient.invalidateQueries({ queryKey: meQuery.queryKey })
  }
  return (
    <Section title={t('people.factors')} lead={t('people.factorsLead')}>
      <Group gap="xs">
        {factors.totp && (
          <Tag tone="good" icon={<IconCheck />}>
            {t('signin.totpName')}
          </Tag>
        )}
        {factors.passkeys > 0 && (
          <Tag tone="good" icon={<IconCheck />}>
            {t('people.passkeys', { count: factors.passkeys })}
          </Tag>
        )}
      </Group>
      <Group>
        <Button variant="default" leftSection={<IconPlus />} onClick={() => setAdding(true)}>
          {t('people.addFactor')}
        </Button>
      </Group>
      <Modal
        opened={adding}
        onClose={close}
        title={codes ? t('signin.codesTitle') : t('people.addFactor')}
        closeOnClickOutside={false}
        closeOnEscape={!codes}
        withCloseButton={!codes}
      >
        {codes ? (
          <RecoveryCodes codes={codes} onKept={close} />
        ) : (
          <AddFactor onAdded={(given) => (given.length > 0 ? setCodes(given) : close())} />
        )}
      </Modal>
    </Section>
  )
}

const ChangePassword = () => {
  const { t } = useTranslation()
  const me = useMe()
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const clear = (): void => {
    setCurrent('')
    setPassword('')
  }
  const change = useAct('POST /me/password', {
    announceProblem: false,
    done: t('people.passwordChanged'),
    onDone: clear,
  })
  return (
    <Section title={t('people.passwordTitle')} lead={t('people.passwordLead')}>
      <form onSubmit={submitting(() => change.mutate({ body: { current, password } }))}>
        <Stack maw={440}>
          <ProblemNotice problem={change.error} />
          <input type="hidden" autoComplete="username" value={me.email} readOnly />
          <PasswordInput
            label={t('people.currentPassword')}
            autoComplete="current-password"
            required
            value={current}
            onChange={(e) => setCurrent(e.currentTarget.value)}
          />
          <NewPassword value={password} onChange={setPassword} inputs={[me.name, me.email]} />
          <Group>
            <Button type="submit" loading={change.isPending}>
              {t('people.changePassword')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  )
}
