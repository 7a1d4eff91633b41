import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { type Logger, silentLog } from '../log.ts'
import { Problem, messageOf } from '../problem.ts'
import { codeOf } from './code.ts'
import { SUPERUSER } from './cluster.ts'
import { createPool, patientPool } from './pool.ts'
import { type Supervisor, startSupervisor } from './supervisor.ts'

export { migrate } from './migrate.ts'
export type { Supervisor } from './supervisor.ts'

/** Any room's tables: a room receives this as its own `Kysely<ItsTables>`. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyDatabase = Kysely<any>
/** A transaction of another room: each room sees its own tables in it. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyTransaction = Transaction<any>

/** An open database. Times are `Date`, int8 is `number`, numeric and date are `string`. */
export type Database = {
  db: AnyDatabase
  pool: pg.Pool
  /** How to reach the same database from elsewhere. */
  connection: pg.PoolConfig
  /** The embedded server; undefined when `url` names a shared one. */
  server: Supervisor | undefined
  /** Closes the connections, then stops the embedded server. */
  stop: () => Promise<void>
}

export type DatabaseOptions = ({ url: string } | { dataDir: string }) & {
  log?: Logger
  /** Largest number of connections. Default 20. */
  connections?: number
  /** Extra settings of the embedded server, for tests. */
  settings?: Record<string, string>
  /** Told once an embedded server that ended unexpectedly runs again. */
  onRestart?: () => void
}

const DATABASE = 'verbale'

/**
 * Opens the shared PostgreSQL at `url`, or starts the embedded one in `dataDir`.
 * @throws Problem `database_…` with one line of advice
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const server = 'url' in options ? undefined : await startSupervisor(options)
  const connection: pg.PoolConfig =
    'url' in options
      ? { connectionString: options.url }
      : { host: server?.socketFolder ?? '', port: 5432, user: SUPERUSER, database: DATABASE }
  try {
    if (server) await createDatabase(connection)
    const database = connect(connection, options)
    await requireDurable(database.pool)
    const close = database.stop
    return { ...database, server, stop: () => close().then(() => server?.stop()) }
  } catch (e) {
    await server?.stop()
    throw e instanceof Problem ? e : unreachable(e)
  }
}

/** Opens connections to a running server, without checks; `openDatabase` and the test kit build on it. */
export function connect(connection: pg.PoolConfig, options: { log?: Logger; connections?: number } = {}): Database {
  const pool = createPool({ ...connection, max: options.connections ?? 20 }, options.log ?? silentLog)
  const db: AnyDatabase = new Kysely({ dialect: new PostgresDialect({ pool: patientPool(pool) }) })
  return { db, pool, connection, server: undefined, stop: () => db.destroy() }
}

/** Creates our database in a new cluster. */
async function createDatabase(connection: pg.PoolConfig): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE])
    if (!rowCount) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}

const DURABLE = ['fsync', 'full_page_writes', 'synchronous_commit']

/** Refuses a server that may lose acknowledged work at a power cut. Throws Problem `database_not_durable`. */
export async function requireDurable(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1)',
    [DURABLE],
  )
  const weak = rows.filter((row) => row.setting === 'off')
  const names = weak.map((row) => row.name).join(', ')
  if (names)
    throw new Problem(
      'database_not_durable',
      500,
      `The database could lose recordings at a power cut: ${names} is off. Turn it on in the server's configuration (postgresql.conf, ALTER DATABASE or ALTER ROLE).`,
    )
}

function unreachable(e: unknown): Problem {
  const code = codeOf(e) ?? 'unknown'
  return new Problem(
    'database_unreachable',
    500,
    `The database cannot be reached (${code}: ${messageOf(e)}). Check DATABASE_URL and that the server accepts connections.`,
  )
}
