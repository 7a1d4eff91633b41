import { sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { RightsDb } from './store.ts'

type SecurityDeps = {
  db: RightsDb
  clock: Clock
  /** Whether an id is that of a person on the staff, and not of a program. */
  isPerson: (id: string) => boolean
}

type Counts = {
  open: number
  overdue: number
  closed: number
  inTime: number
  extended: number
  copies: number
  restrictions: number
  links: number
}

/** What callers asked and how it was answered, in numbers; answers are those of the last 12 months. */
export async function securityFacts({ db, clock, isPerson }: SecurityDeps) {
  const now = new Date(clock.now())
  const since = new Date(clock.now() - 365 * 86_400_000)
  const today = now.toISOString().slice(0, 10)
  const { rows } = await sql<Counts>`
    select count(*) filter (where state = 'open')::int as open,
      count(*) filter (where state = 'open' and due_on < ${today}::date)::int as overdue,
      count(*) filter (where closed_at > ${since})::int as closed,
      count(*) filter (where closed_at > ${since} and (closed_at at time zone 'UTC')::date <= due_on)::int as "inTime",
      count(extended_at)::int as extended,
      count(*) filter (where kind in ('access', 'copy', 'portability') and acted_at is not null)::int as copies,
      (select count(*)::int from call_restriction where lifted_at is null) as restrictions,
      (select count(*)::int from caller_link where revoked_at is null and expires_at > ${now}) as links
    from rights_request`.execute(db)
  const closers = await db
    .selectFrom('rights_request')
    .select((e) => ['closed_by', e.fn.countAll<number>().as('n')])
    .where('closed_at', '>', since)
    .groupBy('closed_by')
    .execute()
  const byPerson = closers.filter(({ closed_by: by }) => by !== null && isPerson(by))
  return { ...rows[0]!, closedByPerson: byPerson.reduce((sum, { n }) => sum + Number(n), 0) }
}
