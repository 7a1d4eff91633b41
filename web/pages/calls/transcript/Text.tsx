import { Switch } from '@mantine/core'
import {
  type Dispatch,
  type KeyboardEvent,
  type SetStateAction,
  useCallback,
  useDeferredValue,
  useMemo,
  useRef,
  useState,
} from 'react'
import { useTranslation } from 'react-i18next'
import type { Gap } from '../../../../contract/models/calls.ts'
import type { Transcript, Turn } from '../../../../contract/models/transcripts.ts'
import { Notice } from '../../../kit/states.tsx'
import { useMay } from '../../../queries.ts'
import type { Playhead } from '../player/playhead.ts'
import type { Ask } from './Correct.tsx'
import { Export } from './Export.tsx'
import { Find } from './Find.tsx'
import { findIn, linesOf } from './lines.ts'
import styles from './transcript.module.css'
import { TurnList } from './TurnList.tsx'

type TextProps = {
  transcript: Transcript
  ask: Ask
  gaps: Gap[]
  playhead: Playhead | null
  /** Index of the turn to open at. */
  target: number | null
  onChange: Dispatch<SetStateAction<Transcript | null>>
}

/** A transcript to read: found in, followed while it plays, taken away as a file. */
export const Text = ({ transcript, ask, gaps, playhead, target, onChange }: TextProps) => {
  const { t } = useTranslation()
  const mayExport = useMay('calls.export')
  const { turns, status } = transcript
  const lines = useMemo(() => linesOf(turns, gaps), [turns, gaps])
  const [find, setFind] = useState('')
  const wanted = useDeferredValue(find)
  const hits = useMemo(() => findIn(lines, wanted), [lines, wanted])
  const [place, setPlace] = useState(0)
  const [follow, setFollow] = useState(true)
  const field = useRef<HTMLInputElement>(null)
  const onCorrected = useCallback(
    (turn: Turn) =>
      onChange((last) => last && { ...last, turns: last.turns.map((old) => (old.index === turn.index ? turn : old)) }),
    [onChange],
  )
  if (turns.length === 0) return <Notice>{t('transcript.nothingSaid')}</Notice>
  const hit = hits[Math.min(place, hits.length - 1)] ?? null
  const goTo = (next: number): void => {
    setPlace(next)
    setFollow(false)
  }
  // The browser's own search sees no more than the turns on the screen.
  const onKey = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== 'f' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    field.current?.focus()
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- keys bubble from the controls inside
    <div className={styles.text} onKeyDown={onKey}>
      {status.engine?.demo && <Notice tone="warn">{t('transcript.demo')}</Notice>}
      {status.reason === 'left_out' && <Notice tone="warn">{t('transcript.leftOut')}</Notice>}
      <div className={styles.tools}>
        <Find
          field={field}
          value={find}
          hits={hits.length}
          place={Math.min(place, hits.length - 1)}
          onChange={(text) => {
            setFind(text)
            goTo(0)
          }}
          onPlace={goTo}
        />
        {playhead && (
          <Switch
            label={t('transcript.follow')}
            checked={follow}
            onChange={(event) => setFollow(event.currentTarget.checked)}
          />
        )}
        {mayExport && <Export {...ask} />}
      </div>
      <TurnList
        lines={lines}
        hits={hits}
        hit={hit}
        ask={ask}
        playhead={playhead}
        follow={follow}
        onFollow={setFollow}
        target={target}
        onCorrected={onCorrected}
      />
      <p className="quiet small">
        {playhead && `${t('transcript.keys')} `}
        {status.engine &&
          t('transcript.madeBy', {
            engine: status.engine.engine,
            model: status.engine.model,
            version: status.engine.version,
          })}
      </p>
    </div>
  )
}
