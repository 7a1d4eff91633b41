import { Button, Modal, Stack, Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SavedSearch } from '../../../contract/models/transcripts.ts'
import { mayShareSearches } from '../../../contract/permissions.ts'
import { submitting } from '../../kit/form.ts'
import { ProblemNotice } from '../../kit/states.tsx'
import { useAct, useMe } from '../../queries.ts'
import type { SavedAsk } from './form.ts'

/** Keeps the search as it stands in the fields. */
export const SaveSearch = ({ ask }: { ask: SavedAsk }) => {
  const { t } = useTranslation()
  const [opened, setOpened] = useState(false)
  return (
    <>
      <Button variant="default" disabled={ask.text.trim() === ''} onClick={() => setOpened(true)}>
        {t('search.save')}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={t('search.save')}>
        <NameForm ask={ask} onDone={() => setOpened(false)} />
      </Modal>
    </>
  )
}

type NameFormProps = { ask: SavedAsk; old?: SavedSearch; onDone: () => void }

/** The name of a search, new or `old`, and who finds it. */
export const NameForm = ({ ask, old, onDone }: NameFormProps) => {
  const { t } = useTranslation()
  const [name, setName] = useState(old?.name ?? ask.text.slice(0, 120))
  const [shared, setShared] = useState(old?.shared ?? false)
  const mayShare = mayShareSearches(useMe().role)
  const after = {
    refresh: ['GET /transcripts/searches' as const],
    done: t('search.kept'),
    onDone,
    announceProblem: false,
  }
  const add = useAct('POST /transcripts/searches', after)
  const change = useAct('PUT /transcripts/searches/:searchId', after)
  const save = (): void => {
    const body = { name, ask, shared }
    if (old) change.mutate({ params: { searchId: old.id }, body })
    else add.mutate({ body })
  }
  return (
    <form onSubmit={submitting(save)}>
      <Stack>
        <ProblemNotice problem={add.error ?? change.error} />
        <TextInput
          label={t('search.name')}
          description={t('search.nameHelp')}
          required
          maxLength={120}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {mayShare && (
          <Switch
            label={t('search.share')}
            description={t('search.shareHelp')}
            checked={shared}
            onChange={(event) => setShared(event.currentTarget.checked)}
          />
        )}
        <Button type="submit" loading={add.isPending || change.isPending}>
          {t('common.save')}
        </Button>
      </Stack>
    </form>
  )
}
