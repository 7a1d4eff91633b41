import type { Level } from '../package/format.ts'
import type { CheckId, Copy, Reason, Verdict } from '../verify.ts'

/** What the verifier says in one language. Sentences may hold `{name}` of a check's params. */
export type Words = {
  titles: Record<CheckId, string>
  /** What a check that passed shows. */
  passed: Record<CheckId, string>
  /** Why one failed or was not made. */
  reasons: Record<Reason, string>
  outcomes: Record<'passed' | 'failed' | 'not_checked', string>
  verdicts: Record<Verdict['verdict'], string>
  copies: Record<Copy, string>
  /** Kinds of copy within a sentence. */
  copyNames: Record<string, string>
  levels: Record<Level, string>
  usage: string
  /** What keeps the program from starting. */
  cannotRead: string
  badKey: string
  badRoots: string
  badCheckpoint: string
}
