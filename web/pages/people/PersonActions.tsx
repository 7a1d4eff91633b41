import { Menu } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Person } from '../../../contract/models/people.ts'
import { ActionsMenu } from '../../kit/ActionsMenu.tsx'
import { ask } from '../../kit/confirm.tsx'
import { IconEdit, IconForbid, IconKey, IconRestore } from '../../kit/icons.tsx'
import { useAct, useMe } from '../../queries.ts'
import type { Invited } from './PeoplePage.tsx'

type Props = { person: Person; onEdit: (person: Person) => void; setInvited: (invited: Invited) => void }

export const PersonActions = ({ person, onEdit, setInvited }: Props) => {
  const { t } = useTranslation()
  const me = useMe()
  const params = { personId: person.id }
  const change = useAct('PATCH /people/:personId', { refresh: ['GET /people'], done: t('common.saved') })
  const invite = useAct('POST /people/:personId/invitation', {
    refresh: ['GET /people'],
    onDone: ({ invitationToken }) => setInvited({ name: person.name, token: invitationToken }),
  })
  const askInvite = (): void =>
    ask(t, {
      title: t('people.inviteAgain'),
      body: t('people.inviteAgainBody', { name: person.name }),
      yes: t('people.inviteAgainYes'),
      danger: person.enrolled,
      onYes: () => invite.mutate({ params }),
    })
  const askDeactivate = (): void =>
    ask(t, {
      title: t('people.deactivate'),
      body: t('people.deactivateBody', { name: person.name }),
      yes: t('people.deactivate'),
      onYes: () => change.mutate({ params, body: { active: false } }),
    })
  return (
    <ActionsMenu name={person.name}>
      <Menu.Item leftSection={<IconEdit />} onClick={() => onEdit(person)}>
        {t('common.edit')}
      </Menu.Item>
      <Menu.Item leftSection={<IconKey />} disabled={!person.active} onClick={askInvite}>
        {t('people.inviteAgain')}
      </Menu.Item>
      {person.active ? (
        <Menu.Item leftSection={<IconForbid />} disabled={person.id === me.id} onClick={askDeactivate}>
          {t('people.deactivate')}
        </Menu.Item>
      ) : (
        <Menu.Item leftSection={<IconRestore />} onClick={() => change.mutate({ params, body: { active: true } })}>
          {t('people.reactivate')}
        </Menu.Item>
      )}
    </ActionsMenu>
  )
}
