import type { Person, PersonDraft } from '../../contract/models/people.ts'
import type { Handlers } from '../platform/http/handlers.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { allStaff, changeStaff, enrolledAdministrators, personView, staffById } from './persons.ts'
import { violates, type Room } from './room.ts'
import type { PeopleTx } from './store.ts'
import { reachesAll } from './teams.ts'
import { label, loginIndex, newToken, normalise, tokenHash } from './words.ts'

type Keys = 'GET /people' | 'POST /people' | 'PATCH /people/:personId' | 'POST /people/:personId/invitation'
type Change = { [K in keyof PersonDraft]?: PersonDraft[K] | undefined } & { active?: boolean | undefined }

const INVITATION = 7 * 86_400_000

/** Administration of people. Nobody is deleted: calls name their agent by id; people who left are deactivated. */
export function staffRoutes(room: Room): Handlers<Keys> {
  return {
    'GET /people': async ({ actor }) => {
      const staff = await allStaff(room.db, room.box)
      const within = (person: Person): boolean =>
        reachesAll(actor) || person.teams.some((team) => actor.teamIds.includes(team))
      return { items: staff.map(personView).filter(within) }
    },
    'POST /people': async ({ actor, body: draft }) => {
      const id = newId()
      const invitationToken = await change(room, id, async (tx) => {
        await insert(room, tx, id, draft)
        await setTeams(tx, id, draft.teams)
        await setAliases(room, tx, id, draft.aliases)
        return invite(room, tx, id)
      })
      room.log.info({ personId: id, by: actor.personId, role: draft.role }, 'person added')
      return { person: await view(room, id), invitationToken }
    },
    'PATCH /people/:personId': async ({ actor, params: { personId }, body: draft }) => {
      await change(room, personId, (tx) => update(room, tx, personId, draft))
      room.log.info({ personId, by: actor.personId, fields: Object.keys(draft) }, 'person changed')
      return view(room, personId)
    },
    'POST /people/:personId/invitation': async ({ actor, params: { personId } }) => {
      const invitationToken = await change(room, personId, async (tx) => {
        const staff = await known(room, tx, personId)
        if (!staff.active) throw new Problem('person_inactive', 409, 'activate the person first')
        if (staff.role === 'administrator' && staff.enrolled) await requireAnother(tx, staff.id)
        await tx
          .updateTable('people')
          .set({ password: null, totp: null, totp_step: null })
          .where('id', '=', staff.id)
          .execute()
        await tx.deleteFrom('passkeys').where('person_id', '=', staff.id).execute()
        await tx.deleteFrom('recovery_codes').where('person_id', '=', staff.id).execute()
        await room.sessions.endAll(staff.id, null, tx)
        return invite(room, tx, staff.id)
      })
      room.log.info({ personId, by: actor.personId }, 'sign-in reset by invitation')
      return { invitationToken }
    },
  }
}

/** One change of staff; refused duplicates are told without repeating them. */
async function change<T>(room: Room, personId: string, run: (tx: PeopleTx) => Promise<T>): Promise<T> {
  try {
    const result = await changeStaff(room.db, run)
    await room.directory.refresh()
    return result
  } catch (error) {
    if (violates(error, 'people_email_taken')) throw emailTaken()
    if (violates(error, 'person_aliases_taken')) throw aliasTaken(personId)
    throw error
  }
}

const emailTaken = (): Problem =>
  new Problem('email_taken', 409, 'another person has this e-mail, or a login that reads the same')
const aliasTaken = (personId: string): Problem =>
  new Problem('alias_taken', 409, 'another person has one of these logins, or an e-mail that reads the same', {
    personId,
  })

async function known(room: Room, tx: PeopleTx, id: string) {
  const staff = await staffById(tx, room.box, id)
  if (!staff) throw new Problem('person_unknown', 404, 'there is no such person')
  return staff
}

const view = async (room: Room, id: string): Promise<Person> => {
  const staff = await staffById(room.db, room.box, id)
  if (!staff) throw new Problem('person_unknown', 404, 'there is no such person')
  return personView(staff)
}

