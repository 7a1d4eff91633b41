import type { Selectable } from 'kysely'
import type { Call, Gap, LegView, RecordingStatus } from '../../../contract/models/calls.ts'
import type { CaptureTables, Card } from '../store.ts'

export type CallRow = Selectable<CaptureTables['call']>
export type LegRow = Selectable<CaptureTables['call_leg']>

/** What the list shows of a stored call. `live` holds the state of calls in progress. */
export function callView(
  row: CallRow,
  extra: { agentName: string | null; purposes: string[]; status: RecordingStatus | null; now: number },
): Call {
  return {
    id: row.id,
    state: row.state,
    protocol: row.protocol as Call['protocol'],
    direction: row.direction as Call['direction'],
    queue: row.queue,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    durationMs: row.state === 'live' ? Math.max(0, extra.now - row.started_at.getTime()) : row.duration_ms,
    ending: row.ending as Call['ending'],
    agentId: row.agent_id,
    agentName: extra.agentName,
    teamIds: row.team_ids,
    callerCountry: row.caller_country,
    status: extra.status ?? (row.state === 'not_recorded' ? 'not_recorded' : 'ended'),
    purposes: extra.purposes as Call['purposes'],
    difficult: row.difficult,
    gapsProvable: row.gaps_provable,
    alerts: row.alerts as Call['alerts'],
  }
}

/** A leg with the name and address the card tells; null when the call's card is out of the viewer's purpose or erased. */
export function legView(row: LegRow, card: Card | null): LegView {
  const party = row.role === 'unknown' ? undefined : card?.parties.find((p) => p.role === row.role)
  return {
    index: row.index,
    label: row.label,
    role: row.role,
    codec: row.codec,
    durationMs: row.duration_ms,
    gapsProvable: row.gaps_provable,
    packets: Number(row.packets),
    lost: Number(row.lost),
    name: party?.name ?? null,
    address: party?.address ?? null,
  }
}

export const gapsOf = (legs: LegRow[]): Gap[] =>
  legs.flatMap((leg) => leg.gaps.map((gap) => ({ ...gap, leg: leg.index })))
