import type { Turn } from '../../contract/models/transcripts.ts'

/** What was said in a call, as it is kept: redacted, with what wrote it down. */
export type KeptTranscript = {
  language: string | null
  /** ISO 8601. */
  madeAt: string | null
  engine: string
  model: string
  version: string
  turns: Turn[]
}
