import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { Certificate } from '../lapse/certificate.ts'
import type { HoldSelection } from '../holds/selection.ts'

type Day = ColumnType<string, string, string>
type Timestamp = ColumnType<Date, Date, Date>

export type TermState = 'live' | 'ending' | 'ended'
/** Why a term ended. `restored`: found destroyed after the database was restored from a backup. */
export type LapseReason = 'clock' | 'withdrawal' | 'objection' | 'erasure' | 'confirmation' | 'decision' | 'restored'

export type TermTables = {
  term: {
    call_id: string
    purpose: string
    segment: Generated<number>
    from_ms: number | null
    to_ms: number | null
    rendition_id: string | null
    card_id: string
    basis: string | null
    country: string | null
    customer_index: Buffer | null
    started_at: Timestamp
    last_day: Day
    /** The last day of the audio, where it ends before the rest. */
    audio_last_day: string | null
    audio_ended_at: Timestamp | null
    state: TermState
    reason: LapseReason | null
    ended_at: Timestamp | null
  }
  destruction: {
    call_id: string
    at: Timestamp
    certificate: JSONColumnType<Certificate>
    final_at: Timestamp | null
  }
  retention_clock: {
    single: Generated<boolean>
    day: Day
    confirmed: ColumnType<string | null, string | null | undefined, string | null>
  }
  legal_hold: {
    id: string
    selection: JSONColumnType<HoldSelection>
    customer_index: Buffer | null
    reason: Buffer
    reference: Buffer | null
    placed_by: string | null
    placed_at: Timestamp
    state: 'placing' | 'active' | 'release_asked' | 'released'
    release_reason: Buffer | null
    release_asked_by: string | null
    release_asked_at: Timestamp | null
    released_by: string | null
    released_at: Timestamp | null
  }
  hold_item: {
    hold_id: string
    call_id: string
    rendition_id: string | null
    /** Null: not yet in the vault. */
    held: boolean | null
    added_at: Timestamp
  }
}
