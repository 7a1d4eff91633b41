import { Menu, Modal, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SavedSearch } from '../../../contract/models/transcripts.ts'
import { mayShareSearches } from '../../../contract/permissions.ts'
import { ActionsMenu } from '../../kit/ActionsMenu.tsx'
import { ask } from '../../kit/confirm.tsx'
import { IconEdit, IconTrash } from '../../kit/icons.tsx'
import { Section } from '../../kit/Page.tsx'
import { usePurposeName } from '../../purposes.ts'
import { useAct, useApi, useMe } from '../../queries.ts'
import type { SavedAsk } from './form.ts'
import { NameForm } from './SaveSearch.tsx'
import styles from './search.module.css'

/** Searches that were kept: one's own, and those shared. A press runs one. */
export const SavedSearches = ({ onOpen }: { onOpen: (ask: SavedAsk) => void }) => {
  const { t } = useTranslation()
  const saved = useApi('GET /transcripts/searches').data?.items ?? []
  const [changing, setChanging] = useState<SavedSearch | null>(null)
  if (saved.length === 0) return null
  return (
    <Section title={t('search.saved')}>
      <ul className={styles.saved}>
        {saved.map((search) => (
          <Saved key={search.id} search={search} onOpen={onOpen} onChange={() => setChanging(search)} />
        ))}
      </ul>
      <Modal opened={changing !== null} onClose={() => setChanging(null)} title={t('search.change')}>
        {changing && <NameForm ask={changing.ask} old={changing} onDone={() => setChanging(null)} />}
      </Modal>
    </Section>
  )
}

type SavedProps = { search: SavedSearch; onOpen: (ask: SavedAsk) => void; onChange: () => void }

const Saved = ({ search, onOpen, onChange }: SavedProps) => {
  const { t } = useTranslation()
  const purposeName = usePurposeName()
  const { name, ask: asked, mine, shared, ownerName } = search
  const remove = useAct('DELETE /transcripts/searches/:searchId', { refresh: ['GET /transcripts/searches'] })
  const mayRemove = mayShareSearches(useMe().role) || mine
  const seen = mine ? shared && t('search.shared') : t('search.sharedBy', { who: ownerName ?? '–' })
  return (
    <li>
      <UnstyledButton className={styles.open} onClick={() => onOpen(asked)}>
        <strong>{name}</strong>
        <span className="quiet">{[asked.text, purposeName(asked.purpose), seen].filter(Boolean).join(' · ')}</span>
      </UnstyledButton>
      {mayRemove && (
        <ActionsMenu name={name}>
          {mine && (
            <Menu.Item leftSection={<IconEdit />} onClick={onChange}>
              {t('search.change')}
            </Menu.Item>
          )}
          <Menu.Item
            color="red"
            leftSection={<IconTrash />}
            onClick={() =>
              ask(t, {
                title: t('search.removeTitle'),
                body: t('search.removeBody', { name }),
                yes: t('common.remove'),
                onYes: () => remove.mutate({ params: { searchId: search.id } }),
              })
            }
          >
            {t('common.remove')}
          </Menu.Item>
        </ActionsMenu>
      )}
    </li>
  )
}
