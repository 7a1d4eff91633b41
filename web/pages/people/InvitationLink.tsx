import { useTranslation } from 'react-i18next'
import { ShowOnce } from '../../kit/copy.tsx'
import type { Invited } from './PeoplePage.tsx'

/** The one-time link of an invitation, to hand over by a channel the administrator trusts. */
export const InvitationLink = ({ invited, onClose }: { invited: Invited | null; onClose: () => void }) => {
  const { t } = useTranslation()
  const link = `${globalThis.location.origin}/invitation#${invited?.token ?? ''}`
  return (
    <ShowOnce
      opened={invited !== null}
      title={t('people.invitationFor', { name: invited?.name ?? '' })}
      fields={[{ label: t('people.invitationLink'), value: link }]}
      onClose={onClose}
    >
      {t('people.invitationHelp')}
    </ShowOnce>
  )
}
