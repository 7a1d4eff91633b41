import type { AudioFormat } from '../../source.ts'
import type { Media } from './messages.ts'

export type Track = {
  /** Where a chunk belongs, in samples; `position` is undefined without a timestamp. Null for a chunk seen before. */
  place(media: Pick<Media, 'chunk' | 'timestamp' | 'payload'>): { position: number | undefined } | null
}

/** Chunks remembered to tell a late one from a repeated one. */
const REMEMBERED = 256
/** Timestamps are whole milliseconds and wander a little: a chunk that follows the last one this closely follows it exactly. */
const SNAP_MS = 20

/** Places the chunks of one track by their timestamp (ms since the start of the stream). */
export function createTrack(format: AudioFormat): Track {
  const seen = new Set<number>()
  let last = -1
  let next = 0
  const samples = (bytes: number): number => (format.codec === 'L16' ? bytes / 2 : bytes)
  const repeated = (chunk: number): boolean => {
    if (seen.has(chunk)) return true
    seen.add(chunk)
    if (seen.size > REMEMBERED) for (const old of seen) if (seen.delete(old)) break
    return false
  }
  return {
    place({ chunk, timestamp, payload }) {
      if (chunk !== undefined && repeated(chunk)) return null
      if (timestamp === undefined) return { position: undefined }
      const told = Math.round((timestamp * format.rate) / 1000)
      const follows = chunk !== undefined && chunk === last + 1
      const position = follows && Math.abs(told - next) <= (SNAP_MS * format.rate) / 1000 ? next : told
      if (chunk === undefined || chunk > last) {
        last = chunk ?? last
        next = position + samples(payload.length)
      }
      return { position }
    },
  }
}
