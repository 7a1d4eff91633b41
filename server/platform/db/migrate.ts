import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { Problem, messageOf } from '../problem.ts'
import type { AnyDatabase } from './index.ts'

type Migration = { number: number; name: string; text: string; sha256: string }
type Applied = { number: number; name: string; sha256: string }

export type MigrateOptions = {
  folder?: string
}

/** Beside the code, both in the sources and in the build (which copies it). */
const MIGRATIONS = fileURLToPath(new URL('../../migrations/', import.meta.url))
const LOCK = 7_236_104_992_118

/**
 * Applies the files `NNNN-name.sql` not yet applied, in order, each in a transaction, under a lock so that several
 * processes may start at once. Forward only.
 * @returns the names of the files applied now
 * @throws Problem `migration_…`: an edited file, a gap, a newer database, or an SQL error
 */
export async function migrate(db: AnyDatabase, options: MigrateOptions = {}): Promise<string[]> {
  const files = readMigrations(options.folder ?? MIGRATIONS)
  return db.connection().execute(async (connection: AnyDatabase) => {
    await sql`select pg_advisory_lock(${LOCK})`.execute(connection)
    try {
      const applied = await readApplied(connection)
      checkHistory(files, applied)
      const missing = files.slice(applied.length)
      for (const file of missing) await apply(connection, file)
      return missing.map((file) => file.name)
    } finally {
      await sql`select pg_advisory_unlock(${LOCK})`.execute(connection).catch(() => undefined)
    }
  })
}

/** The files of a folder, checked to be numbered 1, 2, 3, … */
function readMigrations(folder: string): Migration[] {
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.sql'))
        .toSorted()
    : []
  return names.map((name, index) => {
    const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1])
    if (number !== index + 1)
      throw new Problem(
        'migration_gap',
        500,
        `Migration ${name} is out of order: number ${String(index + 1).padStart(4, '0')} was expected. Number the files 0001-name.sql, 0002-name.sql, … without gaps or repeats.`,
      )
    const text = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')
    return { number, name, text, sha256: createHash('sha256').update(text).digest('hex') }
  })
}

async function readApplied(db: AnyDatabase): Promise<Applied[]> {
  await sql`create table if not exists schema_migrations (
    number integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())`.execute(
    db,
  )
  return (await sql<Applied>`select number, name, sha256 from schema_migrations order by number`.execute(db)).rows
}

function checkHistory(files: Migration[], applied: Applied[]): void {
  for (const [index, row] of applied.entries()) {
    const file = files[index]
    if (!file || row.number !== file.number)
      throw new Problem(
        'migration_newer',
        500,
        `The database has migration ${row.name}, which this release does not know. Start the newer release that made it.`,
      )
    if (row.sha256 !== file.sha256)
      throw new Problem(
        'migration_edited',
        500,
        `Migration ${file.name} was changed after it had been applied. Restore the file and write the change as a new migration.`,
      )
  }
}

async function apply(db: AnyDatabase, file: Migration): Promise<void> {
  try {
    await db.transaction().execute(async (tx) => {
      await sql.raw(file.text).execute(tx)
      await sql`insert into schema_migrations (number, name, sha256) values (${file.number}, ${file.name}, ${file.sha256})`.execute(
        tx,
      )
    })
  } catch (e) {
    throw new Problem(
      'migration_failed',
      500,
      `Migration ${file.name} failed: ${messageOf(e)}. Nothing of it was applied.`,
    )
  }
}
