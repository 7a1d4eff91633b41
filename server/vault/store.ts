import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { RenditionFormat, SealedStream } from './types.ts'

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
    format: RenditionFormat
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
  rendition_hold: {
    rendition_id: string
    hold_id: string
    /** Whether renditions made later of the same call are held too. */
    follows: boolean
    placed_at: Date
  }
  vault_intent: {
    idx: Generated<number>
    /** Wraps to destroy. */
    wraps: JSONColumnType<{ rendition: string; purpose: string; bucket: string; leaf: number }[], string, never>
    /** Renditions that nobody can open afterwards: their bytes go too. */
    renditions: string[]
    /** Written under a key that its rendition has no more: these go, the rendition stays. */
    streams: JSONColumnType<{ rendition: string; stream: string }[], string | undefined, never>
    created_at: Date
    done_at: Date | null
  }
}