async function insert(room: Room, tx: PeopleTx, id: string, draft: PersonDraft): Promise<void> {
  const email = await emailOf(room, tx, id, draft.email)
  const sealed = { name: room.box.seal(label.name(id), draft.name), ...email }
  const created_at = new Date(room.clock.now())
  // the person chooses a language when accepting the invitation
  await tx
    .insertInto('people')
    .values({ id, ...sealed, role: draft.role, country: draft.country, locale: 'en', created_at })
    .execute()
}

async function update(room: Room, tx: PeopleTx, id: string, draft: Change): Promise<void> {
  const staff = await known(room, tx, id)
  const role = draft.role ?? staff.role
  const active = draft.active ?? staff.active
  if (staff.role === 'administrator' && staff.active && staff.enrolled && (role !== 'administrator' || !active))
    await requireAnother(tx, id)
  const name = draft.name === undefined ? {} : { name: room.box.seal(label.name(id), draft.name) }
  const email = draft.email === undefined ? {} : await emailOf(room, tx, id, draft.email)
  const country = draft.country === undefined ? {} : { country: draft.country }
  await tx
    .updateTable('people')
    .set({ role, active, ...name, ...email, ...country })
    .where('id', '=', id)
    .execute()
  if (draft.teams) await setTeams(tx, id, draft.teams)
  if (draft.aliases) await setAliases(room, tx, id, draft.aliases)
  if (role !== staff.role || active !== staff.active) await room.sessions.endAll(id, null, tx)
  if (!active) await tx.deleteFrom('invitations').where('person_id', '=', id).execute()
}

/** Throws Problem `last_administrator` (409) when nobody else could administer. */
async function requireAnother(tx: PeopleTx, id: string): Promise<void> {
  if ((await enrolledAdministrators(tx, id)) === 0) {
    throw new Problem(
      'last_administrator',
      409,
      'this is the last administrator who can sign in; enrol another one first',
    )
  }
}

async function emailOf(room: Room, tx: PeopleTx, id: string, email: string) {
  const email_index = loginIndex(room.box, email)
  const login = tx
    .selectFrom('person_aliases')
    .select('person_id')
    .where('alias_index', '=', email_index)
    .where('person_id', '!=', id)
  if (await login.executeTakeFirst()) throw emailTaken()
  return { email: room.box.seal(label.email(id), email), email_index }
}

async function setTeams(tx: PeopleTx, id: string, teams: string[]): Promise<void> {
  const wanted = [...new Set(teams)]
  const found = wanted.length === 0 ? [] : await tx.selectFrom('teams').select('id').where('id', 'in', wanted).execute()
  const missing = wanted.find((team) => !found.some((row) => row.id === team))
  if (missing !== undefined)
    throw new Problem('team_unknown', 422, 'one of the teams does not exist', { teamId: missing })
  await tx.deleteFrom('person_teams').where('person_id', '=', id).execute()
  if (wanted.length > 0)
    await tx
      .insertInto('person_teams')
      .values(wanted.map((team_id) => ({ person_id: id, team_id })))
      .execute()
}

async function setAliases(room: Room, tx: PeopleTx, id: string, aliases: string[]): Promise<void> {
  const distinct = [...new Map(aliases.map((alias) => [normalise(alias), alias.trim()])).values()].filter(
    (alias) => alias !== '',
  )
  const rows = distinct.map((alias, position) => ({
    person_id: id,
    alias_index: loginIndex(room.box, alias),
    alias: room.box.seal(label.alias(id), alias),
    position,
  }))
  await tx.deleteFrom('person_aliases').where('person_id', '=', id).execute()
  if (rows.length === 0) return
  const indexes = rows.map((row) => row.alias_index)
  const email = tx.selectFrom('people').select('id').where('email_index', 'in', indexes).where('id', '!=', id)
  if (await email.executeTakeFirst()) throw aliasTaken(id)
  await tx.insertInto('person_aliases').values(rows).execute()
}

async function invite(room: Room, tx: PeopleTx, id: string): Promise<string> {
  const token = newToken()
  const row = { token_hash: tokenHash(token), ends_at: new Date(room.clock.now() + INVITATION) }
  await tx
    .insertInto('invitations')
    .values({ person_id: id, ...row })
    .onConflict((c) => c.column('person_id').doUpdateSet(row))
    .execute()
  return token
}
