import { Button, TextInput } from '@mantine/core'
import { Fragment, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Person, Team } from '../../../contract/models/people.ts'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { IconPeople, IconPlus, IconSearch } from '../../kit/icons.tsx'
import { Page } from '../../kit/Page.tsx'
import { Empty, Ready, Tag } from '../../kit/states.tsx'
import { useApi, useMay } from '../../queries.ts'
import { InvitationLink } from './InvitationLink.tsx'
import { PersonActions } from './PersonActions.tsx'
import { PersonDrawer } from './PersonDrawer.tsx'

export type Invited = { name: string; token: string }

/** Who works here, in which role and teams. */
export const PeoplePage = () => {
  const { t } = useTranslation()
  const people = useApi('GET /people')
  const teams = useApi('GET /teams')
  const mayManage = useMay('people.manage')
  const [editing, setEditing] = useState<Person | 'new' | null>(null)
  const [invited, setInvited] = useState<Invited | null>(null)
  const add = mayManage && (
    <Button leftSection={<IconPlus />} onClick={() => setEditing('new')}>
      {t('people.add')}
    </Button>
  )
  return (
    <Page title={t('people.title')} lead={t('people.lead')} actions={add}>
      <Ready query={people}>
        {({ items }) => (
          <PeopleTable
            people={items}
            teams={teams.data?.items ?? []}
            actions={mayManage ? (person) => <PersonActions {...{ person, setInvited }} onEdit={setEditing} /> : null}
          />
        )}
      </Ready>
      {editing && (
        <PersonDrawer
          person={editing === 'new' ? null : editing}
          teams={teams.data?.items ?? []}
          onClose={() => setEditing(null)}
          onInvited={setInvited}
        />
      )}
      <InvitationLink invited={invited} onClose={() => setInvited(null)} />
    </Page>
  )
}

type TableProps = { people: Person[]; teams: Team[]; actions: ((person: Person) => ReactNode) | null }

const PeopleTable = ({ people, teams, actions }: TableProps) => {
  const { t } = useTranslation()
  const [wanted, setWanted] = useState('')
  const columns = usePeopleColumns(teams, actions)
  const matches = (person: Person): boolean =>
    `${person.name} ${person.email} ${person.aliases.join(' ')}`.toLowerCase().includes(wanted.trim().toLowerCase())
  const shown = people.filter(matches)
  if (people.length === 0)
    return (
      <Empty icon={<IconPeople size={26} />} title={t('people.empty')}>
        {t('people.emptyHelp')}
      </Empty>
    )
  return (
    <>
      <TextInput
        type="search"
        aria-label={t('people.search')}
        placeholder={t('people.search')}
        leftSection={<IconSearch />}
        maw={360}
        value={wanted}
        onChange={(e) => setWanted(e.currentTarget.value)}
      />
      {shown.length === 0 ? (
        <Empty title={t('people.noMatch')}>{t('people.noMatchHelp')}</Empty>
      ) : (
        <DataTable
          caption={t('people.title')}
          columns={columns}
          rows={shown}
          rowKey={(person) => person.id}
          quiet={(person) => !person.active}
        />
      )}
    </>
  )
}

const usePeopleColumns = (teams: Team[], actions: TableProps['actions']): Column<Person>[] => {
  const { t } = useTranslation()
  const format = useFormat()
  const teamName = (id: string): string => teams.find((team) => team.id === id)?.name ?? '?'
  const columns: Column<Person>[] = [
    {
      key: 'name',
      header: t('people.name'),
      main: true,
      cell: (person) => (
        <div>
          {person.name}
          <div className="quiet under">{person.email}</div>
        </div>
      ),
    },
    { key: 'role', header: t('people.role'), cell: (person) => t(`people.roles.${person.role}`) },
    { key: 'teams', header: t('people.teams'), cell: (person) => person.teams.map(teamName).join(', ') || '–' },
    {
      key: 'country',
      header: t('common.country'),
      cell: (person) => (person.country ? format.country(person.country) : '–'),
    },
    {
      key: 'logins',
      header: t('people.logins'),
      cell: (person) => <Logins logins={person.aliases} />,
    },
    { key: 'state', header: t('people.state'), cell: (person) => <PersonState person={person} /> },
  ]
  if (actions) columns.push({ key: 'actions', header: t('common.actions'), kind: 'actions', cell: actions })
  return columns
}

/** A login breaks before its domain rather than anywhere. */
const Logins = ({ logins }: { logins: string[] }) => (
  <span className="mono">
    {logins.length === 0
      ? '–'
      : logins.map((login, i) => {
          const [user, ...domain] = login.split('@')
          return (
            <Fragment key={login}>
              {i > 0 && ', '}
              {user}
              {domain.length > 0 && (
                <>
                  <wbr />@{domain.join('@')}
                </>
              )}
            </Fragment>
          )
        })}
  </span>
)

const PersonState = ({ person }: { person: Person }) => {
  const { t } = useTranslation()
  if (!person.active) return <Tag>{t('people.inactive')}</Tag>
  return person.enrolled ? <Tag tone="good">{t('people.active')}</Tag> : <Tag tone="warn">{t('people.invited')}</Tag>
}
