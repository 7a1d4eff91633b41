import type { Selectable } from 'kysely'
import type { RightsKind, RightsRequest } from '../../contract/models/rights.ts'
import type { Clock } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import type { Box } from '../vault/index.ts'
import type { Append, RightsDb, RightsTables } from './store.ts'

type Row = Selectable<RightsTables['rights_request']>
const label = (id: string): string => `rights/outcome/${id}`
const mostShown = 500

/** One month later (GDPR art. 12(3)): the same day of the next month, or its last when it has no such day. */
export function monthAfter(ms: number): string {
  const at = new Date(ms)
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  const last = new Date(Date.UTC(year, month + 2, 0)).getUTCDate()
  return new Date(Date.UTC(year, month + 1, Math.min(day, last))).toISOString().slice(0, 10)
}

/** What callers ask of the controller, with the day by which it is due. */
export function createRequests({ db, box, clock, append }: { db: RightsDb; box: Box; clock: Clock; append: Append }) {
  const view = (row: Row): RightsRequest => ({
    id: row.id,
    callId: row.call_id,
    kind: row.kind,
    askedAt: row.asked_at.toISOString(),
    dueOn: row.due_on,
    state: row.state,
    outcome: row.outcome && box.open(label(row.id), row.outcome).toString('utf8'),
    closedAt: row.closed_at?.toISOString() ?? null,
  })
  const rows = () => db.selectFrom('rights_request').selectAll()

  /** Files a request; one of the same kind that is open for the call is the answer. */
  async function file(callId: string, kind: RightsKind, channel: string): Promise<RightsRequest> {
    const now = clock.now()
    const row: Row = {
      id: newId(),
      call_id: callId,
      kind,
      channel,
      asked_at: new Date(now),
      due_on: monthAfter(now),
      state: 'open',
      outcome: null,
      closed_at: null,
      closed_by: null,
    }
    await db.transaction().execute(async (tx) => {
      const added = await tx
        .insertInto('rights_request')
        .values(row)
        .onConflict((conflict) => conflict.columns(['call_id', 'kind']).where('state', '=', 'open').doNothing())
        .executeTakeFirst()
      if (added.numInsertedOrUpdatedRows !== 1n) return
      await append(tx, { type: 'rights.asked', callId, data: { requestId: row.id, kind, channel, dueOn: row.due_on } })
    })
    const open = await rows()
      .where('call_id', '=', callId)
      .where('kind', '=', kind)
      .where('state', '=', 'open')
      .executeTakeFirst()
    return view(open ?? row)
  }

  /** Throws Problem `request_unknown` (404), `request_closed` (409). */
  async function close(id: string, outcome: string, by: string | null): Promise<RightsRequest> {
    return db.transaction().execute(async (tx) => {
      const row = await tx.selectFrom('rights_request').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
      if (!row) throw new Problem('request_unknown', 404, 'there is no such request')
      if (row.state === 'closed') throw new Problem('request_closed', 409, 'the request is closed already')
      const closed = {
        state: 'closed',
        outcome: box.seal(label(id), outcome),
        closed_at: new Date(clock.now()),
        closed_by: by,
      } as const
      await tx.updateTable('rights_request').set(closed).where('id', '=', id).execute()
      await append(tx, { type: 'rights.closed', callId: row.call_id, data: { requestId: id, kind: row.kind, by } })
      return view({ ...row, ...closed })
    })
  }

  return {
    file,
    close,
    /** By the day they are due, the soonest first. */
    async list(state?: 'open' | 'closed'): Promise<RightsRequest[]> {
      const asked = state ? rows().where('state', '=', state) : rows()
      return (await asked.orderBy('due_on').orderBy('id').limit(mostShown).execute()).map(view)
    },
    ofCall: async (callId: string): Promise<RightsRequest[]> =>
      (await rows().where('call_id', '=', callId).orderBy('id', 'desc').execute()).map(view),
  }
}

export type Requests = ReturnType<typeof createRequests>
