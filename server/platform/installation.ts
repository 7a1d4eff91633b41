import { statSync } from 'node:fs'
import { sql } from 'kysely'
import type { AnyDatabase } from './db/index.ts'

/** What runs here, and on which disks. */
export type Installation = {
  node: string
  postgres: string
  /** Numbers of the migrations applied, and the newest one's name. */
  migrations: number
  newestMigration: string
  /** Whether the folders lie on file systems of their own; null when one of them cannot be looked at. */
  apart: boolean | null
}

/** Looks at the running program, its database and two folders that should not share a disk. */
export async function measureInstallation(db: AnyDatabase, folders: [string, string]): Promise<Installation> {
  const { rows } = await sql<{ version: string; n: number; name: string }>`
    select current_setting('server_version') as version, count(*)::int as n,
      coalesce((select name from schema_migrations order by number desc limit 1), '') as name from schema_migrations`.execute(
    db,
  )
  const { version, n, name } = rows[0]!
  return {
    node: process.versions.node,
    // distributions add their own name: `17.4 (Debian 17.4-1)`
    postgres: version.split(' ')[0] ?? version,
    migrations: n,
    newestMigration: name,
    apart: onDifferentDisks(folders),
  }
}

function onDifferentDisks([one, other]: [string, string]): boolean | null {
  try {
    return statSync(one).dev !== statSync(other).dev
  } catch {
    return null
  }
}
