import type { LegalBasis } from '../../../contract/models/policy.ts'
import type { CopyMask, RightsReport, RightsRequest } from '../../../contract/models/rights.ts'
import type { CallTerms, Term } from '../../../contract/models/terms.ts'
import type { Clock } from '../../platform/clock.ts'
import { isProblem, messageOf, Problem } from '../../platform/problem.ts'
import { answer, type AnswerDeps } from '../answers.ts'
import { fateOf } from '../view.ts'
import type { Marks } from './marks.ts'

type TermId = { callId: string; purpose: string; segment: number }

export type ActDeps = {
  clock: Clock
  terms: (callId: string) => Promise<CallTerms>
  /** Ends terms because of an erasure. */
  endTerms: (terms: TermId[], caseId: string) => Promise<unknown>
  /** Keeps a call for a legal claim of its person. */
  hold: (callId: string, reason: string) => Promise<void>
  inProgress: (callId: string) => Promise<boolean>
  marks: Marks
} & AnswerDeps

/** What a person chose when carrying a request out. */
export type Choice = {
  grounds?: 'accuracy' | 'unlawful' | 'claims' | 'objection' | undefined
  text?: string | undefined
  masks: CopyMask[]
  by: string | null
}
export type Acted = { report?: RightsReport; masks?: CopyMask[]; releasedUntil?: Date }

/** Legal bases of data a person may take elsewhere (GDPR art. 20(1)(a)). */
const portable: readonly (string | null)[] = ['consent', 'contract']

/** A person fetches what was released within so many days. */
const releaseDays = 30
const DAY_MS = 86_400_000

/**
 * Carries a request out. Throws Problem `request_identity` (409) before it is known who asks, `call_in_progress` (409),
 * `request_grounds`, `request_text` (422), `request_nothing_kept` (410) when nothing is left to write beside.
 */
export async function act(deps: ActDeps, request: RightsRequest, choice: Choice): Promise<Acted> {
  if (!request.identity)
    throw new Problem('request_identity', 409, 'make sure first that it is this person who asks (GDPR art. 12(6))')
  if (await deps.inProgress(request.callId))
    throw new Problem('call_in_progress', 409, 'the call is still going on: carry it out when it is over')
  switch (request.kind) {
    case 'erasure':
      return { report: await erase(deps, request) }
    case 'objection':
      return { report: await object(deps, request) }
    case 'restriction':
      return restrict(deps, request, choice)
    case 'rectification':
      return annotate(deps, request, choice)
    default:
      return release(deps, request, choice)
  }
}

/** Ends every purpose that the law does not keep; says of the others why they stay. One that fails does not stop the others. */
async function erase(deps: ActDeps, { id, callId }: RightsRequest): Promise<RightsReport> {
  const failed: RightsReport['failed'] = []
  const before = await liveTerms(deps, callId)
  for (const term of before.filter(({ purpose, basis }) => fateOf(purpose, basis as LegalBasis | null).ends)) {
    const { purpose, segment } = term
    try {
      await deps.endTerms([{ callId, purpose, segment }], id)
    } catch (error) {
      failed.push({ purpose, code: isProblem(error) ? error.code : messageOf(error) })
    }
  }
  return reportOf(deps, { callId, before, failed })
}

async function object(deps: ActDeps, { callId }: RightsRequest): Promise<RightsReport> {
  const before = await liveTerms(deps, callId)
  await answer(deps, { callId, purpose: null, kind: 'objected', channel: 'operator' })
  return reportOf(deps, { callId, before, failed: [] })
}

/** What became of terms that lived, as the clock of retention tells it now. */
async function reportOf(
  deps: ActDeps,
  of: { callId: string; before: Term[]; failed: RightsReport['failed'] },
): Promise<RightsReport> {
  const after = await deps.terms(of.callId)
  const left = after.terms.filter((t) => t.state === 'live')
  const isLeft = (term: Term): boolean => left.some((t) => t.purpose === term.purpose && t.segment === term.segment)
  const kept = of.before.filter(isLeft).filter(({ purpose }) => !of.failed.some((f) => f.purpose === purpose))
  return {
    at: new Date(deps.clock.now()).toISOString(),
    ended: of.before.filter((term) => !isLeft(term)).map(({ purpose }) => ({ purpose })),
    kept: kept.map(({ purpose, basis, lastDay }) => {
      const { ends, article } = fateOf(purpose, basis as LegalBasis | null)
      if (!ends) return { purpose, why: 'law' as const, article, lastDay }
      // a hold stands on the exception for legal claims
      if (after.holds.length > 0) return { purpose, why: 'hold' as const, article: 'GDPR art. 17(3)(e)', lastDay }
      return { purpose, why: 'soon' as const, article, lastDay }
    }),
    failed: of.failed,
    destroyed: after.certificate !== null,
  }
}

/** Who needs the recording for a claim, or opposes its erasure, must find it again: a hold keeps it beyond its last day. */
async function restrict(deps: ActDeps, { id, callId }: RightsRequest, { grounds, by }: Choice): Promise<Acted> {
  if (!grounds) throw new Problem('request_grounds', 422, 'say on which ground the use is restricted (GDPR art. 18(1))')
  await deps.marks.restrict({ requestId: id, callId, grounds, by })
  if (grounds === 'unlawful' || grounds === 'claims') await deps.hold(callId, `GDPR art. 18(1), ${id}`)
  return {}
}

async function annotate(deps: ActDeps, { id, callId, details }: RightsRequest, { text, by }: Choice): Promise<Acted> {
  const words = text ?? details
  if (!words) throw new Problem('request_text', 422, 'write what the person says is wrong')
  await requireKept(deps, callId)
  await deps.marks.annotate({ requestId: id, callId, text: words, by })
  return {}
}

async function release(deps: ActDeps, { kind, callId }: RightsRequest, { masks }: Choice): Promise<Acted> {
  if (kind === 'portability' && !(await liveTerms(deps, callId)).some(({ basis }) => portable.includes(basis)))
    throw new Problem(
      'request_not_portable',
      409,
      'nothing is kept on consent or for a contract: refuse it (GDPR art. 20(1))',
    )
  return { masks, releasedUntil: new Date(deps.clock.now() + releaseDays * DAY_MS) }
}

async function requireKept({ terms }: ActDeps, callId: string): Promise<void> {
  if ((await terms(callId)).certificate)
    throw new Problem('request_nothing_kept', 410, 'everything kept of the call was destroyed: close it and say so')
}

const liveTerms = async ({ terms }: ActDeps, callId: string): Promise<Term[]> =>
  (await terms(callId)).terms.filter((t) => t.state === 'live')
