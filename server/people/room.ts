import type { FastifyReply } from 'fastify'
import type { SignInStep } from '../../contract/models/people.ts'
import type { Clock } from '../platform/clock.ts'
import type { Actor } from '../platform/http/handlers.ts'
import type { Logger } from '../platform/log.ts'
import { Problem } from '../platform/problem.ts'
import type { Box } from '../vault/index.ts'
import { setSessionCookie, type Origin } from './cookies.ts'
import type { Directory } from './directory.ts'
import type { Passkeys } from './passkeys.ts'
import type { Passwords } from './passwords.ts'
import { staffById, type Staff } from './persons.ts'
import type { Sessions } from './sessions.ts'
import type { PeopleDb } from './store.ts'
import type { Strength } from './strength.ts'
import type { Throttle } from './throttle.ts'

/** What the handlers of this room share. */
export type Room = {
  db: PeopleDb
  box: Box
  clock: Clock
  log: Logger
  origin: () => Origin
  sessions: Sessions
  throttle: Throttle
  passwords: Passwords
  strength: Strength
  passkeys: Passkeys
  directory: Directory
}

/** The person behind an actor. Throws Problem `person_needed` (403) for API tokens. */
export async function personOf(room: Room, actor: Actor): Promise<Staff> {
  const staff = actor.personId ? await staffById(room.db, room.box, actor.personId) : null
  if (!staff) throw new Problem('person_needed', 403, 'only a person who signed in can do this')
  return staff
}

/** Begins a session and hands its token to the browser. */
export async function enter(
  room: Room,
  reply: FastifyReply,
  beginning: Parameters<Sessions['begin']>[0],
): Promise<void> {
  setSessionCookie(reply, room.origin().origin, await room.sessions.begin(beginning))
}

export const done = (factors: SignInStep['factors'] = []): SignInStep => ({ next: 'done', factors })
export const ok = { ok: true } as const

/** Whether an error is this unique constraint of PostgreSQL refusing a row. */
export const violates = (error: unknown, constraint: string): boolean => {
  const e = error as { code?: unknown; constraint?: unknown } | null
  return e?.code === '23505' && e.constraint === constraint
}
