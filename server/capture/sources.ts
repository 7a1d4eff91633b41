import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { SourceView } from '../../contract/models/sources.ts'
import type { Clock } from '../platform/clock.ts'
import type { Handlers } from '../platform/http/handlers.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import type { Box } from '../vault/index.ts'
import type { Credentials } from './protocols/protocol.ts'
import type { CaptureTables } from './store.ts'

type SourceKeys =
  | 'GET /sources'
  | 'GET /sources/credentials'
  | 'POST /sources/credentials'
  | 'DELETE /sources/credentials/:credentialId'

/** Secrets shared with telephone platforms: sealed in the deployment's box, shown once, found by protocol and key id. */
export function createSources(deps: { db: Kysely<CaptureTables>; box: Box; clock: Clock; sources(): SourceView[] }): {
  credentials: Credentials
  routes: Handlers<SourceKeys>
} {
  const { db, box, clock } = deps
  const label = 'source.secret'

  const credentials: Credentials = {
    async find(protocol, keyId) {
      const row = await db
        .selectFrom('source_credential')
        .selectAll()
        .where('protocol', '=', protocol)
        .where('key_id', '=', keyId)
        .executeTakeFirst()
      if (!row) return null
      await db
        .updateTable('source_credential')
        .set({ last_used_at: new Date(clock.now()) })
        .where('id', '=', row.id)
        .execute()
      return { id: row.id, protocol: row.protocol, keyId: row.key_id, secret: box.open(label, row.secret) }
    },
  }

  const view = (row: {
    id: string
    protocol: string
    name: string
    key_id: string
    created_at: Date
    last_used_at: Date | null
  }) => ({
    id: row.id,
    protocol: row.protocol as SourceView['protocol'],
    name: row.name,
    keyId: row.key_id,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  })

  const routes: Handlers<SourceKeys> = {
    'GET /sources': async () => ({ items: deps.sources() }),
    'GET /sources/credentials': async () => ({
      items: (await db.selectFrom('source_credential').selectAll().orderBy('created_at', 'desc').execute()).map(view),
    }),
    'POST /sources/credentials': async ({ body: { protocol, name, secret, keyId } }) => {
      // AudioHook secrets are exchanged as base64; every other protocol compares them as text.
      const shown = secret ?? randomBytes(32).toString('base64')
      const row = {
        id: newId(),
        protocol,
        name,
        key_id: keyId ?? randomBytes(12).toString('base64url'),
        secret: box.seal(label, shown),
        created_at: new Date(clock.now()),
        last_used_at: null,
      }
      const added = await db
        .insertInto('source_credential')
        .values(row)
        .onConflict((c) => c.columns(['protocol', 'key_id']).doNothing())
        .executeTakeFirst()
      if (!added.numInsertedOrUpdatedRows)
        throw new Problem('credential_exists', 409, 'There is already a credential with this key id for this source.')
      return { credential: view(row), secret: shown }
    },
    'DELETE /sources/credentials/:credentialId': async ({ params: { credentialId } }) => {
      await db.deleteFrom('source_credential').where('id', '=', credentialId).execute()
      return { ok: true }
    },
  }
  return { credentials, routes }
}
