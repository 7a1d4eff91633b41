import { isIPv6 } from 'node:net'
import { sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import { Problem } from '../platform/problem.ts'
import type { Box } from '../vault/index.ts'
import type { PeopleDb } from './store.ts'
import { normalise } from './words.ts'

/** After `free` failures each further one doubles the wait (1 s, 2 s, …, `capSeconds`); forgotten after `forgetSeconds`. */
type Limit = { free: number; capSeconds: number; forgetSeconds: number }

const limits = {
  account: { free: 5, capSeconds: 900, forgetSeconds: 86_400 },
  factor: { free: 5, capSeconds: 900, forgetSeconds: 86_400 },
  address: { free: 100, capSeconds: 900, forgetSeconds: 3_600 },
  // callers without an account: the network they come from, the call and the number they name
  caller_network: { free: 30, capSeconds: 900, forgetSeconds: 3_600 },
  caller_reference: { free: 10, capSeconds: 900, forgetSeconds: 3_600 },
  caller_address: { free: 10, capSeconds: 900, forgetSeconds: 3_600 },
} satisfies Record<string, Limit>

export type Subject = { kind: keyof typeof limits; of: string }

/** The network an address belongs to: IPv6 clients hold a whole /64. */
export function networkOf(ip: string): string {
  const plain = ip.replace(/^::ffff:/i, '').replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail = ''] = plain.split('::')
  const front = head.split(':').filter(Boolean)
  const back = tail.split(':').filter(Boolean)
  const groups = [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

export type Throttle = {
  /**
   * Counts an attempt as failed before it is tried, so that parallel guesses gain nothing.
   * Throws Problem `too_many_attempts` (429, params.seconds) while the subject must wait.
   */
  charge(...subjects: Subject[]): Promise<void>
  /** The attempt was right: forget the subject's failures. */
  clear(subject: Subject): Promise<void>
  /** The attempt was right: take back this one charge only. */
  refund(subject: Subject): Promise<void>
}

/** Stored sign-in throttling. Keys are blind indexes: no e-mail and no network address is kept. */
export function createThrottle({ db, box, clock }: { db: PeopleDb; box: Box; clock: Clock }): Throttle {
  const keyOf = ({ kind, of }: Subject): Buffer => box.blindIndex(`people/throttle/${kind}`, normalise(of))

  const chargeOne = async (subject: Subject): Promise<void> => {
    const { free, capSeconds, forgetSeconds } = limits[subject.kind]
    const key = keyOf(subject)
    const now = new Date(clock.now())
    const stale = new Date(clock.now() - forgetSeconds * 1000)
    const failures = sql`case when t.touched_at < ${stale} then 1 else t.failures + 1 end`
    const wait = sql`case when ${failures} <= ${free}::int then 0 else least(${capSeconds}::float8, power(2::float8, least(${failures} - ${free}::int - 1, 30))) end`
    const { rows } = await sql<{ failures: number }>`
      insert into sign_in_throttles as t (key, failures, blocked_until, touched_at) values (${key}, 1, ${now}, ${now})
      on conflict (key) do update set failures = ${failures}, blocked_until = ${now}::timestamptz + ${wait} * interval '1 second', touched_at = ${now}
      where t.blocked_until <= ${now} returning failures`.execute(db)
    if (rows.length > 0) return
    const row = await db
      .selectFrom('sign_in_throttles')
      .select('blocked_until')
      .where('key', '=', key)
      .executeTakeFirst()
    const seconds = Math.max(1, Math.ceil(((row?.blocked_until.getTime() ?? 0) - clock.now()) / 1000))
    throw new Problem('too_many_attempts', 429, `too many failed attempts; wait ${seconds} seconds`, { seconds })
  }

  return {
    async charge(...subjects) {
      const day = new Date(clock.now() - limits.account.forgetSeconds * 1000)
      await db.deleteFrom('sign_in_throttles').where('touched_at', '<', day).execute()
      for (const subject of subjects) await chargeOne(subject)
    },
    async clear(subject) {
      await db.deleteFrom('sign_in_throttles').where('key', '=', keyOf(subject)).execute()
    },
    async refund(subject) {
      const now = new Date(clock.now())
      const one = { failures: sql<number>`greatest(failures - 1, 0)`, blocked_until: now }
      await db.updateTable('sign_in_throttles').set(one).where('key', '=', keyOf(subject)).execute()
    },
  }
}
