import type { CopyMask, RightsRequest } from '../../../contract/models/rights.ts'
import type { CallTerms } from '../../../contract/models/terms.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../platform/problem.ts'
import type { RightsDb } from '../store.ts'
import type { RequestCalls } from './calls.ts'
import { requireIdentity } from './carry.ts'
import type { RequestRow } from './record.ts'
import { closed, type Requests } from './requests.ts'

export type ReleaseDeps = {
  db: RightsDb
  clock: Clock
  requests: Pick<Requests, 'stored' | 'acted'>
  calls: RequestCalls
  terms: (callId: string) => Promise<CallTerms>
}

/** Requests that are answered with what is kept. */
export const releases: readonly RightsRequest['kind'][] = ['access', 'copy', 'portability']

/** Legal bases of data a person may take elsewhere (GDPR art. 20(1)(a)). */
const portable: readonly (string | null)[] = ['consent', 'contract']

/** A person is given what was released within so many days. */
const releaseDays = 30
const DAY_MS = 86_400_000

/**
 * Releases what was asked for. Of every call, the audio of those somebody looked at. Throws Problem `request_identity`,
 * `request_not_portable` (409).
 */
export async function release(
  deps: ReleaseDeps,
  id: string,
  { masks, by }: { masks: CopyMask[]; by: string | null },
): Promise<RightsRequest> {
  const row = await deps.requests.stored(id)
  if (row.state === 'closed') throw closed()
  requireIdentity(row.identity)
  if (row.caller) await deps.calls.find(deps.db, id, row.caller)
  if (row.kind === 'portability' && !(await anyPortable(deps, row)))
    throw new Problem(
      'request_not_portable',
      409,
      'nothing is kept on consent or for a contract: refuse it (GDPR art. 20(1))',
    )
  const releasedUntil = new Date(deps.clock.now() + releaseDays * DAY_MS)
  return deps.requests.acted(id, { masks: row.scope === 'call' ? masks : [], releasedUntil, by })
}

async function anyPortable({ calls, terms }: ReleaseDeps, { id }: RequestRow): Promise<boolean> {
  for await (const { call_id, gone } of calls.all(id)) {
    if (gone) continue
    if ((await terms(call_id)).terms.some((t) => t.state === 'live' && portable.includes(t.basis))) return true
  }
  return false
}
