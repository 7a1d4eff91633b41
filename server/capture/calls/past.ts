import type { CallCircumstances, Decision } from '../../../contract/models/policy.ts'
import type { CaptureDb } from '../recorder/ledger.ts'

export type PastCall = { callId: string; circumstances: CallCircumstances; durationMs: number; decision: Decision }

const batch = 1000

/** Ended calls of a period with what the policy saw of them, oldest first, in bounded batches: for simulation. */
export async function* pastCalls(db: CaptureDb, from: Date, to: Date): AsyncGenerator<PastCall> {
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const rows = await db
      .selectFrom('call')
      .select([
        'id',
        'protocol',
        'direction',
        'queue',
        'agent_id',
        'team_ids',
        'caller_country',
        'agent_country',
        'started_at',
        'duration_ms',
        'decision',
      ])
      .where('started_at', '>=', from)
      .where('started_at', '<', to)
      .where('id', '>', after)
      .orderBy('id')
      .limit(batch)
      .execute()
    for (const row of rows) {
      yield {
        callId: row.id,
        circumstances: {
          protocol: row.protocol as CallCircumstances['protocol'],
          direction: row.direction as CallCircumstances['direction'],
          queue: row.queue,
          agentId: row.agent_id,
          teamIds: row.team_ids,
          callerCountry: row.caller_country,
          agentCountry: row.agent_country,
          startedAt: row.started_at.toISOString(),
        },
        durationMs: row.duration_ms,
        decision: row.decision,
      }
    }
    if (rows.length < batch) return
    after = rows.at(-1)?.id ?? after
  }
}
