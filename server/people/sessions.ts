import { sql } from 'kysely'
import { permissionsOf } from '../../contract/permissions.ts'
import type { Clock } from '../platform/clock.ts'
import type { Actor } from '../platform/http/handlers.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { challenges } from './challenges.ts'
import type { PeopleDb, SessionState } from './store.ts'
import { newToken, tokenHash } from './words.ts'

const MINUTE = 60_000
const IDLE = 30 * MINUTE
const ABSOLUTE = 12 * 60 * MINUTE
/** A password alone, waiting for its second factor or for the first enrolment. */
const ENROLLING = 30 * MINUTE
/** Changing one's factors asks for a sign-in as recent as this. */
const RECENT = 15 * MINUTE
/** Being seen is written at most this often. */
const SEEN_EVERY = MINUTE

export type Authenticated = { actor: Actor; state: SessionState }

/** `since`: when the sign-in was made on which the new session rests; now, unless it continues one. */
type Beginning = { personId: string; state: SessionState; previous: string | null; since?: Date }

export type Sessions = ReturnType<typeof createSessions>

/** Sessions of people: opaque tokens, stored as SHA-256; 30 minutes idle, 12 hours at most. */
export function createSessions({ db, clock }: { db: PeopleDb; clock: Clock }) {
  const at = (offset = 0): Date => new Date(clock.now() + offset)

  /** Begins a session under a new id and token; the session it grows out of ends. Returns the token. */
  async function begin({ personId, state, previous, since = at() }: Beginning, tx: PeopleDb = db): Promise<string> {
    const token = newToken()
    await tx
      .deleteFrom('sessions')
      .where((e) => e.or([e('ends_at', '<=', at()), e('id', '=', previous)]))
      .execute()
    if (state === 'signed_in') await noteSignIn(personId, since, tx)
    const ends = new Date(since.getTime() + (state === 'signed_in' ? ABSOLUTE : ENROLLING))
    const times = { created_at: since, seen_at: at(), ends_at: ends }
    await tx
      .insertInto('sessions')
      .values({ id: newId(), token_hash: tokenHash(token), person_id: personId, state, ...times })
      .execute()
    return token
  }

  /** Keeps the day of the sign-in, nothing finer. */
  async function noteSignIn(personId: string, since: Date, tx: PeopleDb): Promise<void> {
    const day = since.toISOString().slice(0, 10)
    await tx
      .updateTable('people')
      .set({ last_sign_in_on: day })
      .where('id', '=', personId)
      .where((e) => e.or([e('last_sign_in_on', 'is', null), e('last_sign_in_on', '<', day)]))
      .execute()
  }

  /** Whose live session a token opens, or null. */
  async function authenticate(token: string): Promise<Authenticated | null> {
    const row = await db
      .selectFrom('sessions as s')
      .innerJoin('people as p', 'p.id', 's.person_id')
      .select(['s.id', 's.person_id', 's.state', 's.seen_at', 's.ends_at', 'p.role'])
      .select(sql<string[]>`array(select team_id from person_teams where person_id = p.id)`.as('teams'))
      .where('s.token_hash', '=', tokenHash(token))
      .where('p.active', '=', true)
      .executeTakeFirst()
    if (!row) return null
    if (row.ends_at <= at() || row.seen_at <= at(-IDLE)) {
      await end(row.id)
      return null
    }
    if (row.seen_at <= at(-SEEN_EVERY))
      await db.updateTable('sessions').set({ seen_at: at() }).where('id', '=', row.id).execute()
    const may = new Set<string>(row.state === 'signed_in' ? permissionsOf[row.role] : [])
    const actor = { personId: row.person_id, tokenId: null, role: row.role, teamIds: row.teams, sessionId: row.id, may }
    return { actor, state: row.state }
  }

  /** Whether a session an actor came with still lives, with the same role; not a sign of activity. */
  async function holds(actor: Actor): Promise<boolean> {
    const row = await db
      .selectFrom('sessions as s')
      .innerJoin('people as p', 'p.id', 's.person_id')
      .select('p.role')
      .where('s.id', '=', actor.sessionId)
      .where('s.ends_at', '>', at())
      .where('s.seen_at', '>', at(-IDLE))
      .where('p.active', '=', true)
      .executeTakeFirst()
    return row?.role === actor.role
  }

  async function end(sessionId: string): Promise<void> {
    await db.deleteFrom('sessions').where('id', '=', sessionId).execute()
  }

  /** Ends a person's sessions, but for the one kept. */
  async function endAll(personId: string, kept: string | null = null, tx: PeopleDb = db): Promise<void> {
    const all = tx.deleteFrom('sessions').where('person_id', '=', personId)
    await (kept ? all.where('id', '!=', kept) : all).execute()
  }

  /** The live session of an actor. Throws Problem `person_needed` (403) for API tokens, 401 when it has just ended. */
  async function current(actor: Actor) {
    if (!actor.personId || !actor.sessionId)
      throw new Problem('person_needed', 403, 'only a person who signed in can do this')
    const row = await db.selectFrom('sessions').selectAll().where('id', '=', actor.sessionId).executeTakeFirst()
    if (!row) throw new Problem('not_signed_in', 401, 'the session has ended; sign in again')
    const until = new Date(Math.min(row.ends_at.getTime(), row.seen_at.getTime() + IDLE))
    return { ...row, until, recent: row.created_at > at(-RECENT) }
  }

  return { begin, authenticate, holds, end, endAll, current, ...challenges({ db, at }) }
}
