import { sql, type SelectQueryBuilder } from 'kysely'
import { reachOf, type Role } from '../../../contract/permissions.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import type { CaptureTables } from '../store.ts'

/** Who may be told of a call: an agent of their own, a supervisor of their teams', the rest of all; API tokens of all. */
export function inReach(actor: Actor, call: { agentId: string | null; teamIds: string[] }): boolean {
  const reach = actor.role === 'api' ? 'all' : reachOf[actor.role as Role]
  if (reach === 'all') return true
  if (reach === 'own') return actor.personId !== null && call.agentId === actor.personId
  return call.teamIds.some((id) => actor.teamIds.includes(id))
}

/** The same rule in SQL, for lists. */
export function withinReach<O>(
  query: SelectQueryBuilder<CaptureTables, 'call', O>,
  actor: Actor,
): SelectQueryBuilder<CaptureTables, 'call', O> {
  const reach = actor.role === 'api' ? 'all' : reachOf[actor.role as Role]
  if (reach === 'all') return query
  if (reach === 'own') return query.where('call.agent_id', '=', actor.personId)
  return query.where(sql<boolean>`call.team_ids && ${actor.teamIds}::uuid[]`)
}
