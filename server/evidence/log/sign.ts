import type { KeyObject } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { encodeCheckpoint } from '../../../proof/checkpoint.ts'
import { rootOf } from '../../../proof/merkle.ts'
import { signNote } from '../../../proof/note.ts'
import type { EvidenceTables, LogRow } from '../store.ts'
import { type Guard, requireContinues } from './guard.ts'
import { asInconsistency, Inconsistency } from './inconsistency.ts'
import type { Reached } from './integrate.ts'
import { storedNodes } from './tiles.ts'

/** A signed state of a log. `text` is the signed note, with the log's own signature only; `signedAt` is ms. */
export type SignedCheckpoint = { origin: string; size: number; text: string; signedAt: number }

/** What was signed last of a log, or undefined. */
export const lastCheckpoint = (db: Kysely<EvidenceTables>, origin: string) =>
  db
    .selectFrom('checkpoint')
    .selectAll()
    .where('origin', '=', origin)
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst()

/**
 * Signs the state of a log, in a transaction that holds the writer's lock. The guard is durable before there is a signature, so
 * that nothing that was ever signed can be forgotten. Null when this state is signed already.
 * Throws Inconsistency when the log is not what was signed before, or its root not that of its tiles.
 */
export async function signState(
  tx: Transaction<EvidenceTables>,
  log: LogRow,
  by: { guard: Guard; key: KeyObject; nowMs: number; reached: Reached },
): Promise<SignedCheckpoint | null> {
  const last = await lastCheckpoint(tx, log.origin)
  if (last?.size === log.size) return null
  await requireContinues(tx, log, await by.guard.read())
  const root = await asInconsistency(() => rootOf(storedNodes(tx, log.id, log.size), log.size))
  if (!root.equals(log.root))
    throw new Inconsistency('root_differs', `The tiles of log ${log.name} do not make its root.`)
  const text = encodeCheckpoint({ origin: log.origin, size: log.size, root })
  await by.guard.write(text)
  by.reached('guarded')
  const note = signNote(text, log.origin, by.key)
  by.reached('signed')
  const row = { origin: log.origin, size: log.size, text: note, signed_at: new Date(by.nowMs) }
  await tx.insertInto('checkpoint').values(row).execute()
  by.reached('stored')
  return { origin: log.origin, size: log.size, text: note, signedAt: by.nowMs }
}
