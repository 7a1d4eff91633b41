import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Turn } from '../../../../contract/models/transcripts.ts'
import type { Playhead } from '../player/playhead.ts'
import type { Ask } from './Correct.tsx'
import { GapLine } from './GapLine.tsx'
import { type Hit, lastBegun, type Line, nextTurn } from './lines.ts'
import styles from './transcript.module.css'
import { TurnItem } from './TurnItem.tsx'

type TurnListProps = {
  lines: Line[]
  hits: Hit[]
  /** The place found that is shown. */
  hit: Hit | null
  ask: Ask
  playhead: Playhead | null
  follow: boolean
  onFollow: (follow: boolean) => void
  /** Index of the turn to open at. */
  target: number | null
  onCorrected: (turn: Turn) => void
}

/** Guessed until a turn is seen, px: turns have very different lengths. */
const heightOf = (line: Line | undefined): number =>
  line?.kind === 'turn' ? 64 + 22 * Math.floor(line.turn.text.length / 62) : 38

/** Who said what, one after the other, however long the call was: only what is on the screen is in the page. */
export const TurnList = (props: TurnListProps) => {
  const { lines, hits, hit, ask, playhead, follow, onFollow, target, onCorrected } = props
  const { t } = useTranslation()
  const pane = useRef<HTMLDivElement>(null)
  const [focused, setFocused] = useState(() => Math.max(0, lineOf(lines, target)))
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => pane.current,
    estimateSize: (index) => heightOf(lines[index]),
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: 6,
    // what has the keyboard's focus stays in the page when it is scrolled away
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), focused])].toSorted((a, b) => a - b),
  })
  const show = useCallback((line: number) => rows.scrollToIndex(line, { align: 'center' }), [rows])
  const focus = useFocus(pane)

  useEffect(() => {
    if (hit) show(hit.line)
  }, [hit, show])
  useEffect(() => {
    const line = lineOf(lines, target)
    if (line < 0) return
    show(line)
    focus(line)
    // oxlint-disable-next-line react/exhaustive-deps -- the call is opened there once
  }, [])
  useEffect(() => {
    if (!follow || !playhead) return
    let shown = -1
    return playhead.follow((ms) => {
      const line = lastBegun(lines, ms)
      if (line >= 0 && line !== shown) show(line)
      shown = line
    })
  }, [follow, playhead, lines, show])

  const play = useMemo(
    () =>
      playhead &&
      ((ms: number): void => {
        onFollow(true)
        playhead.playFrom(ms)
      }),
    [playhead, onFollow],
  )
  const onKey = (event: KeyboardEvent): void => {
    if (!(event.target as HTMLElement).matches('li')) return
    const next = nextTurn(lines, focused, event.key)
    const line = lines[focused]
    if (next !== null) {
      setFocused(next)
      rows.scrollToIndex(next, { align: 'auto' })
      focus(next)
    } else if (event.key === 'Enter' && line && play) play(line.fromMs)
    else return
    onFollow(event.key === 'Enter')
    event.preventDefault()
  }
  const byHand = (): void => onFollow(false)
  const found = useMemo(() => byLine(hits), [hits])

  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- keys bubble from the turns inside
    <div
      ref={pane}
      className={styles.pane}
      onKeyDown={onKey}
      onWheel={byHand}
      onTouchMove={byHand}
      // on the bar beside it, and not on what is in it
      onPointerDown={(event) => event.target === event.currentTarget && byHand()}
    >
      <ol className={styles.turns} style={{ height: rows.getTotalSize() }} aria-label={t('transcript.turns')}>
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const line = lines[index]!
          return (
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- remembers which turn has the focus
            <li
              key={key}
              ref={rows.measureElement}
              data-index={index}
              data-kind={line.kind}
              data-target={(line.kind === 'turn' && line.turn.index === target) || undefined}
              style={{ transform: `translateY(${start}px)` }}
              // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the arrow keys go from turn to turn
              tabIndex={index === focused ? 0 : -1}
              aria-setsize={lines.length}
              aria-posinset={index + 1}
              onFocus={() => setFocused(index)}
            >
              {line.kind === 'gap' ? (
                <GapLine {...line} />
              ) : (
                <TurnItem
                  turn={line.turn}
                  hits={found.get(index) ?? none}
                  hit={hit?.line === index ? hit : null}
                  reachable={index === focused}
                  ask={ask}
                  playhead={playhead}
                  play={play}
                  onCorrected={onCorrected}
                />
              )}
            </li>
          )
        })}
      </ol>
    </div>
  )
}

const none: Hit[] = []

function byLine(hits: readonly Hit[]): Map<number, Hit[]> {
  const found = new Map<number, Hit[]>()
  for (const hit of hits) found.set(hit.line, [...(found.get(hit.line) ?? []), hit])
  return found
}

const lineOf = (lines: readonly Line[], turn: number | null): number =>
  turn === null ? -1 : lines.findIndex((line) => line.kind === 'turn' && line.turn.index === turn)

/**
 * Gives a line the keyboard's focus once it is in the page: it may be far away.
 * The line is kept by number: an effect of the render before can still run after the key was pressed.
 */
function useFocus(pane: { current: HTMLElement | null }): (line: number) => void {
  const wanted = useRef<number | null>(null)
  useEffect(() => {
    if (wanted.current === null) return
    const line = pane.current?.querySelector<HTMLElement>(`li[data-index="${wanted.current}"]`)
    if (!line) return
    wanted.current = null
    line.focus({ preventScroll: false })
  })
  return useCallback((line) => {
    wanted.current = line
  }, [])
}
