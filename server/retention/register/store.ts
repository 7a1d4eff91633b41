import { sql, type Kysely, type Transaction } from 'kysely'
import { z } from 'zod'
import { PurposeEntry } from '../../../contract/models/retention.ts'

/** `entries` is a PurposeEntry[] as published. */
export type RegisterTables = {
  purpose_versions: { version: number; entries: unknown; note: string; published_at: Date; published_by: string | null }
}

export type StoredRegister = {
  version: number
  entries: PurposeEntry[]
  note: string
  publishedAt: Date
  publishedBy: string | null
}

const Entries = z.array(PurposeEntry)

const opened = (row: RegisterTables['purpose_versions']): StoredRegister => ({
  version: row.version,
  entries: Entries.parse(row.entries),
  note: row.note,
  publishedAt: row.published_at,
  publishedBy: row.published_by,
})

/** Two publications at once are taken one after the other. */
const PUBLISH_LOCK = 0x7075_0001

export function createRegisterStore(db: Kysely<RegisterTables>) {
  const newestFirst = db.selectFrom('purpose_versions').selectAll().orderBy('version', 'desc')
  return {
    all: async (): Promise<StoredRegister[]> => (await newestFirst.execute()).map(opened),
    async newest(): Promise<StoredRegister | null> {
      const row = await newestFirst.limit(1).executeTakeFirst()
      return row ? opened(row) : null
    },
    /** Appends a version when the newest is the one before it, with `alongside` in one transaction; false when it is not. */
    append: (next: StoredRegister, alongside: (tx: Transaction<RegisterTables>) => Promise<void>): Promise<boolean> =>
      db.transaction().execute(async (tx) => {
        await sql`select pg_advisory_xact_lock(${PUBLISH_LOCK}::bigint)`.execute(tx)
        const newest = await tx
          .selectFrom('purpose_versions')
          .select('version')
          .orderBy('version', 'desc')
          .limit(1)
          .executeTakeFirst()
        if ((newest?.version ?? 0) !== next.version - 1) return false
        const { version, note, publishedAt: published_at, publishedBy: published_by } = next
        const entries = JSON.stringify(next.entries)
        await tx.insertInto('purpose_versions').values({ version, entries, note, published_at, published_by }).execute()
        await alongside(tx)
        return true
      }),
  }
}
