import { type Selectable, sql } from 'kysely'
import type { CopyMask, RightsReport, RightsTotals } from '../../../contract/models/rights.ts'
import type { CallTerms } from '../../../contract/models/terms.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../platform/problem.ts'
import type { RightsDb, RightsTables, RightsTx } from '../store.ts'

export type CallRow = Selectable<RightsTables['rights_request_call']>

export type CallsDeps = {
  db: RightsDb
  clock: Clock
  /** Calls of a caller of which something is kept, by id, after one of them. */
  callsOf: (caller: Buffer, after: string, limit: number) => Promise<string[]>
  /** Those of some calls whose working copy is there. */
  workingCopies: (callIds: string[]) => Promise<string[]>
  terms: (callId: string) => Promise<Pick<CallTerms, 'certificate'>>
}

/** Before every id. */
export const firstCall = '00000000-0000-0000-0000-000000000000'
const pageSize = 500

/** The calls each request is about: found when it is filed and again when it is carried out, in batches. */
export function createRequestCalls({ db, clock, callsOf, workingCopies, terms }: CallsDeps) {
  const rows = (requestId: string, after: string, limit: number) =>
    db
      .selectFrom('rights_request_call')
      .selectAll()
      .where('request_id', '=', requestId)
      .where('call_id', '>', after)
      .orderBy('call_id')
      .limit(limit)

  /** Adds a call, of which nothing may be left any more. */
  async function add(tx: RightsTx, requestId: string, callId: string): Promise<void> {
    const gone = (await terms(callId)).certificate !== null
    await tx
      .insertInto('rights_request_call')
      .values({ request_id: requestId, call_id: callId, had_copy: null, done_at: null, audio: null, gone })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }

  /** Adds every call of the caller that is not there yet. */
  async function find(tx: RightsTx | RightsDb, requestId: string, caller: Buffer): Promise<void> {
    for (let after = firstCall; ;) {
      const found = await callsOf(caller, after, pageSize)
      if (found.length === 0) return
      await sql`insert into rights_request_call (request_id, call_id)
        select ${requestId}::uuid, id from unnest(${found}::uuid[]) as id on conflict do nothing`.execute(tx)
      after = found.at(-1)!
    }
  }

  /** Calls with which something is left to be done, page by page. What is done meanwhile may still be among them. */
  async function* waiting(requestId: string): AsyncGenerator<CallRow> {
    for (let after = firstCall; ;) {
      const page = await rows(requestId, after, pageSize).where('done_at', 'is', null).execute()
      yield* page
      if (page.length < pageSize) return
      after = page.at(-1)!.call_id
    }
  }

  async function* all(requestId: string): AsyncGenerator<CallRow> {
    for (let after = firstCall; ;) {
      const page = await rows(requestId, after, pageSize).execute()
      yield* page
      if (page.length < pageSize) return
      after = page.at(-1)!.call_id
    }
  }

  return {
    add,
    find,
    waiting,
    all,
    page: (requestId: string, { after, limit }: { after?: string | undefined; limit: number }): Promise<CallRow[]> =>
      rows(requestId, after ?? firstCall, limit).execute(),
    /** Remembers which working copies are there before anything is carried out. */
    async markCopies(requestId: string): Promise<void> {
      for (;;) {
        const page = await rows(requestId, firstCall, pageSize).where('had_copy', 'is', null).execute()
        if (page.length === 0) return
        const ids = page.map((row) => row.call_id)
        const there = await workingCopies(ids)
        await sql`update rights_request_call set had_copy = (call_id = any(${there}::uuid[]))
          where request_id = ${requestId} and call_id = any(${ids}::uuid[])`.execute(db)
      }
    },
    reopen: async (requestId: string): Promise<void> =>
      void (await db
        .updateTable('rights_request_call')
        .set({ done_at: null })
        .where('request_id', '=', requestId)
        .execute()),
    async note(
      { request_id, call_id }: CallRow,
      { report, done }: { report: RightsReport | null; done: boolean },
    ): Promise<void> {
      await db
        .updateTable('rights_request_call')
        .set({
          ...(report && { report: JSON.stringify(report) }),
          ...(report?.destroyed && { gone: true }),
          done_at: done ? new Date(clock.now()) : null,
        })
        .where('request_id', '=', request_id)
        .where('call_id', '=', call_id)
        .execute()
    },
    /** Throws Problem `request_call_unknown` (404): the request is not about this call. */
    async choose(requestId: string, callId: string, of: { audio: boolean; masks: CopyMask[] }): Promise<void> {
      const changed = await db
        .updateTable('rights_request_call')
        .set({ audio: of.audio, masks: JSON.stringify(of.audio ? of.masks : []) })
        .where('request_id', '=', requestId)
        .where('call_id', '=', callId)
        .executeTakeFirst()
      if (changed.numUpdatedRows === 0n)
        throw new Problem('request_call_unknown', 404, 'the request is not about this call')
    },
    /** Whether nothing is left of any of the calls. */
    async nothingLeft(requestId: string): Promise<boolean> {
      const left = db.selectFrom('rights_request_call').select('call_id').where('request_id', '=', requestId)
      return (await left.where('gone', '=', false).executeTakeFirst()) === undefined
    },
    /** Requests being carried out that wait for this call. */
    async waitingFor(callId: string): Promise<string[]> {
      const found = await db
        .selectFrom('rights_request_call')
        .innerJoin('rights_request', 'rights_request.id', 'request_id')
        .select('request_id')
        .where('rights_request_call.call_id', '=', callId)
        .where('done_at', 'is', null)
        .where('begun_at', 'is not', null)
        .execute()
      return found.map((row) => row.request_id)
    },
    /** Erasures and objections that a hold kept back on this call: they are to be done again. Returns their ids. */
    async reopenHeld(callId: string): Promise<string[]> {
      const { rows: reopened } = await sql<{ request_id: string }>`
        update rights_request_call c set done_at = null from rights_request r
        where c.call_id = ${callId} and r.id = c.request_id and r.kind in ('erasure', 'objection')
          and c.report -> 'kept' @> '[{"why": "hold"}]'
        returning c.request_id`.execute(db)
      return reopened.map((row) => row.request_id)
    },
    totals: (requestId: string): Promise<RightsTotals> => totalsOf(db, requestId),
  }
}

