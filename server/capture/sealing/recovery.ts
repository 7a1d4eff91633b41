import type { Evidence } from '../../evidence/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { isProblem, messageOf } from '../../platform/problem.ts'
import type { SealedStream, Vault } from '../../vault/index.ts'
import type { CallRow } from '../calls/view.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import type { Sealer } from './seal.ts'

export type RecoveryDeps = {
  db: CaptureDb
  vault: Vault
  evidence: Evidence
  log: Logger
  clock: Clock
  sealer: Sealer
}

/**
 * Closes every call that the recorder left open when it died: playable up to its last durable moment, marked as interrupted.
 * One that could not be closed (the disk was full, say) is tried again at the next start.
 */
export async function recoverCalls(deps: RecoveryDeps): Promise<number> {
  const open = await deps.db
    .selectFrom('call')
    .selectAll()
    .where('state', 'in', ['live', 'sealing', 'failed'])
    .execute()
  for (const row of open) {
    try {
      await recoverCall(deps, row)
    } catch (error) {
      deps.log.error(
        { callId: row.id, code: isProblem(error) ? error.code : undefined, detail: messageOf(error) },
        'an interrupted call could not be closed',
      )
      await deps.db.updateTable('call').set({ state: 'failed' }).where('id', '=', row.id).execute()
    }
  }
  if (open.length > 0) deps.log.info({ calls: open.length }, 'calls interrupted by the last stop were closed')
  return open.length
}

async function recoverCall(deps: RecoveryDeps, row: CallRow): Promise<void> {
  const { db, vault } = deps
  const rendition = await db
    .selectFrom('call_rendition')
    .selectAll()
    .where('call_id', '=', row.id)
    .where('purpose', '=', 'processing')
    .executeTakeFirst()
  if (!rendition || !row.card_id) {
    await db
      .updateTable('call')
      .set({
        state: 'not_recorded',
        ending: row.ending ?? 'interrupted',
        ended_at: row.ended_at ?? new Date(deps.clock.now()),
      })
      .where('id', '=', row.id)
      .execute()
    return
  }
  const card = await vault.unlock(row.card_id, 'processing')
  const processing = await vault.unlock(rendition.rendition_id, 'processing')
  try {
    const streams: SealedStream[] = []
    for (const stream of await vault.recover(processing)) {
      // A log that only its name reached the disk of; and what a sealing cut short had derived, which is made again.
      if (stream.bytes > 0 && stream.name.startsWith('packets/')) streams.push(stream)
      else await vault.removeStream(processing, stream.streamId)
    }
    // A call that had already ended keeps its ending; only its sealing was cut short.
    const interrupted = row.ended_at ? {} : { interrupted: { startedAt: row.started_at } }
    await deps.sealer.seal({ callId: row.id, card, processing, streams, sequenced: row.gaps_provable, ...interrupted })
  } finally {
    card.dispose()
    processing.dispose()
  }
}
