import { sql } from 'kysely'
import type { CaptureTx } from '../recorder/ledger.ts'

type Lapsed = { callId: string; purpose: string; segment: number; last: boolean; reason: string }

/**
 * This room's part when terms end: their renditions are marked erased, and, unless it was their time, the working copy as one that
 * goes early; of a call of which nothing is left, everything goes that
 * names or describes its people. A row without personal data stays: that there was a call, decided how, destroyed when.
 */
export async function eraseLapsed(tx: CaptureTx, lapsed: Lapsed[]): Promise<Map<string, Record<string, number>>> {
  await eraseAudio(tx, lapsed)
  const early = lapsed.filter((l) => l.reason !== 'clock').map((l) => l.callId)
  await sql`update call_rendition set ends_early = true
    where call_id = any(${early}::uuid[]) and purpose = 'processing'`.execute(tx)
  const gone = [...new Set(lapsed.filter((l) => l.last).map((l) => l.callId))]
  if (gone.length === 0) return new Map()
  await sql`update call_rendition set state = 'erased', bytes = 0 where call_id = any(${gone}::uuid[])`.execute(tx)
  const [legs, marks] = [await remove(tx, 'call_leg', gone), await remove(tx, 'call_mark', gone)]
  await sql`update call set state = 'destroyed', card = null, card_id = null, customer_index = null, conversation_index = null,
      session_index = ''::bytea, queue = null, direction = null, caller_country = null, agent_id = null, difficult = false
    where id = any(${gone}::uuid[])`.execute(tx)
  return new Map(gone.map((id) => [id, { card: 1, legs: legs.get(id) ?? 0, marks: marks.get(id) ?? 0 }]))
}

/** The renditions of terms are gone; what else their purposes keep goes on. */
export async function eraseAudio(
  tx: CaptureTx,
  terms: Pick<Lapsed, 'callId' | 'purpose' | 'segment'>[],
): Promise<void> {
  await sql`update call_rendition r set state = 'erased', bytes = 0
    from unnest(${terms.map((t) => t.callId)}::uuid[], ${terms.map((t) => t.purpose)}::text[], ${terms.map((t) => t.segment)}::int[])
      as e(call_id, purpose, segment)
    where (r.call_id, r.purpose, r.segment) = (e.call_id, e.purpose, e.segment)`.execute(tx)
}

async function remove(tx: CaptureTx, table: 'call_leg' | 'call_mark', gone: string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ call_id: string; n: number }>`
    with deleted as (delete from ${sql.table(table)} where call_id = any(${gone}::uuid[]) returning call_id)
    select call_id, count(*)::int as n from deleted group by call_id`.execute(tx)
  return new Map(rows.map((r) => [r.call_id, r.n]))
}

/** The last days of terms were moved: the rows of their renditions say so. */
export async function moveLastDays(
  tx: CaptureTx,
  terms: { callId: string; purpose: string; segment: number; audioLastDay: string }[],
): Promise<void> {
  await sql`update call_rendition r set expires_on = t.day
    from unnest(${terms.map((t) => t.callId)}::uuid[], ${terms.map((t) => t.purpose)}::text[], ${terms.map((t) => t.segment)}::int[], ${terms.map((t) => t.audioLastDay)}::date[])
      as t(call_id, purpose, segment, day)
    where (r.call_id, r.purpose, r.segment) = (t.call_id, t.purpose, t.segment)`.execute(tx)
}
