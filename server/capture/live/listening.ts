import type { LiveCaptions, SourceCaption } from '../../../contract/models/captions.ts'
import type { MaskKind } from '../media/index.ts'
import type { PartyRole } from '../source.ts'

/**
 * Who follows calls in progress by ear, as this room needs it. The transcripts room listens; the composition root joins them. Nothing
 * here waits: audio never stands still for whoever listens.
 */
export type Listening = {
  /** Called once for each call, before its first leg. Null: nobody listens to this one. */
  begin(call: HeardCall): CallListener | null
}

/** What a listener may know of a call, and do to it. */
export type HeardCall = {
  callId: string
  protocol: string
  /** Captions may be shown: the call serves assistance. */
  assist: boolean
  /** Something of the call is stored. */
  stored: boolean
  /** Card and bank data is to be left out as soon as it is heard. */
  detector: boolean
  facts(): { queue: string | null; agentCountry: string | null }
  /** ms from the call's start of an arrival (monotonic ns). */
  atMs(arrivalNs: bigint): number
  /** The arrival at a moment of the call. */
  arrivalAt(ms: number): bigint
  /**
   * Leaves out what arrived from `fromNs` on, or keeps it again from there. Reaches back into memory only: returns how much of what was
   * asked for had left it, ms.
   */
  mask(on: boolean, fromNs: bigint): number
  /** Seals what must outlive a crash under the call's own key; null while the key is not there, or the call is not stored. */
  seal(plain: Buffer): Buffer | null
}

export type CallListener = {
  /** It wants the sound; otherwise only what the source says of it. */
  hears: boolean
  /** A leg, or a leg whose codec changed. `rate` of its samples. */
  lane(leg: { index: number; role: () => PartyRole; rate: 8000 | 16_000 }): LaneListener
  /** The names of a leg, for captions that the source sends of it. */
  leg(leg: { index: number; label: string; role: () => PartyRole }): void
  /** From now on samples are silence because of this; null: they are what is said. */
  leftOut(why: MaskKind | null): void
  /** False when it says nothing new. */
  caption(said: SourceCaption): boolean
  snapshot(): LiveCaptions
  /** A person follows it. */
  viewed(): void
  /** The call has ended. Resolves when what outlives it is written; what was in memory is gone. */
  end(): Promise<void>
}

/** Samples follow each other without a hole; `arrivalNs` is that of the last of them. */
export type LaneListener = {
  push(samples: Int16Array, arrivalNs: bigint): void
  end(): void
}
