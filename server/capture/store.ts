import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { AccessRecord, CallState, Gap, MarkKind } from '../../contract/models/calls.ts'
import type { Decision } from '../../contract/models/policy.ts'
import type { AudioMaterial } from '../../contract/models/retention.ts'

type Timestamp = ColumnType<Date, Date, Date>

export type CallTable = {
  id: string
  state: CallState
  protocol: string
  direction: string | null
  queue: string | null
  /** Blind index of protocol and session key. */
  session_index: Buffer
  /** Blind index of the conversation several sessions may share. */
  conversation_index: Buffer | null
  started_at: Timestamp
  ended_at: Timestamp | null
  duration_ms: ColumnType<number, number | undefined, number>
  ending: string | null
  agent_id: string | null
  team_ids: ColumnType<string[], string[] | undefined, string[]>
  caller_country: string | null
  agent_country: string | null
  customer_index: Buffer | null
  announcement: number | null
  decision: JSONColumnType<Decision>
  difficult: ColumnType<boolean, boolean | undefined, boolean>
  gaps_provable: boolean
  alerts: ColumnType<string[], string[] | undefined, string[]>
  consent: ColumnType<string, string | undefined, string>
  card_id: string | null
  card: Buffer | null
}

export type CaptureTables = {
  call: CallTable
  call_leg: {
    call_id: string
    index: number
    label: string
    role: 'agent' | 'customer' | 'unknown'
    codec: string
    rate: number
    duration_ms: ColumnType<number, number | undefined, number>
    packets: ColumnType<number, number | undefined, number>
    lost: ColumnType<number, number | undefined, number>
    gaps_provable: boolean
    gaps: JSONColumnType<Omit<Gap, 'leg'>[]>
    /** Of the `sensitive` gaps: kept from the disk while it was said; destroyed after the call was sealed. */
    masked_live_ms: Generated<number>
    found_later_ms: Generated<number>
  }
  call_mark: {
    id: string
    call_id: string
    at_ms: number
    kind: MarkKind
    by: string
    actor_id: string | null
    leg: number | null
  }
  call_rendition: {
    call_id: string
    purpose: string
    /** 0 = the whole call; 1, 2, … = its contract windows. */
    segment: ColumnType<number, number | undefined, number>
    from_ms: ColumnType<number | null, number | null | undefined, number | null>
    to_ms: ColumnType<number | null, number | null | undefined, number | null>
    rendition_id: string
    /** What of the call's audio it holds; null for the passing copy as captured. */
    material: ColumnType<AudioMaterial | null, AudioMaterial | null | undefined, AudioMaterial | null>
    format: string
    state: 'pending' | 'recording' | 'sealed' | 'failed' | 'erased'
    bytes: ColumnType<number, number | undefined, number>
    expires_on: ColumnType<string, string, string>
    /** A working copy that goes once nothing is to be made from it: a purpose of its call was ended. */
    ends_early: Generated<boolean>
    /** How often something was destroyed in it after it was made. */
    edition: Generated<number>
  }
  access_record: {
    id: string
    at: Timestamp
    actor_id: string | null
    actor_role: string
    session_hash: string | null
    auth_method: 'session' | 'token' | null
    action: AccessRecord['action']
    call_id: string
    /** The call's agent at that time; stays when the call is destroyed. */
    agent_id: string | null
    rendition_id: string | null
    purpose: string | null
    legal_basis: string | null
    /** The person's own words: sealed in the deployment's box. */
    reason: Buffer | null
    outcome: AccessRecord['outcome']
    refusal: string | null
    from_ms: number | null
    to_ms: number | null
    served_ms: ColumnType<number, number | undefined, number>
    segment: number | null
    purpose_iri: string | null
    /** The case or request it was for: sealed in the deployment's box. */
    case_ref: Buffer | null
    approver_id: string | null
    redaction: AccessRecord['redaction']
    /** Null in records older than the chain. */
    number: number | null
    prev_hash: Buffer | null
    hash: Buffer | null
  }
  /** One row: both ends of the chain of access records. */
  access_chain: { number: number; hash: Buffer; ended_number: number; ended_hash: Buffer }
  upload: {
    id: string
    state: 'receiving' | 'decoding' | 'done' | 'refused'
    call_id: string
    rendition_id: string
    size: number
    received: ColumnType<number, number | undefined, number>
    facts: Buffer
    problem: JSONColumnType<{ code: string; detail: string; params?: Record<string, string | number> }> | null
    person_id: string | null
    token_id: string | null
    created_at: Timestamp
    updated_at: Timestamp
  }
  source_credential: {
    id: string
    protocol: string
    name: string
    key_id: string
    secret: Buffer
    created_at: Timestamp
    last_used_at: Timestamp | null
  }
}

/** What the sealed card holds: the call's personal data and the source's own words, byte for byte. */
export type Card = {
  parties: {
    role: 'agent' | 'customer' | 'unknown'
    address?: string | undefined
    name?: string | undefined
    country?: string | undefined
  }[]
  sessionKey: string
  conversationKey?: string | undefined
  agentAlias?: string | undefined
  fileName?: string | undefined
  /** Raw metadata versions: media type and base64 bytes. */
  raw: { mediaType: string; base64: string; atMs: number }[]
  dtmf: { leg: string; digit: string; atMs: number }[]
}
