import { Problem } from '../platform/problem.ts'
import type { ChallengeKind, PeopleDb } from './store.ts'

const CHALLENGE_MS = 5 * 60_000

/** What a session waits to have answered: a passkey challenge, the first code of a new authenticator app. */
export function challenges({ db, at }: { db: PeopleDb; at: (offset?: number) => Date }) {
  async function keepChallenge(sessionId: string, kind: ChallengeKind, challenge: string): Promise<void> {
    const set = { challenge, challenge_kind: kind, challenge_ends_at: at(CHALLENGE_MS) }
    await db.updateTable('sessions').set(set).where('id', '=', sessionId).execute()
  }

  /** The challenge of this kind, once. Throws Problem `challenge_expired` (409). */
  async function takeChallenge(sessionId: string, kind: ChallengeKind): Promise<string> {
    const taken = await db.transaction().execute(async (tx) => {
      const row = await tx.selectFrom('sessions').selectAll().where('id', '=', sessionId).forUpdate().executeTakeFirst()
      const none = { challenge: null, challenge_kind: null, challenge_ends_at: null }
      await tx.updateTable('sessions').set(none).where('id', '=', sessionId).execute()
      return row?.challenge_kind === kind && row.challenge_ends_at && row.challenge_ends_at > at()
        ? row.challenge
        : null
    })
    if (taken === null)
      throw new Problem('challenge_expired', 409, 'ask for a new passkey challenge and answer it within five minutes')
    return taken
  }

  async function keepPendingTotp(sessionId: string, sealed: Buffer | null): Promise<void> {
    await db.updateTable('sessions').set({ pending_totp: sealed }).where('id', '=', sessionId).execute()
  }

  return { keepChallenge, takeChallenge, keepPendingTotp }
}
