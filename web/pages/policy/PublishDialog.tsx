import { Button, Group, Modal, Stack, Textarea } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PolicyVersion } from '../../../contract/models/policy.ts'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { queryClient, useAct } from '../../queries.ts'
import { ChangeList } from './ChangeList.tsx'
import type { Change } from './diff.ts'
import { setDraft, type Draft } from './draft.ts'
import styles from './policy.module.css'
import type { Names } from './words.ts'

type Props = { policy: PolicyVersion; draft: Draft; changes: Change[]; names: Names; onClose: () => void }

/** The last look before rules come into force, and what to do when someone else published meanwhile. */
export const PublishDialog = ({ policy, draft, changes, names, onClose }: Props) => {
  const { t } = useTranslation()
  const [note, setNote] = useState('')
  const publish = useAct('POST /policy/versions', {
    refresh: ['GET /policy/versions'],
    announceProblem: false,
    done: t('policy.published'),
    onDone: (version) => {
      queryClient.setQueryData(['GET /policy'], version)
      setDraft(null)
      onClose()
    },
  })
  const overtaken = publish.error?.status === 409 || draft.basedOn !== policy.version
  const send = (): void => publish.mutate({ body: { rules: draft.rules, note: note.trim(), basedOn: draft.basedOn } })
  return (
    <Modal opened onClose={onClose} size="lg" title={t('policy.publishTitle')}>
      {overtaken ? (
        <Overtaken {...{ policy, draft, onClose }} onRebased={publish.reset} />
      ) : (
        <form onSubmit={submitting(send)}>
          <Stack>
            <p className={styles.flat}>{t('policy.publishHelp')}</p>
            <ProblemNotice problem={publish.error} />
            <ChangeList changes={changes} names={names} />
            <Textarea
              label={t('policy.note')}
              description={t('policy.noteHelp')}
              data-autofocus
              required
              maxLength={500}
              autosize
              minRows={2}
              value={note}
              onChange={(e) => setNote(e.currentTarget.value)}
            />
            <FormEnd onCancel={onClose} loading={publish.isPending}>
              {t('policy.publishNow')}
            </FormEnd>
          </Stack>
        </form>
      )}
    </Modal>
  )
}

type OvertakenProps = Pick<Props, 'policy' | 'draft' | 'onClose'> & { onRebased: () => void }

/** Someone else's version came first: theirs is read, and the person chooses whose rules go on. */
const Overtaken = ({ policy, draft, onClose, onRebased }: OvertakenProps) => {
  const { t } = useTranslation()
  const read = useReadAgain(policy, draft)
  const keepMine = (): void => {
    setDraft({ rules: draft.rules, basedOn: policy.version })
    onRebased()
  }
  const takeTheirs = (): void => {
    setDraft(null)
    onClose()
  }
  return (
    <Stack>
      <Notice tone="warn" title={t('policy.overtaken')}>
        {t('policy.overtakenHelp')}
      </Notice>
      <Group justify="flex-end">
        <Button variant="default" disabled={!read} onClick={takeTheirs}>
          {t('policy.takeTheirs')}
        </Button>
        <Button disabled={!read} onClick={keepMine}>
          {t('policy.keepMine')}
        </Button>
      </Group>
    </Stack>
  )
}

/** Reads the version in force once; true when it is newer than what the draft started from. */
const useReadAgain = (policy: PolicyVersion, draft: Draft): boolean => {
  const newer = policy.version !== draft.basedOn
  useEffect(() => {
    if (!newer) void queryClient.invalidateQueries({ queryKey: ['GET /policy'] })
  }, [newer])
  return newer
}
