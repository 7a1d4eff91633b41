import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { renderWav, spanOfBytes, type WavPlan } from '../media/index.ts'
import type { ByteRange } from './range.ts'

type Sending = {
  wav: WavPlan
  /** Null: the whole file. */
  range: ByteRange | null
  /** Told once, at the end or when the listener goes away: the span of media that was handed to the connection. */
  onServed: (span: { fromMs: number; toMs: number }) => void
}

/** Streams a range of a virtual WAV: rendered as it is read, never held whole, never cached by anyone. */
export function sendWav(reply: FastifyReply, { wav, range, onServed }: Sending): FastifyReply {
  const { from, to } = range ?? { from: 0, to: wav.bytes }
  let at = from
  async function* counted(): AsyncGenerator<Buffer> {
    try {
      for await (const bytes of renderWav(wav, from, to)) {
        at += bytes.length
        yield bytes
      }
    } finally {
      const span = spanOfBytes(wav, from, at)
      if (span.toMs > span.fromMs) onServed(span)
    }
  }
  void reply.headers({
    'content-type': 'audio/wav',
    'content-length': String(to - from),
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    ...(range && { 'content-range': `bytes ${from}-${to - 1}/${wav.bytes}` }),
  })
  return reply.status(range ? 206 : 200).send(Readable.from(counted(), { objectMode: false, highWaterMark: 1 << 16 }))
}
