import type { Logger } from '../../platform/log.ts'
import { messageOf } from '../../platform/problem.ts'
import type { Ending, Vault } from '../../vault/index.ts'
import { type CaptureDb, day } from '../recorder/ledger.ts'

export type SweepDeps = { db: CaptureDb; vault: Vault; log: Logger }

/**
 * Destroys processing renditions whose last day is over: the audio as captured goes, the renditions per purpose live on. One
 * whose other renditions do not exist yet is destroyed all the same: its clock is the policy's promise.
 */
export async function sweepProcessing(deps: SweepDeps, nowMs: number): Promise<number> {
  let ended = 0
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const due = await deps.db
      .selectFrom('call_rendition')
      .innerJoin('call', 'call.id', 'call_rendition.call_id')
      .select(['call_rendition.call_id', 'rendition_id', 'call.card_id'])
      .where('purpose', '=', 'processing')
      .where('call_rendition.state', '=', 'sealed')
      .where('expires_on', '<', day(new Date(nowMs)))
      .where('call_rendition.call_id', '>', after)
      .orderBy('call_rendition.call_id')
      .limit(500)
      .execute()
    if (due.length === 0) return ended
    ended += await endProcessing(deps, due)
    after = due.at(-1)!.call_id
  }
}

/** What is under a legal hold stays, and is looked at again. */
async function endProcessing(
  { db, vault, log }: SweepDeps,
  due: { call_id: string; rendition_id: string; card_id: string | null }[],
): Promise<number> {
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
