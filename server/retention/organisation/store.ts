import { type Kysely, sql, type Transaction } from 'kysely'
import { z } from 'zod'
import { Jurisdiction, Organisation } from '../../../contract/models/retention.ts'
import type { Box } from '../../vault/index.ts'

export type OrganisationTables = {
  /** At most one row; the record is sealed: it names persons. */
  organisation: { single: boolean; version: number; record: Buffer; changed_at: Date; changed_by: string | null }
  /** `rows`: those that differ from the product's table. */
  jurisdiction_versions: { version: number; rows: unknown; published_at: Date; published_by: string | null }
}

export type StoredOrganisation = { version: number; organisation: Organisation; changedAt: Date }
export type StoredTable = { version: number; rows: Jurisdiction[]; publishedAt: Date; publishedBy: string | null }
type Tx = Transaction<OrganisationTables>
type Alongside = (tx: Tx) => Promise<void>

const label = 'organisation'
const Rows = z.array(Jurisdiction)
/** Changes of one kind are taken one after the other. */
const locks = { organisation: 0x6f72_0001, jurisdictions: 0x6f72_0002 }

export function createOrganisationStore(db: Kysely<OrganisationTables>, box: Box) {
  const locked = <T>(lock: number, work: (tx: Tx) => Promise<T>): Promise<T> =>
    db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${lock}::bigint)`.execute(tx)
      return work(tx)
    })

  async function read(from: Kysely<OrganisationTables>): Promise<StoredOrganisation | null> {
    const row = await from.selectFrom('organisation').selectAll().executeTakeFirst()
    if (!row) return null
    const organisation = Organisation.parse(JSON.parse(box.open(label, row.record).toString('utf8')))
    return { version: row.version, organisation, changedAt: row.changed_at }
  }

  async function newest(from: Kysely<OrganisationTables>): Promise<StoredTable> {
    const row = await from
      .selectFrom('jurisdiction_versions')
      .selectAll()
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row
      ? {
          version: row.version,
          rows: Rows.parse(row.rows),
          publishedAt: row.published_at,
          publishedBy: row.published_by,
        }
      : { version: 0, rows: [], publishedAt: new Date(0), publishedBy: null }
  }

  return {
    organisation: () => read(db),
    /** Writes the record when the one stored is the version before it; false when it is not. */
    save: (next: StoredOrganisation, by: string | null, alongside: Alongside): Promise<boolean> =>
      locked(locks.organisation, async (tx) => {
        if (((await read(tx))?.version ?? 0) !== next.version - 1) return false
        const record = box.seal(label, JSON.stringify(next.organisation))
        const row = { version: next.version, record, changed_at: next.changedAt, changed_by: by }
        await tx
          .insertInto('organisation')
          .values({ single: true, ...row })
          .onConflict((conflict) => conflict.column('single').doUpdateSet(row))
          .execute()
        await alongside(tx)
        return true
      }),
    table: () => newest(db),
    /** Appends a version of the table when the newest is the one before it; false when it is not. */
    publish: (next: StoredTable, alongside: Alongside): Promise<boolean> =>
      locked(locks.jurisdictions, async (tx) => {
        if ((await newest(tx)).version !== next.version - 1) return false
        const { version, publishedAt: published_at, publishedBy: published_by } = next
        await tx
          .insertInto('jurisdiction_versions')
          .values({ version, rows: JSON.stringify(next.rows), published_at, published_by })
          .execute()
        await alongside(tx)
        return true
      }),
  }
}
