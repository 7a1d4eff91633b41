import { ActionIcon, Button, Group, Select, Slider, Tooltip } from '@mantine/core'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { ListenGrant, Mark } from '../../../../contract/models/calls.ts'
import { useFormat } from '../../../kit/format.ts'
import { IconPause, IconPlay } from '../../../kit/icons.tsx'
import { Notice } from '../../../kit/states.tsx'
import { Lane, MarkRow } from './Lane.tsx'
import styles from './player.module.css'
import type { Playhead } from './playhead.ts'
import { speeds, usePlayer, type Player } from './usePlayer.ts'

/** Keys while the player has the focus; also listed under it. */
const keyActions = (player: Player, durationMs: number): Record<string, () => void> => ({
  ' ': player.toggle,
  k: player.toggle,
  ArrowLeft: () => player.seek(player.atMs - 5000),
  ArrowRight: () => player.seek(player.atMs + 5000),
  j: () => player.seek(player.atMs - 15_000),
  l: () => player.seek(player.atMs + 15_000),
  Home: () => player.seek(0),
  End: () => player.seek(durationMs),
  '<': () => player.setSpeed(speeds[Math.max(0, speeds.indexOf(player.speed as 1) - 1)] ?? 1),
  '>': () => player.setSpeed(speeds[Math.min(speeds.length - 1, speeds.indexOf(player.speed as 1) + 1)] ?? 1),
})

type CallPlayerProps = {
  grant: ListenGrant
  marks: Mark[]
  playhead: Playhead
  /** Where to begin at once, ms; null: when somebody presses play. */
  startMs: number | null
  /** A text is read beside it: small where there is little room. */
  small: boolean
}

/** Two lanes with their gaps, and everything needed to listen: from any point, at any speed, each voice at its own volume. */
export const CallPlayer = ({ grant, marks, playhead, startMs, small }: CallPlayerProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const { durationMs } = grant
  const audio = useRef<HTMLAudioElement>(null)
  const player = usePlayer(audio, Math.max(1, ...grant.lanes.map((lane) => lane.channel + 1)), durationMs)
  const { atMs, playFrom } = player
  // Before it first plays or is moved, no word is the one that is heard.
  const begun = useRef(false)
  useEffect(() => {
    begun.current ||= atMs > 0 || player.playing
    if (begun.current) playhead.moved(atMs)
  }, [playhead, player.playing, atMs])
  useEffect(() => playhead.playedBy(playFrom))
  const actions = keyActions(player, durationMs)
  const onKey = (event: KeyboardEvent): void => {
    const onControl = (event.target as HTMLElement).closest('button, input, select, [role="slider"]')
    const action = actions[event.key]
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return
    // A focused button or slider keeps its own keys.
    if (
      onControl &&
      (event.key === ' ' || event.key.startsWith('Arrow') || event.key === 'Home' || event.key === 'End')
    )
      return
    event.preventDefault()
    action()
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys bubble from the controls inside
    <section className={styles.player} data-small={small || undefined} aria-label={t('calls.player')} onKeyDown={onKey}>
      <audio
        ref={audio}
        src={grant.mediaUrl}
        preload="metadata"
        onLoadedMetadata={() => startMs !== null && playFrom(startMs)}
      >
        <track kind="captions" />
      </audio>
      {player.failed && (
        <Notice tone="bad" live>
          {t('calls.playFailed')}
        </Notice>
      )}
      {grant.unplayable.length > 0 && <Notice tone="warn">{t('calls.unplayable')}</Notice>}
      <MarkRow marks={marks} durationMs={durationMs} onSeek={player.seek} />
      {grant.lanes.map((lane) => (
        <div key={lane.leg} className={styles.laneRow}>
          <div className={styles.laneHead}>
            <span className={styles.laneName}>{t(`calls.role.${lane.role}`)}</span>
            <Slider
              className={styles.volume}
              thumbLabel={t('calls.volumeOf', { who: t(`calls.role.${lane.role}`) })}
              min={0}
              max={100}
              size="sm"
              label={(v) => `${v} %`}
              value={Math.round((player.volumes[lane.channel] ?? 1) * 100)}
              onChange={(v) => player.setVolume(lane.channel, v / 100)}
            />
          </div>
          <Lane
            role={lane.role}
            peaks={lane.peaks}
            gaps={grant.gaps.filter((g) => g.leg === lane.leg)}
            durationMs={durationMs}
            atMs={player.atMs}
            onSeek={player.seek}
          />
        </div>
      ))}
      <Group className={styles.controls ?? ''} gap="md">
        <Button leftSection={player.playing ? <IconPause /> : <IconPlay />} onClick={player.toggle} data-autofocus>
          {player.playing ? t('calls.pausePlay') : t('calls.play')}
        </Button>
        <span className={styles.time}>
          {format.clock(player.atMs)} / {format.clock(durationMs)}
        </span>
        <Slider
          className={styles.position}
          thumbLabel={t('calls.position')}
          min={0}
          max={durationMs}
          step={100}
          label={(v) => format.clock(v)}
          value={player.atMs}
          onChange={player.seek}
        />
        <Select
          className={styles.speed}
          aria-label={t('calls.speed')}
          allowDeselect={false}
          data={speeds.map((s) => ({ value: String(s), label: `${format.number(s)}×` }))}
          value={String(player.speed)}
          onChange={(v) => player.setSpeed(Number(v))}
        />
        <Tooltip label={t('calls.keys')} multiline w={320}>
          <ActionIcon visibleFrom="sm" aria-label={t('calls.keys')}>
            ?
          </ActionIcon>
        </Tooltip>
      </Group>
    </section>
  )
}
