import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { connect, migrate } from '../server/platform/db/index.ts'
import { installJobs } from '../server/platform/jobs/index.ts'
import { startSupervisor } from '../server/platform/db/supervisor.ts'
import { TEMPLATE, TEST_SERVER, administer, withDatabase } from '../server/platform/testkit/database.ts'

/** Speed instead of durability: these databases live for one run. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' }

/** Starts one server for the whole run (or uses VERBALE_TEST_DATABASE_URL) and migrates the template the tests clone. */
export default async function setup(): Promise<() => Promise<void>> {
  const server = await startServer()
  const template = `${TEMPLATE}_${randomBytes(4).toString('hex')}`
  await administer(server.base, `create database ${template}`)
  const { db, pool, stop } = connect(withDatabase(server.base, template), { connections: 2 })
  try {
    await migrate(db)
    await installJobs(pool)
  } catch (e) {
    await server.stop()
    throw e
  } finally {
    await stop()
  }
  process.env[TEST_SERVER] = JSON.stringify({ ...server.base, template })
  return async () => {
    await administer(server.base, `drop database if exists ${template} with (force)`).catch(() => undefined)
    await server.stop()
  }
}

async function startServer(): Promise<{ base: pg.PoolConfig; stop: () => Promise<void> }> {
  const url = process.env['VERBALE_TEST_DATABASE_URL']
  if (url) return { base: { connectionString: url }, stop: () => Promise.resolve() }
  const dataDir = mkdtempSync(join(tmpdir(), 'verbale-test-'))
  const supervisor = await startSupervisor({ dataDir, settings: SETTINGS })
  const base = { host: supervisor.socketFolder, port: 5432, user: 'verbale', database: 'postgres' }
  const stop = async (): Promise<void> => {
    await supervisor.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  return { base, stop }
}
