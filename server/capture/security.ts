import { type Kysely, sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { CaptureTables } from './store.ts'

const DAY_MS = 86_400_000

type SecurityDeps = { db: Kysely<CaptureTables>; clock: Clock; accessMonths: number }

/** Calls, who was given them, and what came in, in numbers. Times in ms. What is "recent" is of the last 30 days. */
export async function securityFacts({ db, clock, accessMonths }: SecurityDeps) {
  const since = new Date(clock.now() - 30 * DAY_MS)
  const oldestAllowed = new Date(clock.now())
  oldestAllowed.setUTCMonth(oldestAllowed.getUTCMonth() - accessMonths)
  const [calls, accesses, rest] = await Promise.all([
    countCalls(db, since),
    countAccesses(db, since),
    countRest(db, { since, abandoned: new Date(clock.now() - DAY_MS - 2 * 3_600_000) }),
  ])
  return { ...calls, ...accesses, ...rest, oldestAllowedMs: oldestAllowed.getTime() }
}

type Calls = { calls: number; destroyed: number; notRecorded: number; alerted: number }

async function countCalls(db: Kysely<CaptureTables>, since: Date): Promise<Calls> {
  const { rows } = await sql<Calls>`
    select count(*) filter (where state not in ('destroyed', 'not_recorded'))::int as calls,
      count(*) filter (where state = 'destroyed')::int as destroyed,
      count(*) filter (where state = 'not_recorded')::int as "notRecorded",
      count(*) filter (where cardinality(alerts) > 0 and started_at > ${since})::int as alerted
    from call`.execute(db)
  return rows[0]!
}

type Accesses = { accesses: number; oldestMs: number | null; refused: number; exports: number; withoutPurpose: number }

async function countAccesses(db: Kysely<CaptureTables>, since: Date): Promise<Accesses> {
  const { rows } = await sql<Omit<Accesses, 'oldestMs'> & { oldest: Date | null }>`
    select count(*)::int as accesses, min(at) as oldest,
      count(*) filter (where outcome <> 'allowed' and at > ${since})::int as refused,
      count(*) filter (where outcome = 'allowed' and action = 'export' and at > ${since})::int as exports,
      count(*) filter (where outcome = 'allowed' and purpose is null)::int as "withoutPurpose"
    from access_record`.execute(db)
  const { oldest, ...counts } = rows[0]!
  return { ...counts, oldestMs: oldest?.getTime() ?? null }
}

type Rest = { masked: number; uploadsAbandoned: number; credentials: number }

async function countRest(
  db: Kysely<CaptureTables>,
  { since, abandoned }: { since: Date; abandoned: Date },
): Promise<Rest> {
  const { rows } = await sql<Rest>`select
    (select count(distinct call_id)::int from call_leg
      where call_id >= uuid_floor(${since}) and gaps @> '[{"kind": "paused"}]') as masked,
    (select count(*)::int from upload where state = 'receiving' and updated_at < ${abandoned}) as "uploadsAbandoned",
    (select count(*)::int from source_credential) as credentials`.execute(db)
  return rows[0]!
}
