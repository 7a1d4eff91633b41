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
export type EvidenceEvent = { type: EvidenceType; callId: string | null; data: Record<string, unknown> }
export type EvidenceType =
  | 'capture.started'
  | 'capture.switched'
  | 'capture.sealed'
  | 'capture.recovered'
  | 'rendition.created'
  | 'rendition.erased'
  | 'upload.received'
  | 'purpose.lapse_intended'
  | 'purpose.lapsed'
  | 'certificate.destruction'
  | 'erasure.final'
  | 'hold.placed'
  | 'hold.release_asked'
  | 'hold.kept'
  | 'hold.released'
  | 'register.published'
  | 'organisation.changed'
  | 'jurisdictions.changed'
  | 'gate.registered'
  | 'gate.revoked'
  | 'announcement.published'
  | 'consent.recorded'

export type Evidence = {
  /**
   * Appends an event in the transaction that makes it true. Its opening is sealed under the call's card key; with null (what must
   * be told when the call is gone, and what is of no call) in the deployment's box.
   */
  append(tx: Transaction<EvidenceTables>, event: EvidenceEvent, key: RenditionKey | null): Promise<void>
  /** Many events of no key at once. */
  appendAll(tx: Transaction<EvidenceTables>, events: EvidenceEvent[]): Promise<void>
  /** The events of a card, oldest first, each checked against its entry. Throws Problem `evidence_mismatch`. */
  read(key: RenditionKey): Promise<(EvidenceEvent & { at: string })[]>
}

const label = 'evidence'

export function createEvidence(deps: {
  db: Kysely<EvidenceTables>
  vault: Pick<Vault, 'sealValue' | 'openValue' | 'box'>
  clock: Clock
}): Evidence {
  const { db, vault, clock } = deps

  function rowOf(event: EvidenceEvent, key: RenditionKey | null) {
    const at = new Date(clock.now())
    const salt = randomBytes(32)
    const json = Buffer.from(JSON.stringify({ ...event, at: at.toISOString() }))
    const plain = Buffer.concat([salt, json])
    const opening = key ? vault.sealValue(key, label, plain) : vault.box.seal(label, plain)
    return { id: newId(), entry: entryOf(salt, json), rendition_id: key?.renditionId ?? null, opening, created_at: at }
  }

  return {
    async append(tx, event, key) {
      await tx.insertInto('evidence_pending').values(rowOf(event, key)).execute()
    },

    async appendAll(tx, events) {
      if (events.length === 0) return
      await tx
        .insertInto('evidence_pending')
        .values(events.map((event) => rowOf(event, null)))
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
