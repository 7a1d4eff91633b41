import { Menu, Modal, Stack, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Hold } from '../../../contract/models/terms.ts'
import { ActionsMenu } from '../../kit/ActionsMenu.tsx'
import { ask } from '../../kit/confirm.tsx'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { IconLock, IconRestore, IconTrash } from '../../kit/icons.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { useAct, useMe } from '../../queries.ts'
import { useStaff } from '../policy/names.ts'
import { afterHold, reasonAtLeast } from './HoldFields.tsx'
import styles from './retention.module.css'
import { holdInWords } from './words.ts'
import { usePurposeName } from '../../purposes.ts'

/** One person asks for the release, another releases or keeps. */
export const HoldActions = ({ hold }: { hold: Hold }) => {
  const { t } = useTranslation()
  const me = useMe()
  const purpose = usePurposeName()
  const { names } = useStaff()
  const [asking, setAsking] = useState(false)
  const own = hold.releaseAskedBy === me.id
  const params = { holdId: hold.id }
  const keep = useAct('POST /holds/:holdId/keep', { refresh: afterHold, done: t('retention.hold.kept') })
  const release = useAct('POST /holds/:holdId/release', { refresh: afterHold, done: t('retention.hold.released') })
  const askBefore = (): void =>
    ask(t, {
      title: t('retention.hold.releaseTitle'),
      body: t('retention.hold.releaseBody'),
      yes: t('retention.hold.releaseYes'),
      onYes: () => release.mutate({ params }),
    })
  return (
    <>
      <ActionsMenu name={holdInWords(hold, { t, names, purpose })}>
        {hold.state === 'active' ? (
          <Menu.Item leftSection={<IconRestore />} onClick={() => setAsking(true)}>
            {t('retention.hold.ask')}
          </Menu.Item>
        ) : (
          <>
            {!own && (
              <Menu.Item leftSection={<IconTrash />} onClick={askBefore}>
                {t('retention.hold.release')}
              </Menu.Item>
            )}
            <Menu.Item leftSection={<IconLock />} onClick={() => keep.mutate({ params })}>
              {t(own ? 'retention.hold.takeBack' : 'retention.hold.keep')}
            </Menu.Item>
          </>
        )}
      </ActionsMenu>
      {asking && <AskRelease hold={hold} onClose={() => setAsking(false)} />}
    </>
  )
}

const AskRelease = ({ hold, onClose }: { hold: Hold; onClose: () => void }) => {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  const request = useAct('POST /holds/:holdId/release-request', {
    refresh: afterHold,
    announceProblem: false,
    done: t('retention.hold.asked'),
    onDone: onClose,
  })
  return (
    <Modal opened onClose={onClose} title={t('retention.hold.askTitle')}>
      <form onSubmit={submitting(() => request.mutate({ params: { holdId: hold.id }, body: { reason } }))}>
        <Stack>
          <p className={styles.flat}>{t('retention.hold.askHelp')}</p>
          <ProblemNotice problem={request.error} />
          <Textarea
            label={t('retention.hold.why')}
            data-autofocus
            required
            minLength={reasonAtLeast}
            maxLength={2000}
            autosize
            minRows={2}
            value={reason}
            onChange={(e) => setReason(e.currentTarget.value)}
          />
          <FormEnd onCancel={onClose} loading={request.isPending}>
            {t('retention.hold.askYes')}
          </FormEnd>
        </Stack>
      </form>
    </Modal>
  )
}
