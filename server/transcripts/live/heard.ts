import type { LiveCaptions, SourceCaption } from '../../../contract/models/captions.ts'
import type { Rate } from '../engines/ports.ts'

export type Role = 'agent' | 'customer' | 'unknown'

/** A call in progress, as this room needs it; the room that records answers. */
export type HeardCall = {
  callId: string
  protocol: string
  /** Captions may be shown: the call serves assistance. */
  assist: boolean
  stored: boolean
  /** Card and bank data is to be left out as soon as it is heard. */
  detector: boolean
  facts(): { queue: string | null; agentCountry: string | null }
  /** ms from the call's start of an arrival (monotonic ns), and back. */
  atMs(arrivalNs: bigint): number
  arrivalAt(ms: number): bigint
  /** Leaves out what arrived from then on, or keeps it again. Returns what had left the memory already, ms. */
  mask(on: boolean, fromNs: bigint): number
  /** Seals under the call's own key what must outlive a crash; null while that cannot be done. */
  seal: (plain: Buffer) => Buffer | null
}

/** Whoever follows a call by ear. */
export type CallListener = {
  hears: boolean
  lane(leg: { index: number; role: () => Role; rate: Rate }): {
    push(samples: Int16Array, arrivalNs: bigint): void
    end(): void
  }
  leg(leg: { index: number; label: string; role: () => Role }): void
  leftOut(why: string | null): void
  caption(said: SourceCaption): boolean
  snapshot(): LiveCaptions
  viewed(): void
  end(): Promise<void>
}
