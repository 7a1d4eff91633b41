import type { Me } from '../../contract/models/people.ts'
import { permissionsOf } from '../../contract/permissions.ts'
import type { Actor, Handlers } from '../platform/http/handlers.ts'
import { Problem } from '../platform/problem.ts'
import { setSessionCookie } from './cookies.ts'
import { ok, personOf, type Room } from './room.ts'
import { label, openText } from './words.ts'

type Keys = 'GET /me' | 'PATCH /me' | 'POST /me/password'

export function meRoutes(room: Room): Handlers<Keys> {
  return {
    'GET /me': ({ actor }) => me(room, actor),
    'PATCH /me': async ({ actor, body: { locale } }) => {
      const { id } = await personOf(room, actor)
      await room.db.updateTable('people').set({ locale }).where('id', '=', id).execute()
      return me(room, actor)
    },
    'POST /me/password': async ({ actor, reply, body: { current, password: chosen } }) => {
      const staff = await personOf(room, actor)
      const session = await room.sessions.current(actor)
      const guess = { kind: 'factor', of: `password/${staff.id}` } as const
      await room.throttle.charge(guess)
      const row = await room.db.selectFrom('people').select('password').where('id', '=', staff.id).executeTakeFirst()
      const stored = row?.password ? openText(room.box, label.password(staff.id), row.password) : null
      if (!(await room.passwords.verify(current, stored)).right)
        throw new Problem('password_wrong', 422, 'the current password is wrong')
      await room.throttle.clear(guess)
      await room.strength.require(chosen, [staff.name, staff.email, ...staff.aliases])
      const password = room.box.seal(label.password(staff.id), await room.passwords.hash(chosen))
      const token = await room.db.transaction().execute(async (tx) => {
        await tx.updateTable('people').set({ password }).where('id', '=', staff.id).execute()
        await room.sessions.endAll(staff.id, null, tx)
        return room.sessions.begin(
          { personId: staff.id, state: 'signed_in', previous: null, since: session.created_at },
          tx,
        )
      })
      setSessionCookie(reply, room.origin().origin, token)
      room.log.info({ personId: staff.id }, 'password changed')
      return ok
    },
  }
}

async function me(room: Room, actor: Actor): Promise<Me> {
  const staff = await personOf(room, actor)
  const session = await room.sessions.current(actor)
  const { id, name, email, role, teams, locale, totp, passkeys } = staff
  return {
    id,
    name,
    email,
    role,
    teams,
    locale,
    permissions: [...permissionsOf[role]],
    factors: { totp, passkeys },
    sessionExpiresAt: session.until.toISOString(),
  }
}
