import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type AnyDatabase, connect } from '../db/index.ts'

/** A database of one test file's own. */
export type TestDatabase = {
  db: AnyDatabase
  pool: pg.Pool
  /** For a second pool, or another process. */
  connectionConfig: pg.PoolConfig
  drop: () => Promise<void>
}

/** Where the global set-up leaves the address of the server it started, as JSON. */
export const TEST_SERVER = 'VERBALE_TEST_SERVER'
export const TEMPLATE = 'verbale_template'

/** A new database with all migrations applied, cloned from the run's template. Call `drop` in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = JSON.parse(process.env[TEST_SERVER] ?? '{}') as pg.PoolConfig & { template?: string }
  if (!server.template) throw new Error('no test database: run through vitest, whose globalSetup starts one')
  const { template, ...base } = server
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(base, `create database ${name} template ${template} strategy file_copy`)
  const connectionConfig = withDatabase(base, name)
  const { db, pool, stop } = connect(connectionConfig, { connections: 10 })
  const drop = async (): Promise<void> => {
    await stop()
    await administer(base, `drop database if exists ${name} with (force)`)
  }
  return { db, pool, connectionConfig, drop }
}

/** One statement on the server's own database. */
export async function administer(base: pg.PoolConfig, statement: string): Promise<void> {
  const client = new pg.Client(base as pg.ClientConfig)
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The same server, another database. */
export function withDatabase(base: pg.PoolConfig, database: string): pg.PoolConfig {
  if (base.connectionString === undefined) return { ...base, database }
  const url = new URL(base.connectionString)
  url.pathname = `/${database}`
  return { connectionString: url.href }
}
