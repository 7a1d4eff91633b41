import { sql } from 'kysely'
import type { Locale } from '../../contract/models/common.ts'
import type { Person, SignInStep } from '../../contract/models/people.ts'
import type { Box } from '../vault/index.ts'
import type { PeopleDb, PeopleTx } from './store.ts'
import { label, openText } from './words.ts'

/** A person as stored, opened, with what the wire does not carry. */
export type Staff = Person & { locale: Locale; totp: boolean; passkeys: number }

/** Serialises changes of staff, teams and roles, so that rules over several rows (the last administrator) hold. */
const STAFF_LOCK = 0x7062_0001

export const changeStaff = <T>(db: PeopleDb, change: (tx: PeopleTx) => Promise<T>): Promise<T> =>
  db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${STAFF_LOCK}::bigint)`.execute(tx)
    return change(tx)
  })

const rowsOf = (db: PeopleDb) =>
  db
    .selectFrom('people as p')
    .select(['p.id', 'p.name', 'p.email', 'p.role', 'p.country', 'p.locale', 'p.active', 'p.created_at'])
    .select(sql<boolean>`p.password is not null`.as('password'))
    .select(sql<boolean>`p.totp is not null`.as('totp'))
    .select(sql<number>`(select count(*)::int from passkeys k where k.person_id = p.id)`.as('passkeys'))
    .select(
      sql<string[]>`array(select team_id from person_teams t where t.person_id = p.id order by team_id)`.as('teams'),
    )
    .select(
      sql<Buffer[]>`array(select alias from person_aliases a where a.person_id = p.id order by position)`.as('aliases'),
    )
    .orderBy('p.id')

type Row = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number]

function opened(box: Box, row: Row): Staff {
  const { id, role, country, active, teams, locale, totp, passkeys } = row
  return {
    id,
    role,
    country,
    active,
    teams,
    locale,
    totp,
    passkeys,
    name: openText(box, label.name(id), row.name),
    email: openText(box, label.email(id), row.email),
    aliases: row.aliases.map((alias) => openText(box, label.alias(id), alias)),
    enrolled: row.password && (totp || passkeys > 0),
  }
}

/** Everyone, in the order they were added. */
export const allStaff = async (db: PeopleDb, box: Box): Promise<Staff[]> =>
  (await rowsOf(db).execute()).map((row) => opened(box, row))

export async function staffById(db: PeopleDb, box: Box, id: string): Promise<Staff | null> {
  const row = await rowsOf(db).where('p.id', '=', id).executeTakeFirst()
  return row ? opened(box, row) : null
}

export const personView = ({ locale: _l, totp: _t, passkeys: _p, ...person }: Staff): Person => person

export const factorsOf = (staff: Staff): SignInStep['factors'] => [
  ...(staff.totp ? (['totp'] as const) : []),
  ...(staff.passkeys > 0 ? (['passkey'] as const) : []),
]

/** What follows a right password. */
export const stepAfterPassword = (staff: Staff): SignInStep => {
  const factors = factorsOf(staff)
  return { next: factors.length > 0 ? 'second_factor' : 'enrol', factors }
}

/** How many administrators can sign in, leaving one person out of the count. */
export async function enrolledAdministrators(db: PeopleDb, except: string | null = null): Promise<number> {
  const all = rowsOf(db).where('p.role', '=', 'administrator').where('p.active', '=', true)
  const rows = await all.execute()
  return rows.filter((row) => row.id !== except && row.password && (row.totp || row.passkeys > 0)).length
}
