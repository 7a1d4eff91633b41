import { sql } from 'kysely'
import type { AnyDatabase } from '../../server/platform/db/index.ts'

/** All rows of all tables, as text. */
export async function everyRow(db: AnyDatabase): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'graphile_worker')`.execute(
    db,
  )
  const parts: string[] = []
  for (const { name } of rows)
    parts.push(
      ...(await sql<{ row: string }>`select t::text as row from ${sql.raw(name)} t`.execute(db)).rows.map((r) => r.row),
    )
  return parts.join('\n')
}
