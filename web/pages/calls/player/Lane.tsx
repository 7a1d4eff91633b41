import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Gap, Mark } from '../../../../contract/models/calls.ts'
import { useFormat } from '../../../kit/format.ts'
import { columnsOf, decodePeaks } from './peaks.ts'
import styles from './player.module.css'

type LaneProps = {
  role: 'agent' | 'customer' | 'unknown'
  peaks: string
  gaps: Gap[]
  durationMs: number
  atMs: number
  onSeek: (ms: number) => void
}

const useWidth = () => {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (!box.current) return
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    watch.observe(box.current)
    return () => watch.disconnect()
  }, [])
  return { box, width }
}

/** One lane: its waveform, what of it is missing and why, and where playback stands. */
export const Lane = ({ role, peaks, gaps, durationMs, atMs, onSeek }: LaneProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const { box, width } = useWidth()
  const canvas = useRef<HTMLCanvasElement>(null)
  const data = useMemo(() => decodePeaks(peaks), [peaks])
  // A canvas keeps the colours it was drawn with.
  const scheme = useComputedColorScheme('light')
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, data, width)
  }, [data, width, scheme])
  const percent = (ms: number): string => `${(Math.min(ms, durationMs) / durationMs) * 100}%`
  return (
    <div
      ref={box}
      className={styles.lane}
      data-role={role}
      onPointerDown={(event) => {
        const frame = event.currentTarget.getBoundingClientRect()
        onSeek(((event.clientX - frame.left) / frame.width) * durationMs)
      }}
    >
      <canvas ref={canvas} className={styles.wave} aria-hidden="true" />
      {gaps.map((gap) => (
        <div
          key={`${gap.kind}${gap.fromMs}`}
          className={styles.gap}
          data-kind={gap.kind}
          style={{ insetInlineStart: percent(gap.fromMs), width: percent(gap.toMs - gap.fromMs) }}
          title={`${t(`calls.gap.${gap.kind}`)} · ${format.clock(gap.fromMs)}–${format.clock(gap.toMs)}`}
        >
          <span>{t(`calls.gap.${gap.kind}`)}</span>
        </div>
      ))}
      <div className={styles.cursor} style={{ insetInlineStart: percent(atMs) }} />
    </div>
  )
}

const draw = (canvas: HTMLCanvasElement, peaks: Int8Array, width: number): void => {
  const ratio = globalThis.devicePixelRatio || 1
  const height = canvas.clientHeight
  canvas.width = width * ratio
  canvas.height = height * ratio
  const pen = canvas.getContext('2d')
  if (!pen) return
  pen.scale(ratio, ratio)
  pen.fillStyle = getComputedStyle(canvas).color
  const middle = height / 2
  for (const [x, { low, high }] of columnsOf(peaks, width).entries()) {
    const top = middle - high * middle * 0.95
    pen.fillRect(x, top, 1, Math.max(1, middle - low * middle * 0.95 - top))
  }
}

/** Marks of the call as small flags above the lanes. */
export const MarkRow = ({
  marks,
  durationMs,
  onSeek,
}: {
  marks: Mark[]
  durationMs: number
  onSeek: (ms: number) => void
}) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (marks.length === 0) return null
  return (
    <div className={styles.marks}>
      {marks.map((mark) => (
        <button
          key={`${mark.kind}${mark.atMs}${mark.leg ?? ''}`}
          type="button"
          className={styles.mark}
          data-kind={mark.kind}
          style={{ insetInlineStart: `${(Math.min(mark.atMs, durationMs) / durationMs) * 100}%` }}
          aria-label={`${t(`calls.mark.${mark.kind}`)}, ${format.clock(mark.atMs)}`}
          title={`${t(`calls.mark.${mark.kind}`)} · ${format.clock(mark.atMs)}`}
          onClick={() => onSeek(mark.atMs)}
        />
      ))}
    </div>
  )
}
