import type { LegalBasis } from '../../contract/models/policy.ts'
import type { PurposeKey } from '../../contract/models/common.ts'
import type { Material } from '../../contract/models/retention.ts'
import type { AnyTransaction } from '../platform/db/index.ts'

/**
 * What decides how long things are kept, as this room needs it. The retention room answers; it comes after capture in the order
 * of rooms, so the composition root joins them.
 */
export type Keeping = {
  /**
   * What a purpose keeps of what began at `startMs`, and until when, by the rules of the call's country; null for one that keeps
   * nothing.
   */
  termOf: (purpose: PurposeKey, startMs: number, country: string | null) => PurposeTerm | null
  /** Whether a role is in a purpose's audience. */
  mayUse: (role: string, purpose: string) => boolean
  /**
   * Whether a purpose watches work and is locked for an agent like this one: the documents its country asks for are not
   * registered. Null when it is open.
   */
  locked: (purpose: string, agent: { country: string | null; teamIds: string[] }) => Locked | null
  /** What the register calls a purpose (IRI); null for one it does not have. */
  iri: (purpose: string) => string | null
  /** The legal basis on which a call serves a purpose; null when none is known, or it is not kept for it. */
  basis: (callId: string, purpose: string) => Promise<LegalBasis | null>
  /** The version of the announcement in force; null while none is. */
  announcement: () => number | null
  /** Keys by which callers answer, as the announcement names them; null while no organisation has said them. */
  answerKeys: () => { yes: string; no: string } | null
  /** Writes down what a call is kept for, in the transaction that begins it. */
  open: (tx: AnyTransaction, call: NewCall) => Promise<void>
  /** The caller became known, or known better, while the call went on. */
  customer: (tx: AnyTransaction, callId: string, customerIndex: Buffer | null) => Promise<void>
  /** Writes down what a caller answered, in the transaction that makes it true. */
  consent: (tx: AnyTransaction, said: Said) => Promise<void>
  /** Ends what a call that is sealed may not keep by what its caller said. Before its renditions are made. */
  settle: (callId: string) => Promise<void>
  /** One term for each window instead of one for the whole call; false when the purpose has ended meanwhile. */
  split: (tx: AnyTransaction, ask: { callId: string; purpose: string; windows: TermWindow[] }) => Promise<boolean>
}

/** Last days are UTC. `audioLastDay`: never after `lastDay`. */
export type PurposeTerm = { material: Material; lastDay: Date; audioLastDay: Date }

/** A caller's answer in a call. `protocol` and `by` tell on which way it came. */
export type Said = {
  callId: string
  caller: Buffer | null
  kind: 'given' | 'refused' | 'withdrawn' | 'objected'
  protocol: string
  by: string
  atMs: number
  recordedBy: string | null
}

/** `needs`: of every list one kind of document is missing, as the agreements name them. */
export type Locked = { country: string; needs: string[][] }

export type TermWindow = { fromMs: number; toMs: number; renditionId: string }

export type NewCall = {
  callId: string
  cardId: string
  startedAt: Date
  country: string | null
  /** Blind index of the caller's address. */
  customerIndex: Buffer | null
  /** `audioLastDay`: of a rendition that ends before the rest of what is kept; null when they end together. */
  terms: {
    purpose: string
    renditionId: string | null
    basis: LegalBasis | null
    lastDay: Date
    audioLastDay: Date | null
  }[]
}
