import type { Logger } from '../../platform/log.ts'
import type { EngineIdentity } from '../engines/ports.ts'
import type { SourceSegment } from '../engines/source/captions.ts'
import type { Heard } from '../making/hear.ts'
import type { Stretch } from './guard.ts'
import type { HeardCall } from './heard.ts'

/** What a draft holds of the captions of a source. */
export type SourceDraft = { protocol: string; segments: SourceSegment[] }
/** What a draft holds of what an engine of ours heard: lane by lane, without a hole from the lane's beginning. */
export type EngineDraft = { engine: EngineIdentity; heard: Heard[] }

export type DraftDeps = {
  log: Logger
  /** Whether the call is kept for a purpose for which it is written down. */
  isWritten(callId: string): Promise<boolean>
  /** Keeps what was transcribed, sealed, until the transcript is made. */
  keep(callId: string, origin: 'source' | 'engine', sealed: Buffer): Promise<void>
}

/** So much of one call's captions may wait to be written; a database that is away for longer loses them. */
const MOST_BYTES = 1 << 20

export type Drafts = {
  /** False when it is to be tried again; what a call is not written down for is not kept, and not tried again. */
  keep(origin: 'source' | 'engine', draft: SourceDraft | EngineDraft): Promise<boolean>
}

/** What was transcribed of a call while it goes on, sealed under the call's own key. */
export const drafts = ({ callId, seal }: Pick<HeardCall, 'callId' | 'seal'>, deps: DraftDeps): Drafts => ({
  async keep(origin, draft) {
    const plain = Buffer.from(JSON.stringify(draft))
    try {
      const sealed = seal(plain)
      if (!sealed) return plain.length >= MOST_BYTES
      if (await deps.isWritten(callId)) await deps.keep(callId, origin, sealed)
      return true
    } catch {
      deps.log.warn({ callId }, 'captions: what was transcribed is not kept yet')
      return plain.length >= MOST_BYTES
    }
  },
})

type Timed = { text: string; startMs: number; endMs: number }

/** Something said without the words that lie in what is left out; without times of words it goes as a whole. */
export function without<S extends Timed & { words?: Timed[] }>(said: S, leftOut: readonly Stretch[]): S {
  const meets = ({ startMs, endMs }: Timed): boolean =>
    leftOut.some(({ fromMs, toMs }) => fromMs < endMs && startMs < toMs)
  if (!meets(said)) return said
  const words = (said.words ?? []).filter((word) => !meets(word))
  return { ...said, words, text: words.map(({ text }) => text).join(' ') }
}
