import type { LegalBasis } from '../../contract/models/policy.ts'
import type { CallerOutcome, WorkingCopy } from '../../contract/models/rights.ts'
import type { CallTerms, Term } from '../../contract/models/terms.ts'
import type { Consents, Said } from '../retention/index.ts'
import type { PurposeEntry } from '../../contract/models/retention.ts'
import { workingCopyOf } from './requests/act.ts'
import { fateOf } from './view.ts'

export type AnswerDeps = {
  consents: Pick<Consents, 'record'>
  /** Carries out what was said, now. */
  follow: (said: Said) => Promise<void>
  terms: (callId: string) => Promise<CallTerms>
  callerOf: (callId: string) => Promise<Buffer | null>
  entry: (purpose: string) => PurposeEntry | null
  /** Those of some calls whose working copy is there. */
  workingCopies: (callIds: string[]) => Promise<string[]>
}
type Answer = { callId: string; purpose: string | null; kind: 'objected' | 'withdrawn' }
export type Answered = { outcomes: CallerOutcome[]; workingCopy: WorkingCopy }

/**
 * Writes down a caller's objection (GDPR art. 21) or withdrawal (art. 7(3)) and carries it out before it answers. What is kept all
 * the same is told with the article that allows it.
 */
export async function answer(deps: AnswerDeps, { callId, purpose, kind }: Answer): Promise<Answered> {
  const concerned = (await live(deps, callId)).filter((t) => purpose === null || t.purpose === purpose)
  const caller = await deps.callerOf(callId)
  const about = { caller, callId, purpose, kind, channel: 'caller_page' as const, announcement: null }
  const had = (await deps.workingCopies([callId])).length > 0
  const record = await deps.consents.record({ ...about, recordedBy: null })
  await deps.follow(record)
  const after = await deps.terms(callId)
  const held = after.holds.length > 0
  const left = new Set(after.terms.filter((t) => t.state === 'live').map((t) => t.purpose))
  const bases = new Map(concerned.map((t) => [t.purpose, t.basis as LegalBasis | null]))
  const outcomes = [...bases].map(([key, basis]): CallerOutcome => {
    const { ends, article } = fateOf(key, basis)
    const became = !ends ? 'stays' : !left.has(key) ? 'ended' : held ? 'held' : 'soon'
    // a hold stands on the exception for legal claims
    return {
      purpose: key,
      name: deps.entry(key)?.name ?? null,
      became,
      article: became === 'held' ? 'GDPR art. 17(3)(e)' : article,
    }
  })
  return { outcomes, workingCopy: await workingCopyOf(deps, callId, { had, held }) }
}

const live = async ({ terms }: AnswerDeps, callId: string): Promise<Term[]> =>
  (await terms(callId)).terms.filter((t) => t.state === 'live')
