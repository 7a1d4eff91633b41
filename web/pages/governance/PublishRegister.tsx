import { Modal, Stack, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Reply } from '../../api.ts'
import { api } from '../../api.ts'
import { textOf } from '../../i18n.ts'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { Notice, ProblemNotice, Ready } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import { type Draft, useSpanWords } from './draft.ts'
import { ImpactTable } from './ImpactTable.tsx'
import { useNames } from './names.ts'

type Check = Reply<'POST /purposes/check'>

/** The last look before a register comes into force: what keeps it from that, and what ends sooner by it. */
export const PublishRegister = ({ draft, onClose }: { draft: Draft; onClose: () => void }) => {
  const { t } = useTranslation()
  const [note, setNote] = useState('')
  const { entries, basedOn } = draft
  const looked = useQuery({
    queryKey: ['register draft', entries],
    queryFn: async () => {
      const check = await api('POST /purposes/check', { body: { entries } })
      // A register that cannot be published has no effect to count.
      const preview = check.flaws.length > 0 ? [] : (await api('POST /purposes/preview', { body: { entries } })).items
      return { check, preview }
    },
    gcTime: 0,
  })
  const publish = useAct('POST /purposes/versions', {
    refresh: ['GET /purposes', 'GET /purposes/names', 'GET /purposes/versions', 'GET /announcements'],
    announceProblem: false,
    done: t('governance.purposes.published'),
    onDone: onClose,
  })
  const send = (): void => publish.mutate({ body: { entries, note: note.trim(), basedOn } })
  return (
    <Modal opened onClose={onClose} size="lg" title={t('governance.purposes.publishTitle')}>
      <form onSubmit={submitting(send)}>
        <Stack>
          <Ready query={looked}>
            {({ check, preview }) =>
              check.flaws.length > 0 ? (
                <Flaws flaws={check.flaws} />
              ) : (
                <>
                  <Changes changes={check.changes} />
                  <ImpactTable counts={preview} />
                </>
              )
            }
          </Ready>
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
          <ProblemNotice problem={publish.error} />
          <FormEnd
            onCancel={onClose}
            loading={publish.isPending}
            disabled={!looked.data || looked.data.check.flaws.length > 0}
          >
            {t('policy.publishNow')}
          </FormEnd>
        </Stack>
      </form>
    </Modal>
  )
}

const Flaws = ({ flaws }: Pick<Check, 'flaws'>) => {
  const { t } = useTranslation()
  const names = useNames()
  return (
    <Notice tone="bad" live title={t('governance.purposes.flaws')}>
      <ul>
        {flaws.map(({ code, purpose }) => (
          <li key={`${purpose} ${code}`}>
            {textOf(t, `problems.${code}`, { purpose: names.purpose(purpose) }) ?? code}
          </li>
        ))}
      </ul>
    </Notice>
  )
}

const Changes = ({ changes }: Pick<Check, 'changes'>) => {
  const { t } = useTranslation()
  const format = useFormat()
  const words = useSpanWords()
  const names = useNames()
  const lineOf = ({ purpose, country, what, effect, before, after }: Check['changes'][number]): string => {
    const where = country ? ` (${format.country(country)})` : ''
    const spans = before && after ? ` – ${words(before)} → ${words(after)}` : ''
    return `${names.purpose(purpose)}${where}, ${t(`governance.purposes.what.${what}`)}${spans} (${t(`governance.purposes.effect.${effect}`)})`
  }
  return (
    <Notice title={t('governance.purposes.changes')}>
      {changes.length === 0 ? (
        t('governance.purposes.noChanges')
      ) : (
        <ul>
          {changes.map((change) => (
            <li key={`${change.purpose} ${change.country} ${change.what}`}>{lineOf(change)}</li>
          ))}
        </ul>
      )}
    </Notice>
  )
}
