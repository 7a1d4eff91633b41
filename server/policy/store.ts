import { createHash } from 'node:crypto'
import { sql, type Kysely, type Transaction } from 'kysely'
import { z } from 'zod'
import { PolicyRule } from '../../contract/models/policy.ts'
import type { AnyTransaction } from '../platform/db/index.ts'

/** The tables of this room. `rules` is a PolicyRule[] as published. */
export type PolicyTables = {
  policy_versions: { version: number; rules: unknown; note: string; published_at: Date; published_by: string | null }
}

export type StoredVersion = {
  version: number
  rules: PolicyRule[]
  note: string
  publishedAt: Date
  publishedBy: string | null
}

type Row = PolicyTables['policy_versions']
const Rules = z.array(PolicyRule)

const opened = (row: Row): StoredVersion => ({
  version: row.version,
  rules: Rules.parse(row.rules),
  note: row.note,
  publishedAt: row.published_at,
  publishedBy: row.published_by,
})

/** Two publications at once are taken one after the other. */
const PUBLISH_LOCK = 0x706f_0001

export type PublishedVersion = { version: number; rulesSha256: string; by: string | null }

export function createStore(
  db: Kysely<PolicyTables>,
  published?: (tx: AnyTransaction, version: PublishedVersion) => Promise<void>,
) {
  const newestFirst = db.selectFrom('policy_versions').selectAll().orderBy('version', 'desc')
  return {
    all: async (): Promise<StoredVersion[]> => (await newestFirst.execute()).map(opened),
    async newest(): Promise<StoredVersion | null> {
      const row = await newestFirst.limit(1).executeTakeFirst()
      return row ? opened(row) : null
    },
    async one(version: number): Promise<StoredVersion | null> {
      const row = await db.selectFrom('policy_versions').selectAll().where('version', '=', version).executeTakeFirst()
      return row ? opened(row) : null
    },
    /** Appends a version when the newest is the one before it; false when it is not. */
    append: (next: StoredVersion): Promise<boolean> =>
      db.transaction().execute(async (tx) => {
        await sql`select pg_advisory_xact_lock(${PUBLISH_LOCK}::bigint)`.execute(tx)
        if ((await newestNumber(tx)) !== next.version - 1) return false
        const { version, note, publishedAt, publishedBy } = next
        const row = {
          version,
          note,
          rules: JSON.stringify(next.rules),
          published_at: publishedAt,
          published_by: publishedBy,
        }
        await tx.insertInto('policy_versions').values(row).execute()
        const rulesSha256 = createHash('sha256').update(row.rules).digest('hex')
        await published?.(tx, { version, rulesSha256, by: publishedBy })
        return true
      }),
  }
}

export type PolicyStore = ReturnType<typeof createStore>

async function newestNumber(tx: Transaction<PolicyTables>): Promise<number> {
  const row = await tx
    .selectFrom('policy_versions')
    .select('version')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.version ?? 0
}
