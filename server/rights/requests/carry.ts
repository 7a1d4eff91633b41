import type { RightsRequest } from '../../../contract/models/rights.ts'
import type { Enqueue } from '../../platform/jobs/index.ts'
import type { Logger } from '../../platform/log.ts'
import { isProblem, messageOf, Problem } from '../../platform/problem.ts'
import type { Consents } from '../../retention/index.ts'
import type { Grounds, RightsDb, RightsTx } from '../store.ts'
import { type ActDeps, actOn } from './act.ts'
import type { CallRow, RequestCalls } from './calls.ts'
import type { RequestRow } from './record.ts'
import { closed, type Requests } from './requests.ts'

/** Jobs this room works off. Payloads are ids. */
export type RightsJobs = { 'carry-out': { requestId: string } }

export type CarryDeps = {
  db: RightsDb
  log: Logger
  requests: Pick<Requests, 'stored' | 'begin' | 'acted' | 'one'>
  calls: RequestCalls
  consents: Pick<Consents, 'record'>
  callerOf: (callId: string) => Promise<Buffer | null>
  /** Keeps calls for a legal claim of their person, under this id; done before, it stays as it is. */
  hold: (callIds: string[], of: { reason: string; holdId: string }) => Promise<void>
  enqueue: Enqueue<RightsJobs>
} & ActDeps

/** What a person chose when carrying a request out. */
export type Choice = { grounds?: Grounds | undefined; text?: string | undefined; by: string | null }

/** What could not be done with a call, and one in progress, is looked at again after so long. */
const againMs = 10 * 60_000
const claims: readonly (string | null)[] = ['unlawful', 'claims']

/**
 * Carries requests out that change something: on one call at once, on every call of a caller by a job, one call after the other. A
 * crash leaves the calls that are done done and told; the job goes on with the others.
 */
export function createCarrying(deps: CarryDeps) {
  const { requests, calls, clock } = deps
  /** One course of a request at a time. */
  const underWay = new Map<string, Promise<unknown>>()

  function inTurn<T>(requestId: string, work: () => Promise<T>): Promise<T> {
    const mine = (underWay.get(requestId) ?? Promise.resolve()).then(work, work)
    underWay.set(requestId, mine)
    const forget = (): void => {
      if (underWay.get(requestId) === mine) underWay.delete(requestId)
    }
    void mine.then(forget, forget)
    return mine
  }

  /**
   * Begins a request, or goes on with one that was begun; the answer tells how far it is. Throws Problem `request_identity` (409)
   * before it is known who asks, `call_in_progress` (409), `request_grounds`, `request_text` (422), `request_nothing_kept` (410).
   */
  async function carryOut(id: string, choice: Choice): Promise<RightsRequest> {
    const row = await requests.stored(id)
    const how = await checked(deps, row, choice)
    if (row.caller) await calls.find(deps.db, id, row.caller)
    await calls.markCopies(id)
    // words beside a recording may be written anew
    if (row.kind === 'rectification') await calls.reopen(id)
    await requests.begin(id, how, async (tx, first) => {
      if (first && row.kind === 'objection') await object(deps, tx, row)
      if (row.scope === 'caller') await deps.enqueue(tx, 'carry-out', { requestId: id }, { key: `carry-out:${id}` })
    })
    if (row.scope === 'call') await goOn(id)
    return requests.one(id)
  }

  const goOn = (requestId: string, of: { signal?: AbortSignal | undefined; over?: string } = {}): Promise<void> =>
    inTurn(requestId, () => course(requestId, of))

  async function course(
    requestId: string,
    { signal, over }: { signal?: AbortSignal | undefined; over?: string },
  ): Promise<void> {
    const request = await requests.stored(requestId)
    // refused meanwhile: what was done stays done and told
    if (request.decision === 'refused') return
    if (request.kind === 'restriction' && claims.includes(request.grounds)) await holdAll(deps, request)
    const left = { failed: 0, waiting: 0 }
    let touched = 0
    for await (const call of calls.waiting(requestId)) {
      // what is left is taken up at the next start
      if (signal?.aborted) throw new Problem('stopping', 503, 'the program stops')
      touched++
      await one(request, { call, over: call.call_id === over }, left)
    }
    if (left.failed + left.waiting > 0) await again(requestId)
    // one that keeps failing is told as open; it does not keep the others from being answered
    if (request.state === 'open' && (left.failed === 0 || left.failed < touched)) await tell(request, touched > 0)
  }

  async function one(
    request: RequestRow,
    of: { call: CallRow; over: boolean },
    left: { failed: number; waiting: number },
  ): Promise<void> {
    try {
      const acted = await actOn(deps, request, of)
      await calls.note(of.call, acted)
      if (!acted.done) left.waiting++
    } catch (error) {
      if (request.scope === 'call') throw error
      left.failed++
      const code = isProblem(error) ? error.code : messageOf(error)
      deps.log.error({ requestId: request.id, callId: of.call.call_id, code }, 'a request failed on a call')
    }
  }

  /** Every call was gone through once. */
  async function tell({ id, scope, acted_at, begun_by: by }: RequestRow, touched: boolean): Promise<void> {
    if (acted_at && (scope === 'caller' || !touched)) return
    const [only] = scope === 'call' ? await calls.page(id, { limit: 1 }) : []
    await requests.acted(id, { ...(only?.report && { report: only.report }), by })
  }

  const again = (requestId: string): Promise<void> =>
    deps.enqueue(
      deps.db,
      'carry-out',
      { requestId },
      { key: `carry-out:${requestId}`, runAt: new Date(clock.now() + againMs) },
    )

  return {
    carryOut,
    jobs: {
      'carry-out': ({ requestId }: { requestId: string }, { signal }: { signal: AbortSignal | undefined }) =>
        goOn(requestId, { signal }),
    },
    /** A hold over a call was released: requests that it kept back go on. */
    async holdReleased(callId: string): Promise<void> {
      for (const requestId of await calls.reopenHeld(callId)) await goOn(requestId)
    },
    /** A call has ended: requests that waited for its end go on. */
    async callEnded(callId: string): Promise<void> {
      for (const requestId of await calls.waitingFor(callId)) await goOn(requestId, { over: callId })
    },
  }
}

