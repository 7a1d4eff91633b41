import { type Kysely, sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Objects } from '../platform/objects/index.ts'
import { Problem } from '../platform/problem.ts'
import type { Keystore, Leaf } from './keys/keystore.ts'
import { unknownRendition } from './renditions.ts'
import type { VaultTables } from './store.ts'

/*
 * Destroying a rendition. A crash after any step is safe: the intent is replayed at start.
 *   intent (access denied from here) → keystore punctured → wraps deleted → ciphertext deleted → negative test → erased
 */

export type EraseDeps = {
  db: Kysely<VaultTables>
  keystore: Keystore
  objects: Objects
  clock: Clock
  abort: (renditionId: string) => Promise<void>
}

type Intent = { idx: number; rendition_id: string; leaves: Leaf[] }

/** Throws Problem `rendition_unknown` (404), `erasure_failed` (500). Idempotent. */
export async function erase(deps: EraseDeps, renditionId: string): Promise<void> {
  const intent = await intend(deps, renditionId)
  if (intent) await carryOut(deps, intent)
}

/** Writes the decision down. Null when the rendition is erased already. */
async function intend(deps: EraseDeps, renditionId: string): Promise<Intent | null> {
  return deps.db.transaction().execute(async (tx) => {
    const row = await tx
      .selectFrom('rendition')
      .select('state')
      .where('id', '=', renditionId)
      .forUpdate()
      .executeTakeFirst()
    if (!row) throw unknownRendition(renditionId)
    if (row.state === 'erased') return null
    const open = tx.selectFrom('vault_intent').select(['idx', 'rendition_id', 'leaves'])
    const earlier = await open.where('rendition_id', '=', renditionId).where('done_at', 'is', null).executeTakeFirst()
    if (earlier) return earlier
    const leaves = await tx
      .selectFrom('key_wrap')
      .select(['bucket', 'leaf'])
      .where('rendition_id', '=', renditionId)
      .execute()
    await tx.updateTable('rendition').set({ state: 'erasing' }).where('id', '=', renditionId).execute()
    return tx
      .insertInto('vault_intent')
      .values({
        rendition_id: renditionId,
        leaves: JSON.stringify(leaves),
        created_at: new Date(deps.clock.now()),
        done_at: null,
      })
      .returning(['idx', 'rendition_id', 'leaves'])
      .executeTakeFirstOrThrow()
  })
}

async function carryOut(deps: EraseDeps, intent: Intent): Promise<void> {
  const { idx, rendition_id: id, leaves } = intent
  await deps.abort(id)
  await deps.keystore.puncture(leaves, idx)
  await deps.db.deleteFrom('key_wrap').where('rendition_id', '=', id).execute()
  await deps.objects.removeFolder(id)
  await deps.objects.syncFolder('')
  for (const leaf of leaves) if (deps.keystore.secret(leaf)) throw failed(id)
  if ((await deps.objects.list(id)).length > 0) throw failed(id)
  const now = new Date(deps.clock.now())
  await deps.db.transaction().execute(async (tx) => {
    const erased = { state: 'erased' as const, manifest: '[]', erased_at: now }
    await tx.updateTable('rendition').set(erased).where('id', '=', id).execute()
    await tx.updateTable('vault_intent').set({ done_at: now }).where('idx', '=', idx).execute()
  })
}

const failed = (renditionId: string): Problem =>
  new Problem(
    'erasure_failed',
    500,
    `Rendition ${renditionId} could still be opened after its erasure. It stays locked; run doctor.`,
    { renditionId },
  )

/**
 * Carries out again what was decided: intents not done, and those a keystore restored from a backup does not know of.
 * Before anything is served.
 */
export async function replayIntents(deps: EraseDeps): Promise<number> {
  const { applied } = deps.keystore
  await catchUpNumbers(deps, applied)
  const intents = await deps.db
    .selectFrom('vault_intent')
    .select(['idx', 'rendition_id', 'leaves'])
    .where((e) => e.or([e('done_at', 'is', null), e('idx', '>', applied)]))
    .orderBy('idx')
    .execute()
  for (const intent of intents) await carryOut(deps, intent)
  return intents.length
}

/** After a database restored from a backup, new intents get numbers above those the keystore has carried out. */
async function catchUpNumbers(deps: EraseDeps, applied: number): Promise<void> {
  const { last } = await deps.db
    .selectFrom('vault_intent')
    .select((e) => e.fn.coalesce(e.fn.max('idx'), sql<number>`0`).as('last'))
    .executeTakeFirstOrThrow()
  if (last >= applied) return
  await sql`select setval(pg_get_serial_sequence('vault_intent', 'idx'), ${applied})`.execute(deps.db)
}
