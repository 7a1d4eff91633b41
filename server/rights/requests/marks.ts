import type { CallRights } from '../../../contract/models/rights.ts'
import type { Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import { Problem } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'
import type { Append, RightsDb, RightsTx } from '../store.ts'

const label = (id: string): string => `rights/annotation/${id}`

type Grounds = CallRights['restrictions'][number]['grounds']

/** What requests leave on a call: that it may not be used, and what its people say is wrong. */
export function createMarks({ db, box, clock, append }: { db: RightsDb; box: Box; clock: Clock; append: Append }) {
  const standing = () => db.selectFrom('call_restriction').where('lifted_at', 'is', null)

  return {
    async restrict(of: { requestId: string; callId: string; grounds: Grounds; by: string | null }): Promise<void> {
      const { requestId, callId, grounds, by } = of
      await db.transaction().execute(async (tx) => {
        const added = await tx
          .insertInto('call_restriction')
          .values({ request_id: requestId, call_id: callId, grounds, since: new Date(clock.now()) })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
        if (added.numInsertedOrUpdatedRows !== 1n) return
        await append(tx, { type: 'restriction.placed', callId, data: { requestId, grounds, by } })
      })
    },
    /** Throws Problem `restriction_unknown` (404). */
    async lift(requestId: string, by: string | null): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const lifted = await tx
          .updateTable('call_restriction')
          .set({ lifted_at: new Date(clock.now()), lifted_by: by })
          .where('request_id', '=', requestId)
          .where('lifted_at', 'is', null)
          .returning('call_id')
          .executeTakeFirst()
        if (!lifted) throw new Problem('restriction_unknown', 404, 'this request restricts nothing at present')
        await append(tx, { type: 'restriction.lifted', callId: lifted.call_id, data: { requestId, by } })
      })
    },
    /** Whether a call may not be used at present. */
    restricted: async (callId: string): Promise<boolean> =>
      (await standing().select('request_id').where('call_id', '=', callId).executeTakeFirst()) !== undefined,
    async restrictions(callId: string): Promise<CallRights['restrictions']> {
      const rows = await standing().selectAll().where('call_id', '=', callId).orderBy('since').execute()
      return rows.map((r) => ({ requestId: r.request_id, grounds: r.grounds, since: r.since.toISOString() }))
    },
    /** One annotation a request: written again, it replaces the first. */
    async annotate(of: { requestId: string; callId: string; text: string; by: string | null }): Promise<void> {
      const id = newId()
      await db.transaction().execute(async (tx) => {
        await tx.deleteFrom('call_annotation').where('request_id', '=', of.requestId).execute()
        await tx
          .insertInto('call_annotation')
          .values({
            id,
            call_id: of.callId,
            request_id: of.requestId,
            sealed: box.seal(label(id), of.text),
            made_at: new Date(clock.now()),
            made_by: of.by,
          })
          .execute()
      })
    },
    async annotations(callId: string): Promise<CallRights['annotations']> {
      const rows = await db
        .selectFrom('call_annotation')
        .selectAll()
        .where('call_id', '=', callId)
        .orderBy('made_at')
        .execute()
      return rows.map((r) => ({ at: r.made_at.toISOString(), text: box.open(label(r.id), r.sealed).toString('utf8') }))
    },
  }
}

export type Marks = ReturnType<typeof createMarks>

/** What names or quotes people goes with the last term of their call; that a request was made, and answered, stays. */
export async function eraseMarks(tx: RightsTx, callIds: string[]): Promise<void> {
  await tx.deleteFrom('call_annotation').where('call_id', 'in', callIds).execute()
  await tx
    .updateTable('rights_request')
    .set({ details: null, masks: '[]', released_until: null })
    .where('call_id', 'in', callIds)
    .execute()
}
