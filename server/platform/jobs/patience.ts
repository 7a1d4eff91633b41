import type pg from 'pg'
import { codeOf } from '../db/code.ts'

/** The database went away: admin or crash shutdown, starting up, no socket, a broken connection. */
const AWAY = new Set(['57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE'])
/** What graphile-worker retries (up to 100 times, 3 s and longer pauses): "cannot connect now". */
const RETRIED = '57P03'

/** Once the pool has ended nobody waits for an answer any more, and the library's own loop must not reject into nowhere. */
const orNever =
  (pool: pg.Pool) =>
  (error: unknown): Promise<never> =>
    pool.ending ? new Promise<never>(() => undefined) : Promise.reject(error as Error)

/**
 * The pool as graphile-worker is to see it. By itself it retries only a starting server; when a job ends while the server
 * is gone, it neither records the end nor catches the error (0.17.3). So every form of "gone" is told as the one it retries.
 */
export function retriedPool(pool: pg.Pool): pg.Pool {
  const connect = (callback?: Parameters<pg.Pool['connect']>[0]): unknown =>
    callback ? pool.connect(callback) : pool.connect().catch(orNever(pool)).then(retriedClient, rethrow)
  return overlay(pool, 'connect', connect)
}

const retriedClient = (client: pg.PoolClient): pg.PoolClient =>
  overlay(client, 'query', (...args: unknown[]) =>
    (client.query(...(args as [string])) as Promise<unknown>).catch(rethrow),
  )

/** The same object with one method replaced. */
function overlay<T extends object>(target: T, name: string, method: (...args: never[]) => unknown): T {
  return new Proxy(target, {
    get(object, key) {
      if (key === name) return method
      const value: unknown = Reflect.get(object, key)
      return typeof value === 'function' ? (value.bind(object) as unknown) : value
    },
  })
}

function rethrow(e: unknown): never {
  const lost =
    AWAY.has(codeOf(e) ?? '') || (e instanceof Error && /connection (terminated|ended)|not queryable/i.test(e.message))
  if (!lost) throw e
  throw Object.assign(new Error('the database is away'), { code: RETRIED })
}
