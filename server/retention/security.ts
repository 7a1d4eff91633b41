import { sql } from 'kysely'
import type { PurposeEntry, Words } from '../../contract/models/retention.ts'
import type { Clock } from '../platform/clock.ts'
import type { Sweep } from './lapse/sweep.ts'
import { addDays, dayOf } from './lapse/days.ts'
import { keystoreDays } from './lapse/lapse.ts'
import type { LapseReason } from './terms/store.ts'
import { heldNow, notHeld, type TermDb } from './terms/terms.ts'

type SecurityDeps = {
  db: TermDb
  clock: Clock
  entries: () => readonly PurposeEntry[]
  sweep: Pick<Sweep, 'last'>
}

const DAY_MS = 86_400_000

/** What is kept and what ended, in numbers. Days are UTC, times in ms. */
export async function securityFacts({ db, clock, entries, sweep }: SecurityDeps) {
  const today = dayOf(clock.now())
  const [live, beyondCeiling, unheeded, ended, destroyed, holds] = await Promise.all([
    heldNow(db),
    countBeyondCeiling(db, entries()),
    countUnheeded(db, new Date(clock.now() - DAY_MS)),
    countEnded(db),
    countDestroyed(db, addDays(today, -keystoreDays - 1)),
    countHolds(db),
  ])
  const last = sweep.last()
  return {
    live: live.map(({ purpose, terms }) => ({ name: nameOf(entries(), purpose), terms })),
    ...(await countLive(db, { today, known: entries().map(({ key }) => key) })),
    beyondCeiling,
    unheeded,
    ended,
    ...destroyed,
    ...holds,
    sweptMs: last ? Date.parse(last.at) : null,
    day: last?.today ?? null,
    clockAlarm: last?.alarm ?? null,
  }
}

function nameOf(entries: readonly PurposeEntry[], purpose: string): Words {
  return entries.find(({ key }) => key === purpose)?.name ?? { it: purpose, fr: purpose, en: purpose }
}

type Live = { overdue: number; overdueHeld: number; unknownPurpose: number; withoutBasis: number }

async function countLive(db: TermDb, { today, known }: { today: string; known: string[] }): Promise<Live> {
  const { rows } = await sql<Live>`
    select count(*) filter (where last_day < ${today}::date and ${notHeld})::int as overdue,
      count(*) filter (where last_day < ${today}::date and not ${notHeld})::int as "overdueHeld",
      count(*) filter (where purpose <> all(${known}::text[]))::int as "unknownPurpose",
      count(*) filter (where basis is null)::int as "withoutBasis"
    from term where state = 'live'`.execute(db)
  return rows[0]!
}

/** Live terms that end later than their purpose's ceiling lets them. */
async function countBeyondCeiling(db: TermDb, entries: readonly PurposeEntry[]): Promise<number> {
  const spans = entries.map(({ ceiling }) =>
    'months' in ceiling ? `${ceiling.months} months` : `${Math.max(1, ceiling.days)} days`,
  )
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from term t
    join unnest(${entries.map(({ key }) => key)}::text[], ${spans}::interval[]) as c(purpose, longest) using (purpose)
    where t.state = 'live' and t.last_day > (t.started_at at time zone 'UTC')::date
      and t.last_day >= (t.started_at at time zone 'UTC')::date + c.longest`.execute(db)
  return rows[0]!.n
}

/** Live terms that a caller's no, said before an instant and not taken back, should have ended. */
async function countUnheeded(db: TermDb, before: Date): Promise<number> {
  const about = (said: 'n' | 'y') => {
    const of = sql.ref(said)
    return sql`(${of}.call_id = term.call_id or (${of}.call_id is null and ${of}.caller = term.customer_index))
      and (${of}.purpose is null or ${of}.purpose = term.purpose)`
  }
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from term
    where state = 'live' and ${notHeld} and (basis is null or basis in ('consent', 'legitimate_interests', 'public_task'))
      and exists (
        select from consent_record n where n.value = 'no' and n.recorded_at < ${before} and ${about('n')}
          and not exists (select from consent_record y where y.value = 'yes' and y.at > n.at and ${about('y')}))`.execute(
    db,
  )
  return rows[0]!.n
}

async function countEnded(db: TermDb): Promise<{ reason: LapseReason; n: number }[]> {
  const { rows } = await sql<{ reason: LapseReason; n: number }>`
    select reason, count(*)::int as n from term where state = 'ended' and reason is not null
    group by reason order by reason`.execute(db)
  return rows
}

type Destroyed = { certificates: number; finals: number; finalsLate: number }

/** Destructions older than `late` that a copy of the keystore could still undo, for all anybody wrote down. */
async function countDestroyed(db: TermDb, late: string): Promise<Destroyed> {
  const { rows } = await sql<Destroyed>`
    select count(*)::int as certificates, count(final_at)::int as finals,
      count(*) filter (where final_at is null and at < ${late}::date)::int as "finalsLate" from destruction`.execute(db)
  return rows[0]!
}

type Holds = { holds: number; releasesAsked: number }

async function countHolds(db: TermDb): Promise<Holds> {
  const { rows } = await sql<Holds>`
    select count(*) filter (where state <> 'released')::int as holds,
      count(*) filter (where state = 'release_asked')::int as "releasesAsked" from legal_hold`.execute(db)
  return rows[0]!
}
