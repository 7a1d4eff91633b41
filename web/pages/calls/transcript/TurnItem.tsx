import { Button } from '@mantine/core'
import { memo, type MouseEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Turn } from '../../../../contract/models/transcripts.ts'
import { useFormat } from '../../../kit/format.ts'
import type { Playhead } from '../player/playhead.ts'
import { type Ask, Correct } from './Correct.tsx'
import { type Hit, type Piece, piecesOf, wordAt } from './lines.ts'
import styles from './transcript.module.css'

type TurnItemProps = {
  turn: Turn
  hits: Hit[]
  /** The place found that is shown, when it is in this turn. */
  hit: Hit | null
  /** Its controls are reached with the tab key. */
  reachable: boolean
  ask: Ask
  playhead: Playhead | null
  play: ((ms: number) => void) | null
  onCorrected: (turn: Turn) => void
}

/** What one person said, with marks where something personal was taken out; the word that is spoken is set off. */
export const TurnItem = memo(({ turn, hits, hit, reachable, ask, playhead, play, onCorrected }: TurnItemProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const [correcting, setCorrecting] = useState(false)
  const pieces = useMemo(() => piecesOf(turn, hits), [turn, hits])
  const box = useSpoken(turn, playhead)
  const tabIndex = reachable ? 0 : -1
  const begin = format.clock(turn.fromMs)
  const onClick = (event: MouseEvent): void => {
    const word = (event.target as HTMLElement).closest<HTMLElement>('[data-word]')?.dataset['word']
    // who selects text to copy it wants to hear nothing
    if (!play || getSelection()?.isCollapsed === false) return
    play(word === undefined ? turn.fromMs : (turn.words[Number(word)]?.fromMs ?? turn.fromMs))
  }
  return (
    <div ref={box} className={styles.turn} data-role={turn.role} lang={turn.language}>
      <div className={styles.who} lang={document.documentElement.lang}>
        <span>{t(`calls.role.${turn.role}`)}</span>
        {play ? (
          <button
            type="button"
            className={styles.time}
            tabIndex={tabIndex}
            aria-label={t('transcript.playFrom', { at: begin })}
            onClick={() => play(turn.fromMs)}
          >
            {begin}
          </button>
        ) : (
          <span className={styles.time}>{begin}</span>
        )}
        {turn.madeBy === 'source' && <span className="quiet">{t('transcript.source')}</span>}
        {!correcting && (
          <Button
            className={styles.correct ?? ''}
            variant="subtle"
            color="gray"
            size="compact-xs"
            fw={450}
            tabIndex={tabIndex}
            onClick={() => setCorrecting(true)}
          >
            {t('transcript.correct')}
          </Button>
        )}
      </div>
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- Enter on the turn plays too */}
      <p className={styles.said} data-plays={play !== null || undefined} onClick={onClick}>
        {pieces.map((piece) => (
          <PieceOf key={piece.at} piece={piece} shown={hit !== null && piece.hit?.at === hit.at} />
        ))}
      </p>
      {turn.corrections.map((note) => (
        <p key={note.id} className={styles.note}>
          {t('transcript.corrected', { who: note.authorName ?? '–', when: format.dateTime(note.at), text: note.text })}
        </p>
      ))}
      {correcting && <Correct turn={turn} ask={ask} onCorrected={onCorrected} onClose={() => setCorrecting(false)} />}
    </div>
  )
})
TurnItem.displayName = 'TurnItem'

const PieceOf = ({ piece: { text, word, mark, hit }, shown }: { piece: Piece; shown: boolean }) => {
  const { t } = useTranslation()
  const inner = mark ? <span className={styles.mark}>{t(`transcript.marks.${mark}`)}</span> : text
  return <span data-word={word ?? undefined}>{hit ? <mark data-shown={shown || undefined}>{inner}</mark> : inner}</span>
}

/** Sets off the turn and the word that are spoken, in the page itself: this happens many times a second. */
function useSpoken(turn: Turn, playhead: Playhead | null) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let spoken = -1
    return playhead?.follow((ms) => {
      box.current?.toggleAttribute('data-now', ms >= turn.fromMs && ms <= turn.toMs)
      const word = wordAt(turn, ms)
      if (word === spoken) return
      spoken = word
      for (const old of box.current?.querySelectorAll('[data-word][data-now]') ?? []) old.removeAttribute('data-now')
      for (const now of box.current?.querySelectorAll(`[data-word="${word}"]`) ?? []) now.setAttribute('data-now', '')
    })
  }, [turn, playhead])
  return box
}
