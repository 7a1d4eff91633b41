import { sql, type Transaction } from 'kysely'
import { encodeCheckpoint } from '../../../proof/checkpoint.ts'
import { emptyRoot } from '../../../proof/merkle.ts'
import type { Clock } from '../../platform/clock.ts'
import type { EvidenceEvent } from '../event-types.ts'
import type { EvidenceTables, LogRow } from '../store.ts'
import type { Guarded } from './guard.ts'
import type { AlarmCode } from './inconsistency.ts'

/** The year by the clock (UTC). */
export const yearOf = (clock: Clock): number => new Date(clock.now()).getUTCFullYear()

const stateOf = (log: { origin: string; size: number; root: Buffer }) => ({
  origin: log.origin,
  size: log.size,
  root: log.root.toString('base64'),
})

/** First entry of a log: which one it follows, and with what that one ended. */
export const beganEvent = (old: LogRow | null): EvidenceEvent => ({
  type: 'log.began',
  callId: null,
  data: { after: old && stateOf(old) },
})

/** First entry after a restart: what was signed last (null when nobody can tell) and what was found instead. */
export function restartedEvent(what: {
  reason: string
  actor: string | null
  alarm: AlarmCode | null
  old: LogRow
  guarded: Guarded | null
}): EvidenceEvent {
  const { reason, actor, alarm, old, guarded } = what
  const signed = guarded && stateOf(guarded.checkpoint)
  return { type: 'log.restarted', callId: null, data: { reason, actor, alarm, signed, found: stateOf(old) } }
}

/** Year and forbidden name of the log after a restart: the guard may know one that the database has forgotten. */
export function nextOf(clock: Clock, old: LogRow, guarded: Guarded | null): { year: number; not?: string } {
  const name = guarded?.checkpoint.origin.split('/').at(-1)
  const forgotten = Number(/^\d{4}/.exec(name ?? '')?.[0] ?? 0)
  const year = Math.max(yearOf(clock), old.year, forgotten)
  return name === undefined ? { year } : { year, not: name }
}

/** What the guard says of a log that was not signed yet. */
export const emptyState = (origin: string): string => encodeCheckpoint({ origin, size: 0, root: emptyRoot })

/** Queues events that no log holds: none should be, unless the log's tables were set back alone. */
export async function queueAgain(tx: Transaction<EvidenceTables>): Promise<void> {
  await sql`
    insert into log_queue (event_id)
    select e.id from evidence_event e
    where not exists (select from log_leaf l where l.event_id = e.id)
      and not exists (select from log_queue q where q.event_id = e.id)
    order by e.created_at, e.id`.execute(tx)
}
