import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CredentialView } from '../../../contract/models/sources.ts'
import { ask } from '../../kit/confirm.tsx'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { useAct } from '../../queries.ts'

export const Credentials = ({ credentials }: { credentials: CredentialView[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const revoke = useAct('DELETE /sources/credentials/:credentialId', {
    refresh: ['GET /sources/credentials'],
    done: t('sources.revoked'),
  })
  const askRevoke = ({ id, name }: CredentialView): void =>
    ask(t, {
      title: t('people.revokeOf', { name }),
      body: t('sources.revokeBody'),
      yes: t('people.revoke'),
      onYes: () => revoke.mutate({ params: { credentialId: id } }),
    })
  const columns: Column<CredentialView>[] = [
    { key: 'name', header: t('people.name'), main: true, cell: ({ name }) => name },
    { key: 'key', header: t('sources.keyId'), cell: ({ keyId }) => <code className="mono">{keyId}</code> },
    { key: 'made', header: t('people.createdAt'), cell: ({ createdAt }) => format.date(createdAt) },
    {
      key: 'used',
      header: t('people.lastUsedAt'),
      cell: ({ lastUsedAt }) => (lastUsedAt ? format.dateTime(lastUsedAt) : t('common.never')),
    },
    {
      key: 'actions',
      header: t('common.actions'),
      kind: 'actions',
      cell: (credential) => (
        <Button variant="default" size="xs" onClick={() => askRevoke(credential)}>
          {t('people.revoke')}
          <span className="visually-hidden"> {credential.name}</span>
        </Button>
      ),
    },
  ]
  return <DataTable caption={t('sources.credentials')} columns={columns} rows={credentials} rowKey={({ id }) => id} />
}
