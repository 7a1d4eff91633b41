import type { Evidence } from '../../evidence/index.ts'
import type { Logger } from '../../platform/log.ts'
import { messageOf } from '../../platform/problem.ts'
import type { Vault } from '../../vault/index.ts'
import { type CaptureDb, day } from '../recorder/ledger.ts'

export type SweepDeps = { db: CaptureDb; vault: Vault; evidence: Evidence; log: Logger }

/**
 * Destroys processing renditions whose last day is over: the audio as captured goes, the renditions per purpose live on. One
 * whose other renditions do not exist yet is destroyed all the same: its clock is the policy's promise.
 */
export async function sweepProcessing(deps: SweepDeps, nowMs: number): Promise<number> {
  const { db, vault, log } = deps
  const due = await db
    .selectFrom('call_rendition')
    .select(['call_id', 'rendition_id'])
    .where('purpose', '=', 'processing')
    .where('state', '=', 'sealed')
    .where('expires_on', '<', day(new Date(nowMs)))
    .limit(1000)
    .execute()
  for (const { call_id, rendition_id } of due) {
    try {
      await vault.erase(rendition_id)
      await db
        .updateTable('call_rendition')
        .set({ state: 'erased', bytes: 0 })
        .where('rendition_id', '=', rendition_id)
        .execute()
      await db
        .updateTable('call_rendition')
        .set({ state: 'failed' })
        .where('call_id', '=', call_id)
        .where('state', '=', 'pending')
        .execute()
    } catch (error) {
      log.error(
        { callId: call_id, detail: messageOf(error) },
        'a processing rendition could not be destroyed; it is tried again',
      )
    }
  }
  return due.length
}
