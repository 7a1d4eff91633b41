import { type RawBuilder, sql } from 'kysely'
import type { SearchAsk } from '../../../contract/models/transcripts.ts'
import { reachOf, type Role } from '../../../contract/permissions.ts'
import type { Actor } from '../../platform/http/handlers.ts'

/** In which calls to look: those kept for the purpose, within the actor's reach, that pass the filters. Conditions on `t`, the transcript. */
export function callLimits(actor: Actor, ask: SearchAsk, today: string): RawBuilder<unknown>[] {
  return [
    sql`exists (select from transcript_purpose p
      where p.call_id = t.call_id and p.purpose = ${ask.purpose} and p.last_day >= ${today}::date)`,
    ...within(actor),
    ...filters(ask),
  ]
}

/** Whose words to look in. Conditions on `s`, what is searched of the turns. */
export const turnLimits = ({ speaker }: SearchAsk): RawBuilder<unknown>[] => (speaker ? [sql`s.role = ${speaker}`] : [])

/** An agent of their own calls, a supervisor of their teams', the rest of all. */
function within(actor: Actor): RawBuilder<unknown>[] {
  const reach = actor.role === 'api' ? 'all' : reachOf[actor.role as Role]
  if (reach === 'all') return []
  return reach === 'own' ? [sql`t.agent_id = ${actor.personId}::uuid`] : [sql`t.team_ids && ${actor.teamIds}::uuid[]`]
}

function filters(ask: SearchAsk): RawBuilder<unknown>[] {
  const all: (RawBuilder<unknown> | null)[] = [
    ask.from ? sql`t.started_at >= ${ask.from}::timestamptz` : null,
    ask.to ? sql`t.started_at < ${ask.to}::timestamptz` : null,
    ask.agentId ? sql`t.agent_id = ${ask.agentId}::uuid` : null,
    ask.teamId ? sql`${ask.teamId}::uuid = any(t.team_ids)` : null,
    ask.queue ? sql`t.queue = ${ask.queue}` : null,
    ask.direction ? sql`t.direction = ${ask.direction}` : null,
    ask.difficult === undefined ? null : sql`t.difficult = ${ask.difficult}`,
    ask.longerThanS ? sql`t.duration_ms >= ${ask.longerThanS * 1000}` : null,
    ask.shorterThanS ? sql`t.duration_ms < ${ask.shorterThanS * 1000}` : null,
  ]
  return all.filter((filter) => filter !== null)
}
