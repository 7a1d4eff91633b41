import { randomBytes } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import type { RenditionKey, Vault } from '../vault/index.ts'
import { entryOf, opens } from './entry.ts'
import type { EvidenceTables } from './store.ts'

export type { EvidenceTables } from './store.ts'

/** What happened to a call. `data` holds figures, hashes and ids; personal data stays in the call's card. */
export type EvidenceEvent = { type: EvidenceType; callId: string; data: Record<string, unknown> }
export type EvidenceType =
  | 'capture.started'
  | 'capture.switched'
  | 'capture.sealed'
  | 'capture.recovered'
  | 'rendition.created'
  | 'rendition.erased'
  | 'upload.received'

export type Evidence = {
  /** Appends an event in the transaction that makes it true. Its opening is sealed under the call's card key. */
  append(tx: Transaction<EvidenceTables>, event: EvidenceEvent, key: RenditionKey): Promise<void>
  /** The events of a card, oldest first, each checked against its entry. Throws Problem `evidence_mismatch`. */
  read(key: RenditionKey): Promise<(EvidenceEvent & { at: string })[]>
}

const label = 'evidence'

export function createEvidence(deps: {
  db: Kysely<EvidenceTables>
  vault: Pick<Vault, 'sealValue' | 'openValue'>
  clock: Clock
}): Evidence {
  const { db, vault, clock } = deps
  return {
    async append(tx, event, key) {
      const at = new Date(clock.now())
      const salt = randomBytes(32)
      const json = Buffer.from(JSON.stringify({ ...event, at: at.toISOString() }))
      const opening = vault.sealValue(key, label, Buffer.concat([salt, json]))
      await tx
        .insertInto('evidence_pending')
        .values({ id: newId(), entry: entryOf(salt, json), rendition_id: key.renditionId, opening, created_at: at })
        .execute()
    },

    async read(key) {
      const rows = await db
        .selectFrom('evidence_pending')
        .selectAll()
        .where('rendition_id', '=', key.renditionId)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map((row) => {
        const plain = vault.openValue(key, label, row.opening)
        const [salt, json] = [plain.subarray(0, 32), plain.subarray(32)]
        if (!opens(row.entry, salt, json))
          throw new Problem('evidence_mismatch', 500, `Evidence entry ${row.id} does not commit to its opening.`, {
            id: row.id,
          })
        return JSON.parse(json.toString('utf8')) as EvidenceEvent & { at: string }
      })
    },
  }
}
