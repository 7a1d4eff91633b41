import type { ApiToken } from '../../contract/models/people.ts'
import type { Permission } from '../../contract/permissions.ts'
import type { Clock } from '../platform/clock.ts'
import type { Handlers } from '../platform/http/handlers.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { bearerToken, type Asking } from './cookies.ts'
import { ok, type Room } from './room.ts'
import type { Authenticated } from './sessions.ts'
import type { PeopleDb } from './store.ts'
import { label, newToken, openText, tokenHash } from './words.ts'

type Keys = 'GET /tokens' | 'POST /tokens' | 'DELETE /tokens/:tokenId'

const PREFIX = 'vrb_'
const USED_EVERY = 60_000

/** Who may come in is decided by people with a second factor, never by a program; nor does one search what people listened to. */
const HUMAN_ONLY: readonly Permission[] = ['people.manage', 'tokens.manage', 'access.search']

export function tokenRoutes(room: Room): Handlers<Keys> {
  const { db, box, clock } = room
  return {
    'GET /tokens': async () => {
      const rows = await db.selectFrom('api_tokens').selectAll().orderBy('id', 'desc').execute()
      return {
        items: rows.map((row): ApiToken => ({
          id: row.id,
          name: openText(box, label.token(row.id), row.name),
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from the same list
          permissions: row.permissions as Permission[],
          createdAt: row.created_at.toISOString(),
          lastUsedAt: row.last_used_at?.toISOString() ?? null,
        })),
      }
    },
    'POST /tokens': async ({ actor, body: { name, permissions: asked } }) => {
      const permissions = [...new Set(asked)]
      const refused = permissions.find((permission) => HUMAN_ONLY.includes(permission))
      if (refused) {
        throw new Problem('token_permission_refused', 422, 'this permission is for people, not for API tokens', {
          permission: refused,
        })
      }
      const id = newId()
      const token = PREFIX + newToken()
      const created_at = new Date(clock.now())
      const row = {
        id,
        token_hash: tokenHash(token),
        name: box.seal(label.token(id), name),
        permissions,
        created_by: actor.personId,
        created_at,
      }
      await db.insertInto('api_tokens').values(row).execute()
      room.log.info({ tokenId: id, by: actor.personId }, 'API token created')
      return { token, view: { id, name: name, permissions, createdAt: created_at.toISOString(), lastUsedAt: null } }
    },
    'DELETE /tokens/:tokenId': async ({ actor, params: { tokenId } }) => {
      const gone = await db.deleteFrom('api_tokens').where('id', '=', tokenId).executeTakeFirst()
      if (gone.numDeletedRows === 0n) throw new Problem('token_unknown', 404, 'there is no such API token')
      room.log.info({ tokenId, by: actor.personId }, 'API token revoked')
      return ok
    },
  }
}

/** The API token a request carries; undefined when it carries none, null when it is not valid. */
export async function tokenActor(
  db: PeopleDb,
  clock: Clock,
  request: Asking,
): Promise<Authenticated | null | undefined> {
  const token = bearerToken(request)
  if (token === null) return undefined
  if (!token.startsWith(PREFIX)) return null
  const row = await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('token_hash', '=', tokenHash(token))
    .executeTakeFirst()
  if (!row) return null
  const now = clock.now()
  if (!row.last_used_at || row.last_used_at.getTime() <= now - USED_EVERY) {
    await db
      .updateTable('api_tokens')
      .set({ last_used_at: new Date(now) })
      .where('id', '=', row.id)
      .execute()
  }
  const actor = {
    personId: null,
    tokenId: row.id,
    role: 'api',
    teamIds: [],
    sessionId: null,
    may: new Set(row.permissions),
  } as const
  return { actor: { ...actor, teamIds: [] }, state: 'signed_in' }
}

export const tokenHolds = async (db: PeopleDb, tokenId: string): Promise<boolean> =>
  (await db.selectFrom('api_tokens').select('id').where('id', '=', tokenId).executeTakeFirst()) !== undefined
