import { type Kysely, sql } from 'kysely'
import type { Role } from '../../contract/permissions.ts'
import type { Clock } from '../platform/clock.ts'
import { defaultCost, type ScryptCost } from './passwords.ts'
import type { PeopleTables } from './store.ts'

const DAY_MS = 86_400_000
/** An account or API token that nobody used for so many days is dormant. */
const dormantDays = 90

export type SecurityDeps = { db: Kysely<PeopleTables>; clock: Clock; scrypt?: ScryptCost | undefined }

/** Who may come in and how, in numbers. Nobody is named. */
export async function securityFacts({ db, clock, scrypt = defaultCost }: SecurityDeps) {
  const now = new Date(clock.now())
  const before = new Date(clock.now() - dormantDays * DAY_MS)
  const [staff, tokens, doors, roles] = await Promise.all([
    countStaff(db, before),
    countTokens(db, before),
    countDoors(db, now),
    db
      .selectFrom('people')
      .select((e) => ['role', e.fn.countAll<number>().as('n')])
      .where('active', '=', true)
      .groupBy('role')
      .execute(),
  ])
  const { ln, r, p } = scrypt
  return {
    ...staff,
    ...tokens,
    ...doors,
    byRole: roles.map((row): { role: Role; n: number } => ({ role: row.role, n: Number(row.n) })),
    passwords: `scrypt N=2^${ln} r=${r} p=${p}`,
  }
}

type Staff = {
  active: number
  enrolled: number
  passkeys: number
  dormant: number
  administrators: number
  administratorsEnrolled: number
  administratorsDormant: number
}

async function countStaff(db: Kysely<PeopleTables>, before: Date): Promise<Staff> {
  const { rows } = await sql<Staff>`
    select count(*)::int as active,
      count(*) filter (where enrolled)::int as enrolled,
      count(*) filter (where keys)::int as passkeys,
      count(*) filter (where enrolled and unused)::int as dormant,
      count(*) filter (where role = 'administrator')::int as administrators,
      count(*) filter (where role = 'administrator' and enrolled)::int as "administratorsEnrolled",
      count(*) filter (where role = 'administrator' and enrolled and unused)::int as "administratorsDormant"
    from (
      select role, keys, password is not null and (totp is not null or keys) as enrolled,
        coalesce(last_sign_in_on, created_at::date) < ${before}::date as unused
      from people cross join lateral (select exists (select from passkeys where person_id = people.id) as keys) k
      where active
    ) p`.execute(db)
  return rows[0]!
}

type Tokens = { tokens: number; tokensUnused: number; tokensOwnerless: number }

async function countTokens(db: Kysely<PeopleTables>, before: Date): Promise<Tokens> {
  const { rows } = await sql<Tokens>`
    select count(*)::int as tokens,
      count(*) filter (where coalesce(last_used_at, t.created_at) < ${before})::int as "tokensUnused",
      count(*) filter (where p.active is not true)::int as "tokensOwnerless"
    from api_tokens t left join people p on p.id = t.created_by`.execute(db)
  return rows[0]!
}

type Doors = { sessions: number; sessionsOfGone: number; invitations: number; blocked: number }

async function countDoors(db: Kysely<PeopleTables>, now: Date): Promise<Doors> {
  const { rows } = await sql<Doors>`select
    (select count(*)::int from sessions where state = 'signed_in' and ends_at > ${now}) as sessions,
    (select count(*)::int from sessions s join people p on p.id = s.person_id where not p.active and s.ends_at > ${now})
      as "sessionsOfGone",
    (select count(*)::int from invitations where ends_at > ${now}) as invitations,
    (select count(*)::int from sign_in_throttles where blocked_until > ${now}) as blocked`.execute(db)
  return rows[0]!
}
