import type { ColumnType, Generated, Selectable } from 'kysely'

export type EvidenceTables = {
  /** What `append` stores, for good. */
  evidence_event: {
    id: string
    /** C2SP-style log entry: a commitment, no personal data. */
    entry: string
    rendition_id: string | null
    /** The call whose history an event of no card belongs to. */
    call_id: string | null
    opening: Buffer
    created_at: ColumnType<Date, Date, never>
  }
  /** Events that no log holds yet, in the order of `id`. */
  log_queue: { id: Generated<number>; event_id: string }
  log: {
    id: Generated<number>
    name: string
    origin: string
    year: number
    vkey: string
    /** Leaves integrated, and their root (32 bytes). */
    size: number
    root: Buffer
    after: string | null
    began_at: Date
    ended_at: Date | null
    abandoned: Generated<boolean>
  }
  log_key: { log_id: number; sealed: Buffer }
  log_leaf: { log_id: number; leaf_index: number; event_id: string }
  log_tile: { log_id: number; level: number; tile_index: number; bytes: Buffer }
  checkpoint: {
    origin: string
    size: number
    /** The signed note, with the log's own signature only. */
    text: string
    /** Signature lines of witnesses, each with its newline. */
    cosignatures: Generated<string>
    signed_at: Date
  }
}

/** One log: a year's, or what began after a restart. `size` and `root` are what is integrated, signed or not. */
export type LogRow = Selectable<EvidenceTables['log']>
