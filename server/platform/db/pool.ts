import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresPool } from 'kysely'
import pg from 'pg'
import type { Logger } from '../log.ts'
import { codeOf } from './code.ts'

/** PostgreSQL type numbers: int8 is a number (refused beyond 2^53), a date stays text (no time zone is invented). */
const INT8 = 20
const DATE = 1082

const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8 && format !== 'binary') return safeInteger
    if (oid === DATE && format !== 'binary') return (text: string) => text
    return pg.types.getTypeParser(oid, format)
  },
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('int8 beyond 2^53')
  return value
}

/** A pool whose broken connections are logged and replaced: a restart of the database never ends the process. */
export function createPool(config: pg.PoolConfig, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    application_name: 'verbale',
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    types,
    ...config,
  })
  const note = (e: Error): void =>
    log.warn({ source: 'database', code: codeOf(e) ?? 'connection' }, 'a database connection was lost')
  pool.on('error', note)
  // a connection in use reports its loss on the client itself as well as through the failed query
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** Not there (yet): refused, no socket, or the server is starting up or shutting down. */
const AWAY = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', '57P03', '57P01'])
const PATIENCE_MS = 10_000

/** The pool, waiting up to 10 s for a restarting server when a new connection is needed. */
export function patientPool(pool: pg.Pool): PostgresPool {
  const connectPatiently = async (): Promise<pg.PoolClient> => {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      try {
        return await pool.connect()
      } catch (e) {
        if (!AWAY.has(codeOf(e) ?? '') || Date.now() > deadline) throw e
        await sleep(50)
      }
    }
  }
  return { connect: connectPatiently, end: () => pool.end() } as PostgresPool
}