export type Carrying = ReturnType<typeof createCarrying>

async function checked(
  deps: CarryDeps,
  row: RequestRow,
  { grounds, text, by }: Choice,
): Promise<{ grounds: Grounds | null; words: string | null; by: string | null }> {
  const { id, kind, call_id: callId, scope } = row
  if (row.state === 'closed') throw closed()
  requireIdentity(row.identity)
  if (scope === 'call' && callId && (await deps.inProgress(callId)))
    throw new Problem('call_in_progress', 409, 'the call is still going on: carry it out when it is over')
  if (kind === 'restriction' && !grounds)
    throw new Problem('request_grounds', 422, 'say on which ground the use is restricted (GDPR art. 18(1))')
  const words = kind === 'rectification' ? (text ?? (await deps.requests.one(id)).details) : null
  if (kind === 'rectification' && !words) throw new Problem('request_text', 422, 'write what the person says is wrong')
  if ((kind === 'rectification' || kind === 'restriction') && (await deps.calls.nothingLeft(id)))
    throw new Problem('request_nothing_kept', 410, 'everything kept was destroyed: close it and say so')
  return { grounds: kind === 'restriction' ? (grounds ?? null) : null, words, by }
}

export function requireIdentity(identity: unknown): void {
  if (!identity)
    throw new Problem('request_identity', 409, 'make sure first that it is this person who asks (GDPR art. 12(6))')
}

/** Writes the objection down as the caller's own: it counts for calls to come as well, when it is about every call. */
async function object({ consents, callerOf }: CarryDeps, tx: RightsTx, row: RequestRow): Promise<void> {
  const callId = row.scope === 'call' ? row.call_id : null
  const caller = row.caller ?? (callId && (await callerOf(callId)))
  const about = {
    caller: caller || null,
    callId,
    purpose: null,
    kind: 'objected' as const,
    channel: 'operator' as const,
  }
  await consents.record({ ...about, announcement: null, recordedBy: null }, tx)
}

/** Who needs the recordings for a claim, or opposes their erasure, must find them again: one hold keeps them beyond their last day. */
async function holdAll(deps: CarryDeps, { id, hold_id: holdId }: RequestRow): Promise<void> {
  const callIds: string[] = []
  for await (const call of deps.calls.all(id)) if (!call.gone) callIds.push(call.call_id)
  if (holdId && callIds.length > 0) await deps.hold(callIds, { reason: `GDPR art. 18(1), ${id}`, holdId })
}
