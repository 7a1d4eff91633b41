import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { LegalBasis } from '../../../contract/models/policy.ts'
import type { CalendarDay } from '../../../contract/models/terms.ts'
import type { EvidenceTables } from '../../evidence/index.ts'
import type { VaultTables } from '../../vault/index.ts'
import type { TermTables } from './store.ts'

/** Transactions of this room write its own tables together with the vault's and the log's, each through its door. */
export type TermDb = Kysely<TermTables & VaultTables & EvidenceTables>
export type TermTx = Transaction<TermTables & VaultTables & EvidenceTables>

export type TermRow = Selectable<TermTables['term']>
/** One term: a purpose of a call, for the whole of it (segment 0) or for a contract window (1, 2, …). */
export type TermId = { callId: string; purpose: string; segment: number }

export const idOf = (row: { call_id: string; purpose: string; segment: number }): TermId => ({
  callId: row.call_id,
  purpose: row.purpose,
  segment: row.segment,
})

export type NewTerms = {
  callId: string
  cardId: string
  startedAt: Date
  country: string | null
  customerIndex: Buffer | null
  /** `basis`: what the rule that decided declares. */
  terms: {
    purpose: string
    renditionId: string | null
    basis: LegalBasis | null
    lastDay: Date
    audioLastDay: Date | null
  }[]
}

/** Writes down what a call is kept for, in the transaction that begins it. */
export async function openTerms(tx: TermTx, call: NewTerms): Promise<void> {
  if (call.terms.length === 0) return
  await tx
    .insertInto('term')
    .values(
      call.terms.map((t) => ({
        call_id: call.callId,
        purpose: t.purpose,
        from_ms: null,
        to_ms: null,
        rendition_id: t.renditionId,
        card_id: call.cardId,
        basis: t.basis,
        country: call.country,
        customer_index: call.customerIndex,
        started_at: call.startedAt,
        last_day: t.lastDay.toISOString().slice(0, 10),
        audio_last_day: t.audioLastDay?.toISOString().slice(0, 10) ?? null,
        audio_ended_at: null,
        state: 'live' as const,
        reason: null,
        ended_at: null,
      })),
    )
    .execute()
}

export type Window = { fromMs: number; toMs: number; renditionId: string }

/**
 * Replaces the term of a whole call by one for each contract window, each with a rendition of its own. Returns false when the
 * whole call's term is not live any more: then nothing may be made for it.
 */
export async function splitTerm(
  tx: TermTx,
  { callId, purpose, windows }: { callId: string; purpose: string; windows: Window[] },
): Promise<boolean> {
  const { rows } = await sql<TermRow>`
    delete from term where call_id = ${callId} and purpose = ${purpose} and segment = 0 and state = 'live' returning *`.execute(
    tx,
  )
  const whole = rows[0]
  if (!whole) return false
  await tx
    .insertInto('term')
    .values(
      windows.map((w, i) => ({
        ...whole,
        segment: i + 1,
        from_ms: w.fromMs,
        to_ms: Number.isFinite(w.toMs) ? w.toMs : null,
        rendition_id: w.renditionId,
      })),
    )
    .execute()
  return true
}

/** The caller became known, or known better, while the call went on. */
export async function setCustomer(tx: TermTx, callId: string, customerIndex: Buffer | null): Promise<void> {
  await tx
    .updateTable('term')
    .set({ customer_index: customerIndex })
    .where('call_id', '=', callId)
    .where('state', '=', 'live')
    .execute()
}

export const termsOf = (db: TermDb, callId: string): Promise<TermRow[]> =>
  db.selectFrom('term').selectAll().where('call_id', '=', callId).orderBy('purpose').orderBy('segment').execute()

/** Calls of a caller of which something is kept, by id, after one of them. */
export async function callsOf(
  db: TermDb,
  caller: Buffer,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('term')
    .select('call_id')
    .distinct()
    .where('customer_index', '=', caller)
    .where('call_id', '>', after)
    .orderBy('call_id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.call_id)
}

/** A term that no hold covers, those being placed too. */
export const notHeld = sql<boolean>`not exists (
  select from hold_item i join legal_hold h on h.id = i.hold_id
  where i.call_id = term.call_id and i.held is not false and h.state <> 'released'
    and (i.rendition_id is null or i.rendition_id = term.rendition_id))`

/** What is kept for each purpose at present: live terms, and the first and last day on which one ends. */
export async function heldNow(
  db: TermDb,
): Promise<{ purpose: string; terms: number; firstDay: string; lastDay: string }[]> {
  const { rows } = await sql<{ purpose: string; terms: number; firstDay: string; lastDay: string }>`
    select purpose, count(*)::int as terms, min(last_day)::text as "firstDay", max(last_day)::text as "lastDay"
    from term where state = 'live' group by purpose order by purpose`.execute(db)
  return rows
}

/** How many terms end on each day (UTC), or their audio, by purpose; held ones counted apart. `from` and `to` are included. */
export async function calendar(db: TermDb, from: string, to: string): Promise<CalendarDay[]> {
  const { rows } = await sql<CalendarDay>`
    select day::text, purpose, what, count(*)::int as terms, count(*) filter (where kept)::int as held from (
      select last_day as day, purpose, 'purpose' as what, not ${notHeld} as kept from term
      where state = 'live' and last_day between ${from}::date and ${to}::date
      union all
      select audio_last_day, purpose, 'audio', not ${notHeld} from term
      where state = 'live' and audio_ended_at is null and audio_last_day between ${from}::date and ${to}::date
    ) as ends group by day, purpose, what order by day, purpose, what desc`.execute(db)
  return rows
}
