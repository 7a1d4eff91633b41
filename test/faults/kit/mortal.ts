import type { PoolClient } from 'pg'
import type { Database } from '../../../server/platform/db/index.ts'
import type { ObjectFile, Objects } from '../../../server/platform/objects/index.ts'

/**
 * A process that can be killed between any two of its steps: a change of a file, or a statement to the database. After its last step
 * nothing of it reaches disk or database any more, and its connections are gone, as after a kill -9.
 */
export function mortal() {
  let left = Number.POSITIVE_INFINITY
  let taken = 0
  let dead = false
  const clients: PoolClient[] = []

  /** Whether one more step is taken. */
  function lives(): boolean {
    if (left <= 0) die()
    if (dead) return false
    left--
    taken++
    return true
  }
  /** A dead process hears nothing any more: what it waits for never comes, not even a failure. */
  const step = (): Promise<void> => (lives() ? Promise.resolve() : never)

  function die(): void {
    dead = true
    for (const client of clients.splice(0)) streamOf(client).destroy()
  }

  return {
    /** Steps taken since the count began. */
    taken: (): number => taken,
    isDead: (): boolean => dead,
    /** Counts from here on; dead before the step after the `n`th. */
    liveFor(n: number): void {
      left = n
      taken = 0
    },
    die,
    objects: (plain: Objects): Objects => ({
      ...plain,
      create: async (path) => (await step(), mortalFile(await plain.create(path), step)),
      rename: async (from, to) => (await step(), plain.rename(from, to)),
      remove: async (path) => (await step(), plain.remove(path)),
      removeFolder: async (path) => (await step(), plain.removeFolder(path)),
      syncFolder: async (path) => (await step(), plain.syncFolder(path)),
    }),
    watch(pool: Database['pool']): void {
      // what a dead process began must not ask for a connection when its database is long gone
      const connect = pool.connect.bind(pool) as (...args: unknown[]) => unknown
      pool.connect = ((...args: unknown[]) => (dead ? never : connect(...args))) as typeof pool.connect
      pool.on('connect', (client) => {
        clients.push(client)
        const plain = client.query.bind(client) as (...args: unknown[]) => unknown
        client.query = ((...args: unknown[]) => {
          if (lives()) return plain(...args)
          streamOf(client).destroy()
          return never
        }) as PoolClient['query']
      })
    },
  }
}

const never = new Promise<never>(() => {})

export type Mortal = ReturnType<typeof mortal>

/** Every write and sync of a file is a step of its own. */
const mortalFile = (file: ObjectFile, step: () => Promise<void>): ObjectFile => ({
  write: async (bytes, position) => (await step(), file.write(bytes, position)),
  read: (position, length) => file.read(position, length),
  size: () => file.size(),
  sync: async () => (await step(), file.sync()),
  close: () => file.close(),
})

const streamOf = (client: PoolClient): { destroy(): void } =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
