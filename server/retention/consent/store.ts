import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import type { ConsentChannel, ConsentKind } from '../../../contract/models/consent.ts'
import type { Box } from '../../vault/index.ts'
import type { Consent } from './standing.ts'

/** Append only: the database refuses every change. */
export type ConsentTables = {
  consent_record: {
    id: string
    /** Blind index of the caller's address. */
    caller: Buffer | null
    call_id: string | null
    purpose: string | null
    value: 'yes' | 'no' | 'not_asked'
    kind: string | null
    channel: string
    at: Date
    announcement: number | null
    recorded_at: Date
    recorded_by: string | null
    note: Buffer | null
  }
}

export type StoredConsent = Consent & {
  caller: Buffer | null
  recordedAtMs: number
  recordedBy: string | null
  note: string
}

const label = (id: string): string => `consent/note/${id}`

export function createConsentStore(db: Kysely<ConsentTables>, box: Box) {
  const rows = () => db.selectFrom('consent_record').selectAll()
  return {
    async insert(tx: Transaction<ConsentTables>, { note, ...record }: StoredConsent): Promise<void> {
      const row: Insertable<ConsentTables['consent_record']> = {
        id: record.id,
        caller: record.caller,
        call_id: record.callId,
        purpose: record.purpose,
        value: record.value,
        kind: record.kind,
        channel: record.channel,
        at: new Date(record.atMs),
        announcement: record.announcement,
        recorded_at: new Date(record.recordedAtMs),
        recorded_by: record.recordedBy,
        note: note === '' ? null : box.seal(label(record.id), note),
      }
      await tx.insertInto('consent_record').values(row).execute()
    },
    async one(id: string): Promise<StoredConsent | null> {
      const row = await rows().where('id', '=', id).executeTakeFirst()
      return row ? opened(box, row) : null
    },
    /** Everything said by a caller, in a call, or both, newest first. */
    async about(who: { caller: Buffer | null; callId: string | null }): Promise<StoredConsent[]> {
      const { caller, callId } = who
      if (caller === null && callId === null) return []
      const found = await rows()
        .where((e) =>
          e.or([
            ...(caller ? [e('caller', '=', caller)] : []),
            ...(callId === null ? [] : [e('call_id', '=', callId)]),
          ]),
        )
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .execute()
      return found.map((row) => opened(box, row))
    },
  }
}

const opened = (box: Box, row: Selectable<ConsentTables['consent_record']>): StoredConsent => ({
  id: row.id,
  caller: row.caller,
  callId: row.call_id,
  purpose: row.purpose,
  value: row.value,
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from the same list
  kind: row.kind as ConsentKind | null,
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from the same list
  channel: row.channel as ConsentChannel,
  atMs: row.at.getTime(),
  announcement: row.announcement,
  recordedAtMs: row.recorded_at.getTime(),
  recordedBy: row.recorded_by,
  note: row.note ? box.open(label(row.id), row.note).toString('utf8') : '',
})