export type RequestCalls = ReturnType<typeof createRequestCalls>

async function totalsOf(db: RightsDb, requestId: string): Promise<RightsTotals> {
  const { rows } = await sql<{ totals: RightsTotals }>`
    with c as (select * from rights_request_call where request_id = ${requestId}),
    ended as (
      select e ->> 'purpose' as purpose, count(distinct call_id)::int as calls
      from c cross join jsonb_array_elements(report -> 'ended') e group by 1 order by 1),
    kept as (
      select k ->> 'purpose' as purpose, k ->> 'why' as why, k ->> 'article' as article,
        max(k ->> 'lastDay') as "lastDay", count(distinct call_id)::int as calls
      from c cross join jsonb_array_elements(report -> 'kept') k group by 1, 2, 3 order by 1, 2, 3),
    failed as (
      select f ->> 'purpose' as purpose, count(distinct call_id)::int as calls
      from c cross join jsonb_array_elements(report -> 'failed') f group by 1 order by 1)
    select jsonb_build_object(
      'calls', (select count(*) from c),
      'done', (select count(done_at) from c),
      'ended', coalesce((select jsonb_agg(to_jsonb(ended)) from ended), '[]'),
      'kept', coalesce((select jsonb_agg(to_jsonb(kept)) from kept), '[]'),
      'failed', coalesce((select jsonb_agg(to_jsonb(failed)) from failed), '[]'),
      'workingCopy', (select jsonb_build_object(
        'destroyed', count(*) filter (where report ->> 'workingCopy' = 'destroyed'),
        'held', count(*) filter (where report ->> 'workingCopy' = 'held'),
        'soon', count(*) filter (where report ->> 'workingCopy' = 'soon')) from c),
      'destroyed', (select count(*) filter (where gone) from c)) as totals`.execute(db)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one row, always
  return (rows[0] as { totals: RightsTotals }).totals
}
