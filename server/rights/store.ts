import type { ColumnType, Generated, Kysely, Transaction } from 'kysely'
import type { CallRights, CopyMask, RightsKind, RightsReport, RightsRequest } from '../../contract/models/rights.ts'
import type { AnyTransaction } from '../platform/db/index.ts'

export type Grounds = CallRights['restrictions'][number]['grounds']

export type RightsTables = {
  /** A short code a person can say, of one call. */
  call_reference: { call_id: string; code_index: Buffer; sealed: Buffer }
  caller_link: {
    id: string
    call_id: string
    token_hash: Buffer
    made_at: Date
    made_by: string | null
    expires_at: Date
    revoked_at: Date | null
    revoked_by: string | null
  }
  /** The one-time code of a caller who asked; the newest of a call counts. */
  caller_code: { call_id: string; sealed: Buffer; made_at: Date; expires_at: Date; tries: number }
  rights_request: {
    id: string
    scope: Generated<'call' | 'caller'>
    /** Null: it names its caller only. */
    call_id: string | null
    /** Blind index of the caller's address, of an open request about every call. */
    caller: Buffer | null
    kind: RightsKind
    channel: RightsRequest['channel']
    language: Generated<RightsRequest['language']>
    details: Buffer | null
    asked_at: Date
    /** A day, `YYYY-MM-DD`. */
    due_on: string
    identity: 'link' | 'document' | 'call_back' | 'knowledge' | null
    identity_at: Date | null
    identity_by: string | null
    extension: Buffer | null
    extended_at: Date | null
    begun_at: Date | null
    begun_by: string | null
    grounds: Grounds | null
    words: Buffer | null
    hold_id: string | null
    acted_at: Date | null
    report: ColumnType<RightsReport | null, string | undefined, string>
    masks: ColumnType<CopyMask[], string | undefined, string>
    released_until: Date | null
    state: 'open' | 'closed'
    decision: RightsRequest['decision']
    article: RightsRequest['article']
    outcome: Buffer | null
    closed_at: Date | null
    closed_by: string | null
  }
  rights_request_call: {
    request_id: string
    call_id: string
    had_copy: boolean | null
    report: ColumnType<RightsReport | null, string | undefined, string>
    done_at: Date | null
    audio: boolean | null
    masks: ColumnType<CopyMask[], string | undefined, string>
    gone: Generated<boolean>
  }
  call_annotation: {
    id: string
    call_id: string
    request_id: string
    sealed: Buffer
    made_at: Date
    made_by: string | null
  }
  call_restriction: {
    request_id: string
    call_id: string
    grounds: Grounds
    since: Date
    lifted_at: Date | null
    lifted_by: string | null
  }
}

export type RightsDb = Kysely<RightsTables>
export type RightsTx = Transaction<RightsTables>

export type RightsEvent =
  | 'caller_link.made'
  | 'caller_link.revoked'
  | 'rights.asked'
  | 'rights.widened'
  | 'rights.acted'
  | 'rights.delivered'
  | 'rights.closed'
  | 'restriction.placed'
  | 'restriction.lifted'
/** Appends an event to the evidence log in the transaction that makes it true. `data` holds ids and days. */
export type Append = (
  tx: AnyTransaction,
  event: { type: RightsEvent; callId: string | null; data: Record<string, unknown> },
) => Promise<void>
