import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { SealedStream } from './types.ts'

export type RenditionState = 'recording' | 'sealed' | 'erasing' | 'erased'

/** Dates are written as `Date` or `YYYY-MM-DD` and read as text. */
type Day = ColumnType<string, string, string>

export type VaultTables = {
  bucket: {
    id: string
    purpose: string
    state: Generated<'open' | 'lapsed'>
    next_leaf: Generated<number>
    created_at: Date
  }
  rendition: {
    id: string
    call_id: string
    format: string
    purpose: string
    state: Generated<RenditionState>
    manifest: JSONColumnType<SealedStream[], string | undefined, string>
    created_at: Date
    sealed_at: Date | null
    erased_at: Date | null
  }
  key_wrap: {
    rendition_id: string
    purpose: string
    bucket: string
    leaf: number
    wrapped: Buffer
    expires_on: Day
  }
  vault_intent: {
    idx: Generated<number>
    rendition_id: string
    leaves: JSONColumnType<{ bucket: string; leaf: number }[], string, never>
    created_at: Date
    done_at: Date | null
  }
}
