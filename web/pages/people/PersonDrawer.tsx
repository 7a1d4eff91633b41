import { Drawer, MultiSelect, Select, Stack, TagsInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Person, PersonDraft, Team } from '../../../contract/models/people.ts'
import { roles, type Role } from '../../../contract/permissions.ts'
import { CountrySelect } from '../../kit/CountrySelect.tsx'
import { FormEnd, NameField } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { fieldProblem } from '../../kit/problem.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import type { Invited } from './PeoplePage.tsx'

const nobody: PersonDraft = { name: '', email: '', role: 'agent', teams: [], country: null, aliases: [] }
const draftOf = ({ name, email, role, teams, country, aliases }: PersonDraft): PersonDraft => ({
  name,
  email,
  role,
  teams,
  country,
  aliases,
})

type Props = { person: Person | null; teams: Team[]; onClose: () => void; onInvited: (invited: Invited) => void }

/** Adding or changing a person. */
export const PersonDrawer = ({ person, teams, onClose, onInvited }: Props) => {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(() => draftOf(person ?? nobody))
  const add = useAct('POST /people', {
    refresh: ['GET /people'],
    announceProblem: false,
    onDone: (made) => {
      onInvited({ name: made.person.name, token: made.invitationToken })
      onClose()
    },
  })
  const change = useAct('PATCH /people/:personId', {
    refresh: ['GET /people'],
    announceProblem: false,
    done: t('common.saved'),
    onDone: onClose,
  })
  const save = (): void => {
    const body = { ...draft, name: draft.name.trim(), email: draft.email.trim() }
    if (person) change.mutate({ params: { personId: person.id }, body })
    else add.mutate({ body })
  }
  const act = person ? change : add
  return (
    <Drawer opened onClose={onClose} title={person ? t('common.editOf', { name: person.name }) : t('people.add')}>
      <form onSubmit={submitting(save)}>
        <Stack>
          <ProblemNotice problem={act.error} />
          <PersonFields
            draft={draft}
            teams={teams}
            change={(part) => setDraft({ ...draft, ...part })}
            problemOf={(path) => fieldProblem(act.error, path, t)}
          />
          <FormEnd onCancel={onClose} loading={act.isPending}>
            {person ? t('common.save') : t('people.addAndInvite')}
          </FormEnd>
        </Stack>
      </form>
    </Drawer>
  )
}

type FieldsProps = {
  draft: PersonDraft
  teams: Team[]
  change: (part: Partial<PersonDraft>) => void
  problemOf: (path: string) => string | undefined
}

const PersonFields = ({ draft, teams, change, problemOf }: FieldsProps) => {
  const { t } = useTranslation()
  return (
    <>
      <NameField maxLength={120} value={draft.name} onChange={(name) => change({ name })} error={problemOf('name')} />
      <TextInput
        label={t('signin.email')}
        type="email"
        required
        maxLength={200}
        autoComplete="off"
        value={draft.email}
        onChange={(e) => change({ email: e.currentTarget.value })}
        error={problemOf('email')}
      />
      <Select<Role>
        label={t('people.role')}
        data={roles.map((role) => ({ value: role, label: t(`people.roles.${role}`) }))}
        allowDeselect={false}
        value={draft.role}
        onChange={(role) => role && change({ role })}
      />
      <Notice>{t(`people.roleMay.${draft.role}`)}</Notice>
      <MultiSelect
        label={t('people.teams')}
        description={t('people.teamsHelp')}
        data={teams.map((team) => ({ value: team.id, label: team.name }))}
        value={draft.teams}
        onChange={(chosen) => change({ teams: chosen })}
      />
      <CountrySelect
        label={t('common.country')}
        description={t('people.countryHelp')}
        value={draft.country}
        onChange={(country) => change({ country })}
      />
      <TagsInput
        label={t('people.logins')}
        description={t('people.loginsHelp')}
        maxTags={20}
        acceptValueOnBlur
        value={draft.aliases}
        onChange={(aliases) => change({ aliases })}
        error={problemOf('aliases')}
      />
    </>
  )
}
