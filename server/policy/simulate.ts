import { setImmediate } from 'node:timers/promises'
import type { CallCircumstances, Decision, PolicyRule, Simulation } from '../../contract/models/policy.ts'
import type { PurposeKey } from '../../contract/models/common.ts'
import { Problem } from '../platform/problem.ts'
import { decideBy, type SelectionHash } from './rules.ts'

/** A call that was, with what the policy knew of it and decided. */
export type PastCall = { callId: string; circumstances: CallCircumstances; durationMs: number; decision: Decision }

const DAY = 86_400_000
const MAX_DAYS = 400
/** After so many calls others get their turn: recording goes on beside a simulation. */
const TURN = 500

type Team = Simulation['teams'][number]
type Totals = {
  teams: Map<string | null, Team>
  purposes: Map<PurposeKey, { calls: number; ms: number }>
  rules: Map<string | null, number>
  calls: number
  changed: number
}

/** Throws Problem `simulation_range` (422) unless 0 < to - from <= 400 days. */
export function requireRange(from: string, to: string): { from: Date; to: Date } {
  const span = Date.parse(to) - Date.parse(from)
  if (!(span > 0 && span <= MAX_DAYS * DAY))
    throw new Problem('simulation_range', 422, `choose a span of at most ${MAX_DAYS} days, ending after it begins`, {
      days: MAX_DAYS,
    })
  return { from: new Date(from), to: new Date(to) }
}

/** Whether two decisions would have treated the call differently. Which version or rule said so does not matter. */
export function differs(was: Decision, would: Decision): boolean {
  if (was.record !== would.record) return true
  if (!was.record) return false
  const purposes = (decision: Decision): string => decision.purposes.toSorted().join()
  return was.mode !== would.mode || was.consent !== would.consent || purposes(was) !== purposes(would)
}

const byPerson = ({ mode }: Decision): boolean => mode === 'agent' || mode === 'contract_window'

function teamOf(totals: Totals, teamId: string | null): Team {
  const known = totals.teams.get(teamId)
  if (known) return known
  const fresh = { teamId, calls: 0, recorded: 0, byPerson: 0, minutes: 0, recordedMinutes: 0 }
  totals.teams.set(teamId, fresh)
  return fresh
}

function count(totals: Totals, past: PastCall, would: Decision): void {
  const minutes = past.durationMs / 60_000
  const whole = would.record && !byPerson(would)
  totals.calls++
  if (differs(past.decision, would)) totals.changed++
  totals.rules.set(would.ruleId, (totals.rules.get(would.ruleId) ?? 0) + 1)
  // an agent of two teams counts in both
  for (const teamId of past.circumstances.teamIds.length > 0 ? past.circumstances.teamIds : [null]) {
    const team = teamOf(totals, teamId)
    team.calls++
    team.minutes += minutes
    if (whole) team.recorded++
    if (whole) team.recordedMinutes += minutes
    if (would.record && !whole) team.byPerson++
  }
  if (!whole) return
  for (const purpose of would.purposes) {
    const sum = totals.purposes.get(purpose) ?? { calls: 0, ms: 0 }
    totals.purposes.set(purpose, { calls: sum.calls + 1, ms: sum.ms + past.durationMs })
  }
}

export type SimulationAsk = {
  rules: PolicyRule[]
  from: string
  to: string
  pastCalls: (from: Date, to: Date) => AsyncIterable<PastCall>
  selectionHash: SelectionHash
  govern?: (decision: Decision, circumstances: CallCircumstances) => Decision
}

/**
 * What rules would have done to the calls of a span. Calls are read one at a time: memory holds sums only.
 * The draw is the calls' own, so a rule already in force decides as it did. Throws Problem `simulation_range` (422).
 */
export async function simulate({
  rules,
  from,
  to,
  pastCalls,
  selectionHash,
  govern,
}: SimulationAsk): Promise<Simulation> {
  const range = requireRange(from, to)
  const ruleIds: (string | null)[] = [...rules.map((rule) => rule.id), null]
  const totals: Totals = {
    teams: new Map(),
    purposes: new Map(),
    rules: new Map(ruleIds.map((id) => [id, 0])),
    calls: 0,
    changed: 0,
  }
  for await (const past of pastCalls(range.from, range.to)) {
    const byRules = decideBy({ version: 0, rules }, past.circumstances, { callId: past.callId, selectionHash })
    count(totals, past, govern ? govern(byRules, past.circumstances) : byRules)
    if (totals.calls % TURN === 0) await setImmediate()
  }
  return {
    calls: totals.calls,
    from,
    to,
    teams: [...totals.teams.values()].toSorted((a, b) => b.calls - a.calls),
    purposes: [...totals.purposes].map(([purpose, { calls, ms }]) => ({ purpose, calls, minutes: ms / 60_000 })),
    rules: [...totals.rules].map(([ruleId, calls]) => ({ ruleId, calls })),
    changed: totals.changed,
  }
}
