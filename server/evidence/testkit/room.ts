import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { manualClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { localObjects } from '../../platform/objects/index.ts'
import { testDatabase } from '../../platform/testkit/database.ts'
import type { Box } from '../../vault/index.ts'
import { createEvidence, type Evidence, type EvidenceDeps, type EvidenceTables } from '../index.ts'
import type { LogSettings } from '../log/index.ts'

/** Seals by naming the label: whoever opens under another one is refused, as with the vault's box. */
export const plainBox: Box = {
  seal: (label, plain) => Buffer.concat([Buffer.from(`${label}\0`), Buffer.from(plain)]),
  open(label, sealed) {
    const prefix = Buffer.from(`${label}\0`)
    if (!sealed.subarray(0, prefix.length).equals(prefix)) throw new Error('sealed under another label')
    return sealed.subarray(prefix.length)
  },
  blindIndex: () => Buffer.alloc(32),
}

/** The room's tables, those first that point to others. */
const tables = ['checkpoint', 'log_tile', 'log_leaf', 'log_key', 'log_queue', 'evidence_event', 'log'] as const

/** Nothing happens by itself: a test turns the log with `drain` and `check`. */
export const byHand: Partial<LogSettings> = {
  batchMs: 3_600_000,
  checkPauseMs: 0,
  witnessRetryMs: 20,
  witnessTimeoutMs: 500,
}

/** A database and a guard folder, over which rooms can be opened as often as a process would start. */
export async function evidenceHouse() {
  const database = await testDatabase()
  const db = database.db as Kysely<EvidenceTables>
  const root = await mkdtemp(join(tmpdir(), 'verbale-evidence-'))
  const clock = manualClock(Date.UTC(2026, 5, 1))
  const guardFile = join(root, 'last-signed')

  const open = (more: Omit<Partial<EvidenceDeps>, 'db' | 'vault'> = {}): Evidence => {
    const vault = { box: plainBox, sealValue: () => Buffer.alloc(0), openValue: () => Buffer.alloc(0) }
    const guard = localObjects(root)
    return createEvidence({
      db,
      vault,
      clock,
      log: silentLog,
      guard,
      operator: 'log.example',
      settings: byHand,
      ...more,
    })
  }

  /** Appends events in transactions of their own; their ids, in that order. */
  async function append(evidence: Evidence, count: number): Promise<string[]> {
    for (let k = 0; k < count; k++)
      await db
        .transaction()
        .execute((tx) => evidence.append(tx, { type: 'access.play', callId: null, data: { k } }, null))
    return newest(count)
  }

  async function newest(count: number): Promise<string[]> {
    const rows = await db.selectFrom('evidence_event').select('id').orderBy('id', 'desc').limit(count).execute()
    return rows.map((row) => row.id).toReversed()
  }

  /** A copy of all tables, taken inside the database: a backup. `restore` puts it back. */
  async function backUp(): Promise<{ restore(): Promise<void> }> {
    const name = (table: string) => sql.table(`backup_${table}`)
    for (const table of tables) {
      await sql`drop table if exists ${name(table)}`.execute(db)
      await sql`create table ${name(table)} as table ${sql.table(table)}`.execute(db)
    }
    return {
      async restore() {
        for (const table of tables) await db.deleteFrom(table).execute()
        for (const table of tables.toReversed())
          await sql`insert into ${sql.table(table)} overriding system value table ${name(table)}`.execute(db)
      },
    }
  }

  /** Empties all tables and the guard folder: a new installation. */
  async function clear(): Promise<void> {
    for (const table of tables) await db.deleteFrom(table).execute()
    await rm(guardFile, { force: true })
  }

  return {
    database,
    db,
    clock,
    guardFile,
    open,
    append,
    backUp,
    clear,
    async close() {
      await database.drop()
      await rm(root, { recursive: true, force: true })
    },
  }
}

export type EvidenceHouse = Awaited<ReturnType<typeof evidenceHouse>>
