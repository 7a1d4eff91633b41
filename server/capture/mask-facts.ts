import { sql } from 'kysely'
import type { CaptureDb } from './recorder/ledger.ts'

/** How well card and bank data is kept from the disk while it is said. Times are ms of all legs together. */
export type MaskFacts = {
  /** Calls in which card or bank data was found, by then or later. */
  calls: number
  /** Never recorded: the mask of the call in progress was on. */
  maskedLiveMs: number
  /** Missed by that mask, found in the transcript, and destroyed after the call was sealed. */
  foundLaterMs: number
  callsWithMiss: number
}

export async function maskFacts(db: CaptureDb): Promise<MaskFacts> {
  const { rows } = await sql<MaskFacts>`
    select count(*)::int as calls, coalesce(sum(live), 0)::float8 as "maskedLiveMs", coalesce(sum(later), 0)::float8 as "foundLaterMs",
      (count(*) filter (where later > 0))::int as "callsWithMiss"
    from (
      select call_id, sum(masked_live_ms) as live, sum(found_later_ms) as later
      from call_leg where masked_live_ms > 0 or found_later_ms > 0 group by call_id
    ) as found`.execute(db)
  return rows[0]!
}
