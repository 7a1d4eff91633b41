import { gapKinds, type GapKind } from '../../../contract/models/calls.ts'

/** Why a span of a lane holds no real audio. Their order is the packet log's wire order: append only. */
export const GAP_KINDS = gapKinds
export type { GapKind }

/** Kinds that a recording decision makes: the packets came, and were masked before disk. Stored by index: append only. */
export const MASK_KINDS = [
  'paused',
  'agent_off',
  'no_consent',
  'outside_contract',
  'source_paused',
  'other',
  'sensitive',
] as const

export type MaskKind = (typeof MASK_KINDS)[number]

/** A span in samples of a lane, `to` exclusive. */
export type Span = { from: number; to: number }

/** One entry of the gap ledger. Samples are on the lane's own axis, ms on the call's: both start at the call's origin. */
export type Gap = Span & {
  fromMs: number
  toMs: number
  kind: GapKind
  /** True when the source's own numbering, position or signalling shows the span; false when only arrival times do. */
  provable: boolean
  /** Packets known to be missing (sequence numbers), for `network_loss` and `disk`. */
  missing?: number
  /** The hole is longer than its missing packets explain: the source was silent for the rest. */
  withDtx?: true
}
