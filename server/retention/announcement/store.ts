import { createHash } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import { AnnouncementTexts, type AnnouncementVersion } from '../../../contract/models/consent.ts'

/** Kept as played: consents name the version their caller had heard. */
export type AnnouncementTables = {
  announcement_versions: { version: number; sha256: string; texts: unknown; since: Date }
}

const ANNOUNCEMENT_LOCK = 0x616e_0001

const opened = (row: AnnouncementTables['announcement_versions']): AnnouncementVersion => ({
  version: row.version,
  sha256: row.sha256,
  texts: AnnouncementTexts.parse(row.texts),
  since: row.since.toISOString(),
})

const modes = ['objection', 'opt_in'] as const
const locales = ['it', 'fr', 'en'] as const

/** SHA-256 of what is said, in a fixed order; hex. */
export const hashOf = (texts: AnnouncementTexts): string =>
  createHash('sha256')
    .update(
      JSON.stringify(modes.flatMap((mode) => locales.flatMap((l) => [texts[mode][l].short, texts[mode][l].long]))),
    )
    .digest('hex')

export function createAnnouncementStore(db: Kysely<AnnouncementTables>) {
  const newestFirst = (from: Kysely<AnnouncementTables>) =>
    from.selectFrom('announcement_versions').selectAll().orderBy('version', 'desc')
  return {
    all: async (): Promise<AnnouncementVersion[]> => (await newestFirst(db).limit(500).execute()).map(opened),
    /** The newest version when it says the same, else a new one, with `alongside` in one transaction. */
    keep: (
      texts: AnnouncementTexts,
      since: Date,
      alongside: (tx: Transaction<AnnouncementTables>, next: AnnouncementVersion) => Promise<void>,
    ): Promise<AnnouncementVersion> =>
      db.transaction().execute(async (tx) => {
        await sql`select pg_advisory_xact_lock(${ANNOUNCEMENT_LOCK}::bigint)`.execute(tx)
        const newest = await newestFirst(tx).limit(1).executeTakeFirst()
        const sha256 = hashOf(texts)
        if (newest?.sha256 === sha256) return opened(newest)
        const row = { version: (newest?.version ?? 0) + 1, sha256, texts: JSON.stringify(texts), since }
        await tx.insertInto('announcement_versions').values(row).execute()
        const next = opened({ ...row, texts })
        await alongside(tx, next)
        return next
      }),
  }
}
