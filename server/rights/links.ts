import type { Selectable } from 'kysely'
import { newToken, tokenHash } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import type { Append, RightsDb, RightsTables } from './store.ts'

export type Link = Selectable<RightsTables['caller_link']>
export type Made = { id: string; token: string; expiresAt: string }

const DAY_MS = 86_400_000
/** Links that are over are forgotten after this many days. */
const forgetDays = 30

/** The same for a link that never was, is over, or was revoked. */
export const linkEnded = (): Problem =>
  new Problem('caller_link_ended', 410, 'this link does not hold, or no longer; ask for another one')

/** Links with which a caller sees one call: 256 random bits each, kept as their hash. */
export function createLinks({ db, clock, append }: { db: RightsDb; clock: Clock; append: Append }) {
  async function make(callId: string, days: number, madeBy: string | null): Promise<Made> {
    const token = newToken()
    const now = clock.now()
    const row: Link = {
      id: newId(),
      call_id: callId,
      token_hash: tokenHash(token),
      made_at: new Date(now),
      made_by: madeBy,
      expires_at: new Date(now + days * DAY_MS),
      revoked_at: null,
      revoked_by: null,
    }
    const expiresAt = row.expires_at.toISOString()
    await db.transaction().execute(async (tx) => {
      await tx.insertInto('caller_link').values(row).execute()
      await append(tx, { type: 'caller_link.made', callId, data: { linkId: row.id, by: madeBy, expiresAt } })
    })
    return { id: row.id, token, expiresAt }
  }

  /** Throws Problem `caller_link_unknown` (404). */
  async function one(id: string): Promise<Link> {
    const row = await db.selectFrom('caller_link').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) throw new Problem('caller_link_unknown', 404, 'there is no such link')
    return row
  }

  return {
    make,
    one,
    /** The link a token opens now; null when it opens nothing. */
    async find(token: string): Promise<Link | null> {
      const row = await db
        .selectFrom('caller_link')
        .selectAll()
        .where('token_hash', '=', tokenHash(token))
        .executeTakeFirst()
      return row && !row.revoked_at && row.expires_at.getTime() > clock.now() ? row : null
    },
    ofCall: (callId: string): Promise<Link[]> =>
      db.selectFrom('caller_link').selectAll().where('call_id', '=', callId).orderBy('id', 'desc').limit(50).execute(),
    async revoke(link: Link, by: string | null): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const done = await tx
          .updateTable('caller_link')
          .set({ revoked_at: new Date(clock.now()), revoked_by: by })
          .where('id', '=', link.id)
          .where('revoked_at', 'is', null)
          .executeTakeFirst()
        if (done.numUpdatedRows === 0n) return
        await append(tx, { type: 'caller_link.revoked', callId: link.call_id, data: { linkId: link.id, by } })
      })
    },
    async sweep(): Promise<void> {
      const before = new Date(clock.now() - forgetDays * DAY_MS)
      await db.deleteFrom('caller_link').where('expires_at', '<', before).execute()
    },
  }
}

export type Links = ReturnType<typeof createLinks>
