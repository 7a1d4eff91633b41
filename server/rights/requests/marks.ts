import type { CallRights } from '../../../contract/models/rights.ts'
import type { Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import { Problem } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'
import type { Append, Grounds, RightsDb, RightsTx } from '../store.ts'

const label = (id: string): string => `rights/annotation/${id}`

/** Restrictions lifted in one transaction. */
const batch = 500

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
    /** Lifts what a request restricts, all of it. Throws Problem `restriction_unknown` (404). */
    async lift(requestId: string, by: string | null): Promise<void> {
      let all = 0
      for (let lifted = batch; lifted === batch; all += lifted)
        lifted = await db.transaction().execute(async (tx) => {
          const some = await tx
            .selectFrom('call_restriction')
            .select('call_id')
            .where('request_id', '=', requestId)
            .where('lifted_at', 'is', null)
            .limit(batch)
            .forUpdate()
            .execute()
          if (some.length === 0) return 0
          const ids = some.map((row) => row.call_id)
          await tx
            .updateTable('call_restriction')
            .set({ lifted_at: new Date(clock.now()), lifted_by: by })
            .where('request_id', '=', requestId)
            .where('call_id', 'in', ids)
            .execute()
          for (const callId of ids) await append(tx, { type: 'restriction.lifted', callId, data: { requestId, by } })
          return ids.length
        })
      if (all === 0) throw new Problem('restriction_unknown', 404, 'this request restricts nothing at present')
    },
    /** Whether a call may not be used at present. */
    restricted: async (callId: string): Promise<boolean> =>
      (await standing().select('request_id').where('call_id', '=', callId).executeTakeFirst()) !== undefined,
    async restrictions(callId: string): Promise<CallRights['restrictions']> {
      const rows = await standing().selectAll().where('call_id', '=', callId).orderBy('since').execute()
      return rows.map((r) => ({ requestId: r.request_id, grounds: r.grounds, since: r.since.toISOString() }))
    },
    /** One annotation a request and call: written again, it replaces the first. */
    async annotate(of: { requestId: string; callId: string; text: string; by: string | null }): Promise<void> {
      const id = newId()
      await db.transaction().execute(async (tx) => {
        await tx
          .deleteFrom('call_annotation')
          .where('request_id', '=', of.requestId)
          .where('call_id', '=', of.callId)
          .execute()
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

/**
 * What names or quotes people goes with the last term of their call, of a request about many with the last of these; that a request
 * was made, and answered, stays.
 */
export async function eraseMarks(tx: RightsTx, callIds: string[]): Promise<void> {
  await tx.deleteFrom('call_annotation').where('call_id', 'in', callIds).execute()
  await tx
    .updateTable('rights_request_call')
    .set({ gone: true, masks: '[]', audio: null })
    .where('call_id', 'in', callIds)
    .execute()
  const about = tx.selectFrom('rights_request_call').select('request_id').where('call_id', 'in', callIds)
  await tx
    .updateTable('rights_request')
    .set({ details: null, words: null, masks: '[]', released_until: null })
    .where('id', 'in', about)
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('rights_request_call as left')
            .select('left.call_id')
            .whereRef('left.request_id', '=', 'rights_request.id')
            .where('left.gone', '=', false),
        ),
      ),
    )
    .execute()
}
