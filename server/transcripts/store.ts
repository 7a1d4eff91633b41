import type { ColumnType, Generated, JSONColumnType, Kysely, Selectable, Transaction } from 'kysely'
import type { ToSilence } from './making/silence.ts'

type Timestamp = ColumnType<Date, Date, Date>
/** `2026-11-27` */
type Day = ColumnType<string, string, string>

export type TranscriptState = 'waiting' | 'running' | 'done' | 'failed'
/** First character, characters, from ms, to ms: of the text as it is stored. */
export type StoredWord = [at: number, length: number, fromMs: number, toMs: number]
export type StoredMark = { type: string; at: number; length: number }

export type TranscriptTables = {
  transcript: {
    call_id: string
    state: TranscriptState
    reason: string | null
    asked_at: Timestamp
    made_at: Timestamp | null
    speech_ms: Generated<number>
    done_ms: Generated<number>
    language: string | null
    engine: string | null
    model: string | null
    engine_version: string | null
    /** The model of embeddings that has read it. */
    meant_by: Generated<string | null>
    started_at: Timestamp
    duration_ms: number
    agent_id: string | null
    agent_country: string | null
    team_ids: string[]
    queue: string | null
    direction: string | null
    difficult: boolean
  }
  transcript_purpose: { call_id: string; purpose: string; last_day: Day }
  transcript_turn: {
    call_id: string
    idx: number
    leg: number
    role: 'agent' | 'customer' | 'unknown'
    from_ms: number
    to_ms: number
    language: string
    text: string
    words: JSONColumnType<StoredWord[]>
    marks: JSONColumnType<StoredMark[]>
    confidence: number | null
    made_by: 'engine' | 'source'
    search: ColumnType<string, never, never>
  }
  transcript_meaning: {
    call_id: string
    idx: number
    role: string
    language: string
    /** Bits, as `0101`. */
    signs: string
  }
  transcript_vector: { call_id: string; idx: number; vector: Buffer }
  transcript_draft: { call_id: string; leg: number; from_ms: number; sealed: Buffer }
  caption_draft: { call_id: string; number: number; at: Timestamp; origin: 'source' | 'engine'; sealed: Buffer }
  caption_receipt: {
    call_id: string
    ended_at: Timestamp
    captions: number
    viewers: number
    heard_ms: number
    engine: string | null
    recorded: boolean
  }
  /** Written down, and to be silenced in the audio. Not of the transcript: it may end first. */
  transcript_silence: { call_id: string; ranges: JSONColumnType<ToSilence>; left_out: boolean; found_at: Timestamp }
  transcript_correction: { id: string; call_id: string; idx: number; author_id: string; at: Timestamp; text: string }
  /** `sealed`: its name, words and filters. */
  saved_search: { id: string; owner_id: string; shared: boolean; sealed: Buffer }
}

export type SavedSearchRow = Selectable<TranscriptTables['saved_search']>

export type TranscriptDb = Kysely<TranscriptTables>
export type TranscriptTx = Transaction<TranscriptTables>
