import type { LegalBasis } from '../../../contract/models/policy.ts'
import type { RightsReport, WorkingCopy } from '../../../contract/models/rights.ts'
import type { CallTerms, Term } from '../../../contract/models/terms.ts'
import type { Clock } from '../../platform/clock.ts'
import { isProblem, messageOf } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'
import { fateOf } from '../view.ts'
import type { CallRow } from './calls.ts'
import type { Marks } from './marks.ts'
import { openWords, type RequestRow } from './record.ts'

type TermId = { callId: string; purpose: string; segment: number }

export type ActDeps = {
  clock: Clock
  box: Box
  marks: Marks
  terms: (callId: string) => Promise<CallTerms>
  /** Ends terms because of a request; completes those whose end was cut short. */
  endTerms: (terms: TermId[], of: { reason: 'erasure' | 'objection'; caseId: string }) => Promise<unknown>
  inProgress: (callId: string) => Promise<boolean>
  /** Those of some calls whose working copy is there. */
  workingCopies: (callIds: string[]) => Promise<string[]>
}

/** What came of one call. `done` false: something is left to be done with it. */
export type Acted = { report: RightsReport | null; done: boolean }

/**
 * Carries a request that was begun out on one of its calls. May run again: what was done stays done and is told again. `over`: the
 * call has ended, whatever the recorder still holds of it.
 */
export async function actOn(deps: ActDeps, request: RequestRow, of: { call: CallRow; over: boolean }): Promise<Acted> {
  const { id, kind } = request
  const callId = of.call.call_id
  if (kind === 'erasure' || kind === 'objection') return end(deps, request, of)
  if ((await deps.terms(callId)).certificate) return { report: null, done: true }
  const by = request.begun_by
  if (kind === 'restriction')
    await deps.marks.restrict({ requestId: id, callId, grounds: request.grounds ?? 'accuracy', by })
  else await deps.marks.annotate({ requestId: id, callId, text: openWords(deps.box, 'words', request) ?? '', by })
  return { report: null, done: true }
}

/**
 * Ends every purpose that no contract and no law keeps; says of the others why they stay. One that fails does not stop the others.
 * A call in progress is left to its end.
 */
async function end(
  deps: ActDeps,
  request: RequestRow,
  { call, over }: { call: CallRow; over: boolean },
): Promise<Acted> {
  const callId = call.call_id
  const failed: RightsReport['failed'] = []
  const waits = !over && (await deps.inProgress(callId))
  const before = (await deps.terms(callId)).terms.filter((t) => t.state !== 'ended')
  for (const term of waits ? [] : before.filter(endsByNo)) {
    const { purpose, segment } = term
    const of = { reason: request.kind as 'erasure' | 'objection', caseId: request.id }
    try {
      await deps.endTerms([{ callId, purpose, segment }], of)
    } catch (error) {
      failed.push({ purpose, code: isProblem(error) ? error.code : messageOf(error) })
    }
  }
  const begunAt = request.begun_at ?? new Date(deps.clock.now())
  const report = await reportOf(deps, { callId, failed, begunAt, hadCopy: call.had_copy === true })
  return { report, done: !waits && report.failed.length === 0 }
}

const endsByNo = ({ purpose, basis }: Term): boolean => fateOf(purpose, basis as LegalBasis | null).ends

type Reported = { callId: string; failed: RightsReport['failed']; begunAt: Date; hadCopy: boolean }

/** What became of the call since the request was begun, as the clock of retention tells it now. */
async function reportOf(deps: ActDeps, of: Reported): Promise<RightsReport> {
  const { terms, holds, certificate } = await deps.terms(of.callId)
  const held = holds.length > 0
  const stuck = terms.filter((t) => t.state === 'ending').map(({ purpose }) => ({ purpose, code: 'ending' }))
  const failed = [...of.failed, ...stuck.filter(({ purpose }) => !of.failed.some((f) => f.purpose === purpose))]
  const isFailed = ({ purpose }: Term): boolean => failed.some((f) => f.purpose === purpose)
  return {
    at: new Date(deps.clock.now()).toISOString(),
    ended: terms
      .filter((t) => t.state === 'ended' && Date.parse(t.endedAt ?? '') >= of.begunAt.getTime() && !isFailed(t))
      .map(({ purpose }) => ({ purpose })),
    kept: terms
      .filter((t) => t.state === 'live' && !isFailed(t))
      .map(({ purpose, basis, lastDay }) => {
        const { ends, article } = fateOf(purpose, basis as LegalBasis | null)
        if (!ends) return { purpose, why: 'law' as const, article, lastDay }
        // a hold stands on the exception for legal claims
        if (held) return { purpose, why: 'hold' as const, article: 'GDPR art. 17(3)(e)', lastDay }
        return { purpose, why: 'soon' as const, article, lastDay }
      }),
    failed,
    workingCopy: await workingCopyOf(deps, of.callId, { had: of.hadCopy, held }),
    destroyed: certificate !== null,
  }
}

/** What became of a call's working copy. `had`: it was there before. */
export async function workingCopyOf(
  { workingCopies }: Pick<ActDeps, 'workingCopies'>,
  callId: string,
  { had, held }: { had: boolean; held: boolean },
): Promise<WorkingCopy> {
  const there = (await workingCopies([callId])).length > 0
  if (there) return held ? 'held' : 'soon'
  return had ? 'destroyed' : 'none'
}
