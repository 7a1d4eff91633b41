import type { ColumnType } from 'kysely'

export type EvidenceTables = {
  evidence_pending: {
    id: string
    /** C2SP-style log entry: a commitment, no personal data. */
    entry: string
    rendition_id: string | null
    opening: Buffer
    created_at: ColumnType<Date, Date, never>
  }
}
