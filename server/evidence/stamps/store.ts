import type { Kysely } from 'kysely'
import type { Level } from '../../../proof/package/format.ts'
import type { EvidenceTables } from '../store.ts'

export type StampTables = EvidenceTables & {
  checkpoint_stamp: {
    /** SHA-256 of the token: its name, since a token can be changed where nothing is signed. */
    token_sha256: Buffer
    origin: string
    size: number
    token: Buffer
    /** Who made it, as its certificate says. */
    authority: string
    policy: string
    serial: string
    level: Exclude<Level, 'self'>
    /** The authority's time. */
    stamped_at: Date
    /** End of the authority's certificate: a later stamp must have covered this one by then. */
    certificate_ends_at: Date
    received_at: Date
  }
}

type Db = Kysely<StampTables>

/** The newest checkpoint of any log, or undefined. */
export const newestCheckpoint = (db: Db) =>
  db
    .selectFrom('checkpoint')
    .selectAll()
    .orderBy('signed_at', 'desc')
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst()

/** When the first checkpoint was signed; undefined before. */
export const firstSigned = async (db: Db): Promise<Date | undefined> =>
  (await db.selectFrom('checkpoint').select('signed_at').orderBy('signed_at').limit(1).executeTakeFirst())?.signed_at

export const newestStamp = (db: Db) =>
  db
    .selectFrom('checkpoint_stamp')
    .selectAll()
    .orderBy('received_at', 'desc')
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst()

/** The first stamp over a checkpoint that holds leaf `index`, with that checkpoint's text; undefined while there is none. */
export const firstStampOver = (db: Db, leaf: { origin: string; index: number }) =>
  db
    .selectFrom('checkpoint_stamp as s')
    .innerJoin('checkpoint as c', (join) => join.onRef('c.origin', '=', 's.origin').onRef('c.size', '=', 's.size'))
    .selectAll('s')
    .select('c.text')
    .where('s.origin', '=', leaf.origin)
    .where('s.size', '>', leaf.index)
    .orderBy('s.size')
    .orderBy('s.stamped_at')
    .limit(1)
    .executeTakeFirst()
