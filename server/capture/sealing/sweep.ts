import type { Logger } from '../../platform/log.ts'
import { messageOf } from '../../platform/problem.ts'
import type { Ending, Vault } from '../../vault/index.ts'
import { type CaptureDb, day } from '../recorder/ledger.ts'

export type SweepDeps = { db: CaptureDb; vault: Vault; log: Logger }

/** How many calls are looked at together. */
const pageSize = 500
const first = '00000000-0000-0000-0000-000000000000'

type Due = { call_id: string; rendition_id: string; card_id: string | null }

/** The working copies of sealed calls, in the order of their calls. */
const copies = (db: CaptureDb, after: string) =>
  db
    .selectFrom('call_rendition')
    .innerJoin('call', 'call.id', 'call_rendition.call_id')
    .select(['call_rendition.call_id', 'rendition_id', 'call.card_id'])
    .where('purpose', '=', 'processing')
    .where('call_rendition.state', '=', 'sealed')
    .where('call_rendition.call_id', '>', after)
    .orderBy('call_rendition.call_id')
    .limit(pageSize)

/**
 * Destroys working copies whose last day is over: the audio as captured goes, the renditions per purpose live on. One whose other
 * renditions do not exist yet is destroyed all the same: its clock is the policy's promise.
 */
export async function sweepProcessing(deps: SweepDeps, nowMs: number): Promise<number> {
  let ended = 0
  for (let after = first; ;) {
    const due = await copies(deps.db, after)
      .where('expires_on', '<', day(new Date(nowMs)))
      .execute()
    if (due.length === 0) return ended
    ended += await endProcessing(deps, due)
    after = due.at(-1)!.call_id
  }
}

/**
 * Destroys the working copies of calls of which a purpose was ended before its time, as soon as no rendition is to be made from them
 * any more: of these calls, or of all. What cannot be destroyed now is looked at again at the next sweep, start or rendition.
 */
export async function endWorkingCopies(deps: SweepDeps, callIds?: string[]): Promise<void> {
  try {
    for (let after = first; ;) {
      let query = copies(deps.db, after)
        .where('ends_early', '=', true)
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('call_rendition as made')
                .select('made.rendition_id')
                .whereRef('made.call_id', '=', 'call_rendition.call_id')
                .where('made.state', '=', 'pending'),
            ),
          ),
        )
      if (callIds) query = query.where('call_rendition.call_id', 'in', callIds)
      const due = await query.execute()
      if (due.length === 0) return
      await endProcessing(deps, due)
      after = due.at(-1)!.call_id
    }
  } catch (error) {
    deps.log.error({ detail: messageOf(error) }, 'working copies could not be looked for; it is tried again')
  }
}

/** Those of these calls whose working copy is there. */
export async function workingCopies(db: CaptureDb, callIds: string[]): Promise<string[]> {
  if (callIds.length === 0) return []
  const rows = await db
    .selectFrom('call_rendition')
    .select('call_id')
    .where('call_id', 'in', callIds)
    .where('purpose', '=', 'processing')
    .where('state', 'in', ['recording', 'sealed'])
    .execute()
  return rows.map((row) => row.call_id)
}

/** What is under a legal hold stays, and is looked at again. */
async function endProcessing({ db, vault, log }: SweepDeps, due: Due[]): Promise<number> {
  try {
    const endings = due.flatMap(({ rendition_id, card_id }): Ending[] => [
      { renditionId: rendition_id, purpose: 'all' },
      ...(card_id ? [{ renditionId: card_id, purpose: 'processing' as const }] : []),
    ])
    const { held } = await vault.end(endings)
    const gone = due.filter((d) => !held.includes(d.rendition_id))
    if (gone.length === 0) return 0
    await db
      .updateTable('call_rendition')
      .set({ state: 'erased', bytes: 0 })
      .where(
        'rendition_id',
        'in',
        gone.map((d) => d.rendition_id),
      )
      .execute()
    await db
      .updateTable('call_rendition')
      .set({ state: 'failed' })
      .where(
        'call_id',
        'in',
        gone.map((d) => d.call_id),
      )
      .where('state', '=', 'pending')
      .execute()
    return gone.length
  } catch (error) {
    log.error(
      { calls: due.length, detail: messageOf(error) },
      'renditions as captured could not be destroyed; it is tried again',
    )
    return 0
  }
}
