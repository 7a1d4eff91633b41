import { Button, Group, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Turn } from '../../../../contract/models/transcripts.ts'
import { useFormat } from '../../../kit/format.ts'
import { useAct } from '../../../queries.ts'
import styles from './transcript.module.css'

type Ask = { callId: string; purpose: string }
type Props = { turns: Turn[]; find: string; ask: Ask; onCorrected: (turn: Turn) => void }

/** Who said what, one after the other, with marks where something personal was taken out. */
export const TurnList = ({ turns, find, ask, onCorrected }: Props) => {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <ol className={styles.turns}>
      {turns.map((turn) => (
        <li key={turn.index} data-role={turn.role} lang={turn.language}>
          <div className={styles.who}>
            {t(`calls.role.${turn.role}`)} <span className="quiet">{format.clock(turn.fromMs)}</span>
            {turn.madeBy === 'source' && <span className="quiet"> · {t('transcript.source')}</span>}
          </div>
          <p className={styles.said}>{partsOf(turn, find, (type) => t(`transcript.marks.${type}`))}</p>
          {turn.corrections.map((note) => (
            <p key={note.id} className={styles.note}>
              {t('transcript.corrected', {
                who: note.authorName ?? '–',
                when: format.dateTime(note.at),
                text: note.text,
              })}
            </p>
          ))}
          <Correct turn={turn} ask={ask} onCorrected={onCorrected} />
        </li>
      ))}
    </ol>
  )
}

/** The text in pieces: marks by their names, and what is looked for set off. */
function partsOf(
  { text, marks }: Turn,
  find: string,
  nameOf: (type: Turn['marks'][number]['type']) => string,
): ReactNode[] {
  const parts: ReactNode[] = []
  let at = 0
  for (const mark of [...marks, { type: null, at: text.length, length: 0 }]) {
    parts.push(...foundIn(text.slice(at, mark.at), find, at))
    if (mark.type)
      parts.push(
        <span key={`mark ${mark.at}`} className={styles.mark}>
          {nameOf(mark.type)}
        </span>,
      )
    at = mark.at + mark.length
  }
  return parts
}

function foundIn(text: string, find: string, offset: number): ReactNode[] {
  if (!find) return [text]
  const parts: ReactNode[] = []
  const lower = text.toLocaleLowerCase()
  let at = 0
  for (let hit = lower.indexOf(find); hit >= 0; hit = lower.indexOf(find, at)) {
    parts.push(text.slice(at, hit), <mark key={offset + hit}>{text.slice(hit, hit + find.length)}</mark>)
    at = hit + find.length
  }
  return [...parts, text.slice(at)]
}

/** A note beside the text; the text stays as it was heard. */
const Correct = ({ turn, ask, onCorrected }: { turn: Turn; ask: Ask; onCorrected: (turn: Turn) => void }) => {
  const { t } = useTranslation()
  const [text, setText] = useState<string | null>(null)
  const save = useAct('POST /calls/:callId/transcript/corrections', {
    onDone: (corrected) => {
      setText(null)
      onCorrected(corrected)
    },
  })
  if (text === null)
    return (
      <Button variant="subtle" size="compact-xs" onClick={() => setText('')}>
        {t('transcript.correct')}
      </Button>
    )
  return (
    <Group align="end" gap={8}>
      <Textarea
        label={t('transcript.correctTitle')}
        description={t('transcript.correctHelp')}
        autosize
        flex={1}
        maxLength={2000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button
        disabled={text.trim() === ''}
        loading={save.isPending}
        onClick={() =>
          save.mutate({ params: { callId: ask.callId }, body: { purpose: ask.purpose, index: turn.index, text } })
        }
      >
        {t('transcript.correctSave')}
      </Button>
      <Button variant="default" onClick={() => setText(null)}>
        {t('common.cancel')}
      </Button>
    </Group>
  )
}
