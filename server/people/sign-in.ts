import type { SignInStep } from '../../contract/models/people.ts'
import type { Actor, Handlers, Http } from '../platform/http/handlers.ts'
import { Problem } from '../platform/problem.ts'
import { setSessionCookie } from './cookies.ts'
import { factorsOf, staffById, stepAfterPassword, type Staff } from './persons.ts'
import { useCode } from './recovery.ts'
import { done, enter, ok, personOf, type Room } from './room.ts'
import { networkOf } from './throttle.ts'
import { totpStep } from './totp.ts'
import { label, loginIndex, openText } from './words.ts'

type Keys =
  | 'POST /sign-in'
  | 'POST /sign-in/totp'
  | 'POST /sign-in/recovery'
  | 'POST /sign-in/passkey/options'
  | 'POST /sign-in/passkey'
  | 'POST /sign-out'

/** Password, then second factor. Each step ends its session and begins another. */
export function signInRoutes(room: Room): Handlers<Keys> {
  return {
    'POST /sign-in': (ask) => withPassword(room, ask),
    'POST /sign-in/totp': (ask) => withFactor(room, ask, (staff) => totpRight(room, staff, ask.body.code)),
    'POST /sign-in/recovery': (ask) =>
      withFactor(room, ask, (staff) => useCode(room.db, room.box, staff.id, ask.body.code)),
    'POST /sign-in/passkey/options': async ({ actor }) => {
      const session = await room.sessions.current(actor)
      const options = await room.passkeys.authentication(session.person_id)
      await room.sessions.keepChallenge(session.id, 'authenticate', options.challenge)
      return { ...options }
    },
    'POST /sign-in/passkey': async (ask) => {
      const session = await room.sessions.current(ask.actor)
      const challenge = await room.sessions.takeChallenge(session.id, 'authenticate')
      return withFactor(room, ask, (staff) => room.passkeys.prove(staff.id, ask.body, challenge))
    },
    'POST /sign-out': async ({ actor, reply }) => {
      if (actor.sessionId) await room.sessions.end(actor.sessionId)
      setSessionCookie(reply, room.origin().origin, null)
      return ok
    },
  }
}

type PasswordAsk = Http & { actor: Actor | null; body: { email: string; password: string } }

/** The answer, and the work done for it, are the same whether the e-mail is unknown or the password wrong. */
async function withPassword(
  room: Room,
  { actor, body: { email, password }, request, reply }: PasswordAsk,
): Promise<SignInStep> {
  const address = { kind: 'address', of: networkOf(request.ip) } as const
  const account = { kind: 'account', of: email } as const
  await room.throttle.charge(address, account)
  const row = await room.db
    .selectFrom('people')
    .select(['id', 'password', 'active'])
    .where('email_index', '=', loginIndex(room.box, email))
    .executeTakeFirst()
  const stored = row?.active && row.password ? openText(room.box, label.password(row.id), row.password) : null
  const { right, stale } = await room.passwords.verify(password, stored)
  const staff = right && row ? await staffById(room.db, room.box, row.id) : null
  if (!staff || !row) {
    room.log.warn({ personId: row?.id ?? null }, 'sign-in refused')
    throw new Problem('sign_in_refused', 401, 'the e-mail or the password is wrong')
  }
  await room.throttle.refund(address)
  await room.throttle.clear(account)
  if (stale) {
    const fresh = room.box.seal(label.password(staff.id), await room.passwords.hash(password))
    await room.db
      .updateTable('people')
      .set({ password: fresh })
      .where('id', '=', staff.id)
      .where('password', '=', row.password)
      .execute()
  }
  await enter(room, reply, { personId: staff.id, state: 'enrolling', previous: actor?.sessionId ?? null })
  return stepAfterPassword(staff)
}

/** Completes a sign-in when `proven` says so. Wrong factors are throttled per person. */
async function withFactor(
  room: Room,
  { actor, reply }: Http & { actor: Actor },
  proven: (staff: Staff) => Promise<boolean>,
): Promise<SignInStep> {
  const staff = await personOf(room, actor)
  const session = await room.sessions.current(actor)
  if (session.state === 'signed_in') throw new Problem('already_signed_in', 409, 'this session is already signed in')
  const factor = { kind: 'factor', of: staff.id } as const
  await room.throttle.charge(factor)
  if (!(await proven(staff))) {
    room.log.warn({ personId: staff.id }, 'second factor refused')
    throw new Problem('factor_refused', 401, 'the code or passkey is wrong, expired or already used')
  }
  await room.throttle.clear(factor)
  await enter(room, reply, { personId: staff.id, state: 'signed_in', previous: session.id })
  room.log.info({ personId: staff.id }, 'signed in')
  return done(factorsOf(staff))
}

/** Whether a code is right and newer than any used before. */
async function totpRight(room: Room, staff: Staff, code: string): Promise<boolean> {
  const row = await room.db.selectFrom('people').select('totp').where('id', '=', staff.id).executeTakeFirst()
  const step = row?.totp ? totpStep(openText(room.box, label.totp(staff.id), row.totp), code, room.clock.now()) : null
  if (step === null) return false
  const newer = room.db.updateTable('people').set({ totp_step: step }).where('id', '=', staff.id)
  const used = await newer
    .where((e) => e.or([e('totp_step', 'is', null), e('totp_step', '<', step)]))
    .executeTakeFirst()
  return used.numUpdatedRows > 0n
}
