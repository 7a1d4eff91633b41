import { Button, Drawer, Menu, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Person, Team } from '../../../contract/models/people.ts'
import { ActionsMenu } from '../../kit/ActionsMenu.tsx'
import { ask } from '../../kit/confirm.tsx'
import { CountrySelect } from '../../kit/CountrySelect.tsx'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { FormEnd, NameField } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { IconEdit, IconPlus, IconTeam, IconTrash } from '../../kit/icons.tsx'
import { Page } from '../../kit/Page.tsx'
import { Empty, ProblemNotice, Ready } from '../../kit/states.tsx'
import { useAct, useApi, useMay } from '../../queries.ts'

/** Teams: whose calls a supervisor reaches, and what rules and figures are told apart by. */
export const TeamsPage = () => {
  const { t } = useTranslation()
  const teams = useApi('GET /teams')
  const people = useApi('GET /people')
  const mayManage = useMay('people.manage')
  const [editing, setEditing] = useState<Team | 'new' | null>(null)
  const add = mayManage && (
    <Button leftSection={<IconPlus />} onClick={() => setEditing('new')}>
      {t('people.addTeam')}
    </Button>
  )
  return (
    <Page title={t('people.teamsTitle')} lead={t('people.teamsLead')} actions={add}>
      <Ready query={teams}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconTeam size={26} />} title={t('people.teamsEmpty')} action={add}>
              {t('people.teamsEmptyHelp')}
            </Empty>
          ) : (
            <TeamsTable teams={items} people={people.data?.items ?? []} onEdit={mayManage ? setEditing : null} />
          )
        }
      </Ready>
      {editing && <TeamDrawer team={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </Page>
  )
}

type TableProps = { teams: Team[]; people: Person[]; onEdit: ((team: Team) => void) | null }

const TeamsTable = ({ teams, people, onEdit }: TableProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const membersOf = (team: Team): Person[] => people.filter((person) => person.active && person.teams.includes(team.id))
  const supervisors = (team: Team): string =>
    format.list(
      membersOf(team)
        .filter((person) => person.role === 'supervisor')
        .map((person) => person.name),
    ) || '–'
  const columns: Column<Team>[] = [
    { key: 'name', header: t('people.name'), main: true, cell: (team) => team.name },
    {
      key: 'country',
      header: t('common.country'),
      cell: (team) => (team.country ? format.country(team.country) : '–'),
    },
    { key: 'supervisors', header: t('people.supervisors'), cell: supervisors },
    { key: 'members', header: t('people.members'), kind: 'end', cell: (team) => format.number(membersOf(team).length) },
  ]
  if (onEdit)
    columns.push({
      key: 'actions',
      header: t('common.actions'),
      kind: 'actions',
      cell: (team) => <TeamActions team={team} onEdit={onEdit} />,
    })
  return <DataTable caption={t('people.teamsTitle')} columns={columns} rows={teams} rowKey={(team) => team.id} />
}

const TeamActions = ({ team, onEdit }: { team: Team; onEdit: (team: Team) => void }) => {
  const { t } = useTranslation()
  const remove = useAct('DELETE /teams/:teamId', { refresh: ['GET /teams'] })
  const askRemove = (): void =>
    ask(t, {
      title: t('common.removeOf', { name: team.name }),
      body: t('people.removeTeamBody'),
      yes: t('people.removeTeam'),
      onYes: () => remove.mutate({ params: { teamId: team.id } }),
    })
  return (
    <ActionsMenu name={team.name}>
      <Menu.Item leftSection={<IconEdit />} onClick={() => onEdit(team)}>
        {t('common.edit')}
      </Menu.Item>
      <Menu.Item leftSection={<IconTrash />} onClick={askRemove}>
        {t('people.removeTeam')}
      </Menu.Item>
    </ActionsMenu>
  )
}

const TeamDrawer = ({ team, onClose }: { team: Team | null; onClose: () => void }) => {
  const { t } = useTranslation()
  const [name, setName] = useState(team?.name ?? '')
  const [country, setCountry] = useState(team?.country ?? null)
  const options = { refresh: ['GET /teams' as const], announceProblem: false, onDone: onClose, done: t('common.saved') }
  const add = useAct('POST /teams', options)
  const change = useAct('PATCH /teams/:teamId', options)
  const body = { name: name.trim(), country }
  const save = (): void => (team ? change.mutate({ params: { teamId: team.id }, body }) : add.mutate({ body }))
  return (
    <Drawer opened onClose={onClose} title={team ? t('common.editOf', { name: team.name }) : t('people.addTeam')}>
      <form onSubmit={submitting(save)}>
        <Stack>
          <ProblemNotice problem={team ? change.error : add.error} />
          <NameField value={name} onChange={setName} />
          <CountrySelect
            label={t('common.country')}
            description={t('people.teamCountryHelp')}
            value={country}
            onChange={setCountry}
          />
          <FormEnd onCancel={onClose} loading={add.isPending || change.isPending}>
            {t('common.save')}
          </FormEnd>
        </Stack>
      </form>
    </Drawer>
  )
}
