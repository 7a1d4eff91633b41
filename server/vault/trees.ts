import type { Kysely } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import { isOver } from './keys/bucket.ts'
import type { Keystore } from './keys/keystore.ts'
import type { VaultTables } from './store.ts'

/**
 * Forgets the key trees of weeks that are over and whose wraps are all gone: what punctured leaves left of them. A held wrap keeps
 * its tree. Idempotent; a tree that a restored keystore brought back is forgotten again.
 */
export async function dropTrees(deps: {
  db: Kysely<VaultTables>
  keystore: Keystore
  clock: Clock
}): Promise<string[]> {
  const today = new Date(deps.clock.now())
  const empty = await deps.db
    .selectFrom('bucket')
    .select('id')
    .where((e) =>
      e.not(e.exists(e.selectFrom('key_wrap').select('leaf').whereRef('key_wrap.bucket', '=', 'bucket.id'))),
    )
    .execute()
  const over = empty.map((b) => b.id).filter((id) => isOver(id, today) && deps.keystore.hasBucket(id))
  if (over.length === 0) return []
  await deps.db.updateTable('bucket').set({ state: 'lapsed' }).where('id', 'in', over).execute()
  await deps.keystore.forget(over)
  return over
}
