import { timingSafeEqual } from 'node:crypto'
import type { Locale } from '../../contract/models/common.ts'
import type { SignInStep } from '../../contract/models/people.ts'
import type { Handlers } from '../platform/http/handlers.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { changeStaff, enrolledAdministrators, staffById } from './persons.ts'
import { enter, violates, type Room } from './room.ts'
import type { PeopleDb } from './store.ts'
import { label, loginIndex, newToken, tokenHash } from './words.ts'

type Keys = 'POST /setup' | 'POST /password-strength' | 'POST /invitation/look' | 'POST /invitation/accept'

const ENROL: SignInStep = { next: 'enrol', factors: [] }

/** First ways in: the one-time set-up link and invitations. */
export function entryRoutes(room: Room): Handlers<Keys> {
  return {
    'POST /setup': async ({ actor, reply, body: { password, ...first } }) => {
      await requireSetupToken(room.db, first.token)
      await room.strength.require(password, [first.name, first.email])
      const personId = await createFirst(room, first, await room.passwords.hash(password))
      await room.directory.refresh()
      await enter(room, reply, { personId, state: 'enrolling', previous: actor?.sessionId ?? null })
      return ENROL
    },
    'POST /password-strength': ({ body: { password, inputs } }) => room.strength.check(password, inputs),
    'POST /invitation/look': async ({ body: { token } }) => {
      const { name, email } = await invited(room, token)
      return { name, email }
    },
    'POST /invitation/accept': async ({ actor, reply, body: { token, password: chosen, locale } }) => {
      const staff = await invited(room, token)
      await room.strength.require(chosen, [staff.name, staff.email, ...staff.aliases])
      const password = room.box.seal(label.password(staff.id), await room.passwords.hash(chosen))
      await room.db.transaction().execute(async (tx) => {
        const used = await tx.deleteFrom('invitations').where('token_hash', '=', tokenHash(token)).executeTakeFirst()
        if (used.numDeletedRows === 0n) throw invitationOver()
        await tx.updateTable('people').set({ password, locale }).where('id', '=', staff.id).execute()
        await room.sessions.endAll(staff.id, null, tx)
      })
      await enter(room, reply, { personId: staff.id, state: 'enrolling', previous: actor?.sessionId ?? null })
      return ENROL
    },
  }
}

const invitationOver = (): Problem =>
  new Problem(
    'invitation_over',
    410,
    'this invitation was used, replaced or has ended; ask an administrator for a new one',
  )

async function invited(room: Room, token: string) {
  const row = await room.db
    .selectFrom('invitations')
    .selectAll()
    .where('token_hash', '=', tokenHash(token))
    .executeTakeFirst()
  const staff =
    row && row.ends_at.getTime() > room.clock.now() ? await staffById(room.db, room.box, row.person_id) : null
  if (!staff?.active) throw invitationOver()
  return staff
}

/** Throws Problem `setup_refused` (403). */
async function requireSetupToken(db: PeopleDb, token: string): Promise<void> {
  const row = await db.selectFrom('setup_token').select('token_hash').executeTakeFirst()
  if (!row || !timingSafeEqual(row.token_hash, tokenHash(token))) {
    throw new Problem(
      'setup_refused',
      403,
      'this set-up link was used or replaced; the link printed at the last start counts',
    )
  }
}

async function createFirst(
  room: Room,
  first: { token: string; name: string; email: string; locale: Locale },
  hash: string,
): Promise<string> {
  const { db, box, clock } = room
  const id = newId()
  return changeStaff(db, async (tx) => {
    await requireSetupToken(tx, first.token)
    if ((await enrolledAdministrators(tx)) > 0)
      throw new Problem('setup_over', 409, 'an administrator exists already; sign in instead')
    // an earlier set-up that stopped before its second factor left an administrator who never came in
    await tx.deleteFrom('people').where('role', '=', 'administrator').execute()
    await tx.deleteFrom('setup_token').execute()
    const sealed = {
      name: box.seal(label.name(id), first.name),
      email: box.seal(label.email(id), first.email),
      password: box.seal(label.password(id), hash),
    }
    const row = {
      id,
      ...sealed,
      email_index: loginIndex(box, first.email),
      role: 'administrator',
      locale: first.locale,
      created_at: new Date(clock.now()),
    } as const
    await tx.insertInto('people').values(row).execute()
    return id
  }).catch((error: unknown) => {
    throw violates(error, 'people_email_taken')
      ? new Problem('email_taken', 409, 'another person has this e-mail')
      : error
  })
}

/** Whether nobody can administer yet. */
export const setupNeeded = async (db: PeopleDb): Promise<boolean> => (await enrolledAdministrators(db)) === 0

/** A new one-time set-up token, its forerunner ending; null once an administrator has enrolled. */
export async function firstAdministratorToken({ db, clock }: Pick<Room, 'db' | 'clock'>): Promise<string | null> {
  return changeStaff(db, async (tx) => {
    await tx.deleteFrom('setup_token').execute()
    if (!(await setupNeeded(tx))) return null
    const token = newToken()
    await tx
      .insertInto('setup_token')
      .values({ token_hash: tokenHash(token), created_at: new Date(clock.now()) })
      .execute()
    return token
  })
}
