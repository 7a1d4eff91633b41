import type { Actor, Handlers, Http } from '../platform/http/handlers.ts'
import { Problem } from '../platform/problem.ts'
import { setSessionCookie } from './cookies.ts'
import { staffById } from './persons.ts'
import { refillCodes } from './recovery.ts'
import { type Room } from './room.ts'
import type { PeopleTx } from './store.ts'
import { newTotp, totpStep } from './totp.ts'
import { label, openText } from './words.ts'

type Keys = 'POST /me/totp/begin' | 'POST /me/totp/confirm' | 'POST /me/passkeys/begin' | 'POST /me/passkeys/confirm'

/** Second factors: the first one completes a sign-in; changing them later asks for a recent one. */
export function enrolmentRoutes(room: Room): Handlers<Keys> {
  return {
    'POST /me/totp/begin': async ({ actor }) => {
      const { staff, session } = await mayAddFactor(room, actor)
      const totp = await newTotp(staff.email)
      await room.sessions.keepPendingTotp(session.id, room.box.seal(label.totp(staff.id), totp.secret))
      return totp
    },
    'POST /me/totp/confirm': async ({ actor, reply, body: { code } }) => {
      const { staff, session } = await mayAddFactor(room, actor)
      const pending = session.pending_totp
      if (!pending) throw new Problem('totp_not_begun', 409, 'begin adding the authenticator app first')
      const step = totpStep(openText(room.box, label.totp(staff.id), pending), code, room.clock.now())
      if (step === null)
        throw new Problem(
          'code_wrong',
          422,
          'the code does not fit; check the clock of the telephone and try the next code',
        )
      return addFactor(room, { actor, reply }, async (tx) => {
        await tx.updateTable('people').set({ totp: pending, totp_step: step }).where('id', '=', staff.id).execute()
      })
    },
    'POST /me/passkeys/begin': async ({ actor }) => {
      const { staff, session } = await mayAddFactor(room, actor)
      const options = await room.passkeys.registration(staff)
      await room.sessions.keepChallenge(session.id, 'register', options.challenge)
      return { ...options }
    },
    'POST /me/passkeys/confirm': async ({ actor, reply, body: { name, response } }) => {
      const { staff, session } = await mayAddFactor(room, actor)
      const challenge = await room.sessions.takeChallenge(session.id, 'register')
      return addFactor(room, { actor, reply }, (tx) => room.passkeys.add(tx, staff.id, { name, response, challenge }))
    },
  }
}

/**
 * Someone who only knows the password of an account that has a factor may not add another: that would bypass it.
 * Throws Problem `second_factor_needed` (403) or `sign_in_again` (403).
 */
async function mayAddFactor(room: Room, actor: Actor, db = room.db) {
  const session = await room.sessions.current(actor)
  const staff = await staffById(db, room.box, session.person_id)
  if (!staff) throw new Problem('not_signed_in', 401, 'the session has ended; sign in again')
  if (session.state === 'enrolling' && (staff.totp || staff.passkeys > 0))
    throw new Problem('second_factor_needed', 403, 'complete the sign-in with the second factor first')
  if (session.state === 'signed_in' && !session.recent)
    throw new Problem('sign_in_again', 403, 'sign in again to change how you sign in')
  return { staff, session }
}

/** Stores a factor, ends the person's sessions, and goes on in a new one. Returns recovery codes when any are missing. */
async function addFactor(
  room: Room,
  { actor, reply }: Pick<Http, 'reply'> & { actor: Actor },
  store: (tx: PeopleTx) => Promise<void>,
): Promise<{ recoveryCodes: string[] }> {
  const { token, recoveryCodes } = await room.db.transaction().execute(async (tx) => {
    await tx.selectFrom('people').select('id').where('id', '=', actor.personId).forUpdate().execute()
    const { staff, session } = await mayAddFactor(room, actor, tx)
    await store(tx)
    const codes = await refillCodes(tx, room.box, staff.id)
    await room.sessions.endAll(staff.id, null, tx)
    const since = session.state === 'signed_in' ? { since: session.created_at } : {}
    return {
      token: await room.sessions.begin({ personId: staff.id, state: 'signed_in', previous: null, ...since }, tx),
      recoveryCodes: codes,
    }
  })
  setSessionCookie(reply, room.origin().origin, token)
  await room.directory.refresh()
  room.log.info({ personId: actor.personId }, 'second factor added')
  return { recoveryCodes }
}
