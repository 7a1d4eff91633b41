import type { CallState, GapKind } from '../../../contract/models/calls.ts'
import type { CallDirection } from '../../../contract/models/policy.ts'
import type { z } from 'zod'
import type { CaptureDb } from '../recorder/ledger.ts'

/** What a call's caller may know of it: nobody's name, number or words. Times in ms. */
export type Told = {
  state: CallState
  startedAt: Date
  durationMs: number
  direction: z.infer<typeof CallDirection> | null
  /** How much of the call holds no audio, by reason. */
  gaps: { kind: GapKind; ms: number }[]
}

/** Null when there is no such call. */
export async function toldOf(db: CaptureDb, callId: string): Promise<Told | null> {
  const call = await db
    .selectFrom('call')
    .select(['state', 'started_at', 'duration_ms', 'direction'])
    .where('id', '=', callId)
    .executeTakeFirst()
  if (!call) return null
  const legs = await db.selectFrom('call_leg').select('gaps').where('call_id', '=', callId).execute()
  return {
    state: call.state,
    startedAt: call.started_at,
    durationMs: call.duration_ms,
    direction: call.direction as Told['direction'],
    gaps: longest(legs.map((leg) => leg.gaps)),
  }
}

/** What is left out is left out of both directions: of each reason, the leg that misses most. */
function longest(legs: { kind: GapKind; fromMs: number; toMs: number }[][]): Told['gaps'] {
  const most = new Map<GapKind, number>()
  for (const gaps of legs) {
    const own = new Map<GapKind, number>()
    for (const gap of gaps) own.set(gap.kind, (own.get(gap.kind) ?? 0) + gap.toMs - gap.fromMs)
    for (const [kind, ms] of own) most.set(kind, Math.max(ms, most.get(kind) ?? 0))
  }
  return [...most].map(([kind, ms]) => ({ kind, ms }))
}
