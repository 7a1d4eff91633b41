import { LogError } from '../log-error.ts'
import { TimestampError, type TimestampCode } from '../timestamp/error.ts'

/** What is looked at, in this order. */
export const CHECKS = [
  'container',
  'seal',
  'files',
  'manifest',
  'manifest_stamp',
  'checkpoint',
  'checkpoint_stamp',
  'events',
  'inclusion',
  'history',
  'documents',
  'audio',
  'newer_checkpoint',
] as const
export type CheckId = (typeof CHECKS)[number]

/** Why a check failed or was not made. Stable; `words.ts` says each in every language. */
export type Reason =
  | TimestampCode
  | 'not_a_package'
  | 'cut'
  | 'altered'
  | 'damaged'
  | 'incomplete'
  | 'replaced'
  | 'missing'
  | 'added'
  | 'disagrees'
  | 'other_key'
  | 'other_log'
  | 'wrong_opening'
  | 'not_in_log'
  | 'other_checkpoint'
  | 'other_call'
  | 'wrong_order'
  | 'no_beginning'
  | 'not_sealed'
  | 'stamped_before'
  | 'gaps_differ'
  | 'policy_differs'
  | 'audio_differs'
  | 'not_silent'
  | 'not_covered'
  | 'rewritten'
  | 'no_log_key'
  | 'no_stamp'
  | 'no_roots'
  | 'not_asked'
  | 'proof_needed'
  | 'older'
  | 'depends'

/** Figures, names and times (ISO 8601) that a sentence about a check may show. */
export type Params = Record<string, string | number>
export type Check = { id: CheckId; outcome: 'passed' | 'failed' | 'not_checked'; reason: Reason | null; params: Params }

export const passed = (id: CheckId, params: Params = {}): Check => ({ id, outcome: 'passed', reason: null, params })
export const failed = (id: CheckId, reason: Reason, params: Params = {}): Check => ({
  id,
  outcome: 'failed',
  reason,
  params,
})
export const notChecked = (id: CheckId, reason: Reason, params: Params = {}): Check => ({
  id,
  outcome: 'not_checked',
  reason,
  params,
})

/** A finding that ends its check. */
export class Finding extends Error {
  readonly reason: Reason
  readonly params: Params
  constructor(reason: Reason, params: Params = {}) {
    super(reason)
    this.name = 'Finding'
    this.reason = reason
    this.params = params
  }
}

/** Ends the check with `reason` unless `holds`. */
export function demand(holds: boolean, reason: Reason, params: Params = {}): asserts holds {
  if (!holds) throw new Finding(reason, params)
}

/** A check, and what it read for those after it. */
export type Made<T> = { check: Check; value: T }

/**
 * Makes one check; its value is null when it failed. Whatever a package makes a reader throw is a finding about the package, never
 * an end of the verification.
 */
export async function attempt<T>(id: CheckId, make: () => Promise<Made<T>> | Made<T>): Promise<Made<T | null>> {
  try {
    return await make()
  } catch (e) {
    return { check: refusal(id, e), value: null }
  }
}

/** Makes a check of which nothing is kept. */
export const check = async (id: CheckId, make: () => Promise<Check> | Check): Promise<Check> =>
  (await attempt(id, async () => ({ check: await make(), value: null }))).check

function refusal(id: CheckId, e: unknown): Check {
  if (e instanceof Finding) return failed(id, e.reason, e.params)
  if (e instanceof TimestampError) return failed(id, e.code)
  if (e instanceof LogError) return failed(id, logReasons[e.code])
  return failed(id, 'unreadable')
}

const logReasons: Record<LogError['code'], Reason> = {
  malformed: 'unreadable',
  wrong_hash: 'not_in_log',
  wrong_signature: 'bad_signature',
  not_signed: 'other_key',
  weak_key: 'other_key',
}
