import type { StreamReader } from '../../vault/types.ts'

const WINDOW = 256 * 1024

/**
 * A window sliding forward over a stream, so that a parser reads headers without one await per byte. `need(n)` makes
 * sure n bytes lie at the position; what was passed is let go. Memory: one window, or n if larger.
 */
export type ByteWindow = {
  /** Absolute position of the next byte. */
  readonly at: number
  readonly size: number
  /** The buffered bytes from `at` on. Valid until the next `need`. */
  view(): Buffer
  /** Buffers at least n bytes from `at`, fewer only at the end of the stream. Returns how many are there. */
  need(n: number): Promise<number>
  skip(n: number): void
}

export function byteWindow(reader: StreamReader, from = 0, to = reader.size): ByteWindow {
  let buffer: Buffer = Buffer.alloc(0)
  let at = from
  return {
    get at() {
      return at
    },
    size: to,
    view: () => buffer,
    async need(n) {
      if (buffer.length < n && at + buffer.length < to) {
        const start = at + buffer.length
        const more = await reader.read(start, Math.min(to, Math.max(start + WINDOW, at + n)))
        buffer = buffer.length === 0 ? more : Buffer.concat([buffer, more])
      }
      return Math.min(n, buffer.length)
    },
    skip(n) {
      at += n
      buffer = n >= buffer.length ? Buffer.alloc(0) : buffer.subarray(n)
    },
  }
}

/** Reads [from, to) clamped to the stream. */
export const readAt = (reader: StreamReader, from: number, length: number): Promise<Buffer> =>
  from >= reader.size
    ? Promise.resolve(Buffer.alloc(0))
    : reader.read(Math.max(0, from), Math.min(reader.size, from + length))

export const ascii = (bytes: Buffer, from: number, to: number): string => bytes.toString('latin1', from, to)

/** A piece of compressed audio a decoder takes as a whole, and the samples per channel it holds (0: not known). */
export type Unit = { bytes: Buffer; samples: number }
