import type { Team } from '../../contract/models/people.ts'
import { reachOf } from '../../contract/permissions.ts'
import type { Actor, Handlers } from '../platform/http/handlers.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { changeStaff } from './persons.ts'
import { ok, violates, type Room } from './room.ts'
import { label, openText, teamIndex } from './words.ts'

type Keys = 'GET /teams' | 'POST /teams' | 'PATCH /teams/:teamId' | 'DELETE /teams/:teamId'

/** Whether an actor reaches every team, or only those it belongs to. */
export const reachesAll = (actor: Actor): boolean => actor.role === 'api' || reachOf[actor.role] === 'all'

export function teamRoutes(room: Room): Handlers<Keys> {
  const { db, box, clock } = room
  const named = (id: string, name: string) => ({
    name: box.seal(label.team(id), name),
    name_index: teamIndex(box, name),
  })
  const taken = (error: unknown): never => {
    throw violates(error, 'teams_name_taken')
      ? new Problem('team_name_taken', 409, 'another team has this name')
      : error
  }
  const one = async (id: string): Promise<Team> => {
    const row = await db.selectFrom('teams').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) throw new Problem('team_unknown', 404, 'there is no such team')
    return { id, name: openText(box, label.team(id), row.name), country: row.country }
  }
  return {
    'GET /teams': async ({ actor }) => {
      const rows = await db.selectFrom('teams').selectAll().orderBy('id').execute()
      const seen = rows.filter((row) => reachesAll(actor) || actor.teamIds.includes(row.id))
      return {
        items: seen.map(({ id, name, country }) => ({ id, name: openText(box, label.team(id), name), country })),
      }
    },
    'POST /teams': async ({ body: { name, country } }) => {
      const id = newId()
      const row = { id, ...named(id, name), country, created_at: new Date(clock.now()) }
      await db.insertInto('teams').values(row).execute().catch(taken)
      await room.directory.refresh()
      return { id, name, country }
    },
    'PATCH /teams/:teamId': async ({ params: { teamId: id }, body: { name, country } }) => {
      await one(id)
      const change = { ...(name !== undefined && named(id, name)), ...(country !== undefined && { country }) }
      if (Object.keys(change).length > 0)
        await db.updateTable('teams').set(change).where('id', '=', id).execute().catch(taken)
      await room.directory.refresh()
      return one(id)
    },
    'DELETE /teams/:teamId': async ({ params: { teamId } }) => {
      await one(teamId)
      await changeStaff(db, async (tx) => {
        const member = await tx
          .selectFrom('person_teams')
          .select('person_id')
          .where('team_id', '=', teamId)
          .executeTakeFirst()
        if (member) throw new Problem('team_not_empty', 409, 'move the people of this team to another one first')
        await tx.deleteFrom('teams').where('id', '=', teamId).execute()
      })
      await room.directory.refresh()
      return ok
    },
  }
}
