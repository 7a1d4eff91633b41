import { Button, Checkbox, Drawer, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApiToken } from '../../../contract/models/people.ts'
import { permissions, type Permission } from '../../../contract/permissions.ts'
import { ask } from '../../kit/confirm.tsx'
import { ShowOnce } from '../../kit/copy.tsx'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { FormEnd, NameField } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { IconKey, IconPlus } from '../../kit/icons.tsx'
import { Page } from '../../kit/Page.tsx'
import { Empty, ProblemNotice, Ready } from '../../kit/states.tsx'
import { useAct, useApi } from '../../queries.ts'

/** Who comes in is decided by people only. */
const forPrograms = (permission: Permission): boolean =>
  !['people.manage', 'tokens.manage', 'access.search'].includes(permission)

/** Tokens for programs: each with only the permissions it needs. */
export const TokensPage = () => {
  const { t } = useTranslation()
  const tokens = useApi('GET /tokens')
  const [adding, setAdding] = useState(false)
  const [made, setMade] = useState<string | null>(null)
  const add = (
    <Button leftSection={<IconPlus />} onClick={() => setAdding(true)}>
      {t('people.addToken')}
    </Button>
  )
  return (
    <Page title={t('people.tokensTitle')} lead={t('people.tokensLead')} actions={add}>
      <Ready query={tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconKey size={26} />} title={t('people.tokensEmpty')}>
              {t('people.tokensEmptyHelp')}
            </Empty>
          ) : (
            <TokensTable tokens={items} />
          )
        }
      </Ready>
      {adding && <TokenDrawer onClose={() => setAdding(false)} onMade={setMade} />}
      <ShowOnce
        opened={made !== null}
        title={t('people.tokenMade')}
        fields={[{ label: t('people.token'), value: made ?? '' }]}
        onClose={() => setMade(null)}
      >
        {t('people.tokenMadeHelp')}
      </ShowOnce>
    </Page>
  )
}

const TokensTable = ({ tokens }: { tokens: ApiToken[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const revoke = useAct('DELETE /tokens/:tokenId', { refresh: ['GET /tokens'], done: t('people.tokenRevoked') })
  const askRevoke = (token: ApiToken): void =>
    ask(t, {
      title: t('people.revokeOf', { name: token.name }),
      body: t('people.revokeTokenBody'),
      yes: t('people.revoke'),
      onYes: () => revoke.mutate({ params: { tokenId: token.id } }),
    })
  const columns: Column<ApiToken>[] = [
    { key: 'name', header: t('people.name'), main: true, cell: (token) => token.name },
    {
      key: 'may',
      header: t('people.tokenMay'),
      cell: (token) => format.list(token.permissions.map((permission) => t(`people.may.${permission}`))),
    },
    { key: 'made', header: t('people.createdAt'), cell: (token) => format.date(token.createdAt) },
    {
      key: 'used',
      header: t('people.lastUsedAt'),
      cell: (token) => (token.lastUsedAt ? format.dateTime(token.lastUsedAt) : t('common.never')),
    },
    {
      key: 'actions',
      header: t('common.actions'),
      kind: 'actions',
      cell: (token) => (
        <Button variant="default" size="xs" onClick={() => askRevoke(token)}>
          {t('people.revoke')}
          <span className="visually-hidden"> {token.name}</span>
        </Button>
      ),
    },
  ]
  return <DataTable caption={t('people.tokensTitle')} columns={columns} rows={tokens} rowKey={(token) => token.id} />
}

const TokenDrawer = ({ onClose, onMade }: { onClose: () => void; onMade: (token: string) => void }) => {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<Permission[]>([])
  const create = useAct('POST /tokens', {
    refresh: ['GET /tokens'],
    announceProblem: false,
    onDone: ({ token }) => {
      onMade(token)
      onClose()
    },
  })
  return (
    <Drawer opened onClose={onClose} title={t('people.addToken')}>
      <form onSubmit={submitting(() => create.mutate({ body: { name: name.trim(), permissions: chosen } }))}>
        <Stack>
          <ProblemNotice problem={create.error} />
          <NameField description={t('people.tokenNameHelp')} value={name} onChange={setName} />
          <Checkbox.Group<Permission>
            label={t('people.tokenMay')}
            description={t('people.tokenMayHelp')}
            value={chosen}
            onChange={setChosen}
          >
            <Stack gap="xs" mt="sm">
              {permissions.filter(forPrograms).map((permission) => (
                <Checkbox
                  key={permission}
                  value={permission}
                  label={<span className="sentence">{t(`people.may.${permission}`)}</span>}
                />
              ))}
            </Stack>
          </Checkbox.Group>
          <FormEnd onCancel={onClose} disabled={chosen.length === 0} loading={create.isPending}>
            {t('people.createToken')}
          </FormEnd>
        </Stack>
      </form>
    </Drawer>
  )
}
