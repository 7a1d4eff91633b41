import { randomBytes } from 'node:crypto'
import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { ENTRY_SALT_BYTES, entryOf, opens } from '../../proof/entry.ts'
import type { Clock } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import type { RenditionKey, Vault } from '../vault/index.ts'
import type { EvidenceEvent } from './event-types.ts'
import type { EvidenceTables } from './store.ts'

/** An event as it was appended. `at` is ISO 8601. */
export type StoredEvent = EvidenceEvent & { id: string; at: string }

export type Events = {
  /**
   * Appends an event in the transaction that makes it true. Its opening is sealed under the call's card key; with null (what must
   * be told when the call is gone, and what is of no call) in the deployment's box. The log takes it within a second.
   */
  append(tx: Transaction<EvidenceTables>, event: EvidenceEvent, key: RenditionKey | null): Promise<void>
  /** Many events of no key at once. */
  appendAll(tx: Transaction<EvidenceTables>, events: EvidenceEvent[]): Promise<void>
  /** The events of a card, oldest first, each checked against its entry. Throws Problem `evidence_mismatch`. */
  read(key: RenditionKey): Promise<StoredEvent[]>
  /**
   * All that the log says of a call, oldest first, as whoever checks it needs it: the events of its card, and those that outlive
   * it. Throws Problem `evidence_mismatch`.
   */
  history(callId: string, card: RenditionKey): Promise<Opening[]>
}

/** What opens an entry: the event's id, its salt (32 bytes) and the exact bytes the entry commits to. */
export type Opening = { id: string; salt: Buffer; event: Buffer }

export type EventRow = Insertable<EvidenceTables['evidence_event']>

export type EventDeps = {
  db: Kysely<EvidenceTables>
  vault: Pick<Vault, 'sealValue' | 'openValue' | 'box'>
  clock: Clock
}

/** What sealing an event takes. */
type SealDeps = { vault: Pick<Vault, 'sealValue' | 'box'>; clock: Clock }

const label = 'evidence'

/** An event as a row: its entry, and its opening sealed under the key, or in the deployment's box. */
export function eventRow(deps: SealDeps, event: EvidenceEvent, key: RenditionKey | null): EventRow {
  const at = new Date(deps.clock.now())
  const salt = randomBytes(32)
  const json = Buffer.from(JSON.stringify({ ...event, at: at.toISOString() }))
  const plain = Buffer.concat([salt, json])
  const opening = key ? deps.vault.sealValue(key, label, plain) : deps.vault.box.seal(label, plain)
  const entry = entryOf(salt, json)
  const call_id = key ? null : event.callId
  return { id: newId(), entry, rendition_id: key?.renditionId ?? null, call_id, opening, created_at: at }
}

/** Events and their queue. Needs no running log. */
export function createEvents(deps: EventDeps): Events {
  const { db, vault } = deps

  const ofCard = (key: RenditionKey) =>
    db.selectFrom('evidence_event').selectAll().where('rendition_id', '=', key.renditionId)

  async function openings(
    rows: Promise<Selectable<EvidenceTables['evidence_event']>[]>,
    key: RenditionKey,
  ): Promise<Opening[]> {
    return (await rows).map((row) => {
      const { rendition_id, opening } = row
      return openingOf(row, rendition_id ? vault.openValue(key, label, opening) : vault.box.open(label, opening))
    })
  }

  return {
    history: (callId, card) =>
      openings(
        ofCard(card)
          .union(db.selectFrom('evidence_event').selectAll().where('call_id', '=', callId))
          .orderBy('created_at')
          .orderBy('id')
          .execute(),
        card,
      ),

    append: (tx, event, key) => store(tx, [eventRow(deps, event, key)]),

    appendAll: async (tx, events) => {
      if (events.length === 0) return
      await store(
        tx,
        events.map((event) => eventRow(deps, event, null)),
      )
    },

    async read(key) {
      const opened = await openings(ofCard(key).orderBy('created_at').orderBy('id').execute(), key)
      return opened.map(({ id, event }) => ({
        ...(JSON.parse(event.toString('utf8')) as EvidenceEvent & { at: string }),
        id,
      }))
    },
  }
}

function openingOf(row: Selectable<EvidenceTables['evidence_event']>, plain: Buffer): Opening {
  const [salt, event] = [plain.subarray(0, ENTRY_SALT_BYTES), plain.subarray(ENTRY_SALT_BYTES)]
  if (!opens(row.entry, salt, event))
    throw new Problem('evidence_mismatch', 500, `Evidence entry ${row.id} does not commit to its opening.`, {
      id: row.id,
    })
  return { id: row.id, salt, event }
}

/** Both rows of every event, in one statement. */
async function store(tx: Transaction<EvidenceTables>, rows: EventRow[]): Promise<void> {
  await tx
    .with('stored', (q) => q.insertInto('evidence_event').values(rows))
    .insertInto('log_queue')
    .values(rows.map(({ id }) => ({ event_id: id })))
    .execute()
}
