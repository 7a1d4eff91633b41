import type { CopyMask, RightsKind, RightsReport, RightsRequest } from '../../../contract/models/rights.ts'
import type { Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import { Problem } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'
import type { Append, Grounds, RightsDb, RightsTx } from '../store.ts'
import type { RequestCalls } from './calls.ts'
import { mayExtend, type Months, monthsAfter } from './clock.ts'
import { type RequestRow, requestRows, requestView, sealWords } from './record.ts'

const mostShown = 500

/** What a request is about: one call, or every call of a caller; `callId` then names one of them, if any. */
export type About = { scope: 'call'; callId: string } | { scope: 'caller'; callId: string | null; caller: Buffer }

/** A request as it arrives. `askedMs`: when it reached the controller. */
export type Arrived = {
  about: About
  kind: RightsKind
  channel: RightsRequest['channel']
  language: RightsRequest['language']
  details: string
  askedMs: number
}
type Change = Partial<Omit<RequestRow, 'id' | 'kind' | 'calls' | 'done' | 'restricts'>>
type Closing = {
  decision: NonNullable<RightsRequest['decision']>
  article: RightsRequest['article']
  outcome: string
  by: string | null
  /** Everything kept of its calls was destroyed: there is nothing to carry out. */
  nothingLeft?: boolean
}

export type RequestsDeps = {
  db: RightsDb
  box: Box
  clock: Clock
  append: Append
  calls: Pick<RequestCalls, 'add' | 'find'>
}

/** What people ask of the controller, with the day by which it is due and what was done about it. */
export function createRequests({ db, box, clock, append, calls }: RequestsDeps) {
  const view = (row: RequestRow): RightsRequest => requestView(box, row)
  const rows = () => requestRows(db)

  /** Throws Problem `request_unknown` (404). */
  async function stored(id: string, from: RightsDb | RightsTx = db): Promise<RequestRow> {
    const row = await requestRows(from).where('id', '=', id).executeTakeFirst()
    if (!row) throw unknown()
    return row
  }

  /**
   * Files a request; one of the same kind that is open for the call, or for every call of the caller, is the answer. The caller's
   * page proves who asks, as far as its call goes.
   */
  async function file({ about, kind, channel, language, details, askedMs }: Arrived): Promise<RightsRequest> {
    const id = newId()
    const { scope, callId } = about
    const byLink = channel === 'caller_page'
    const due_on = monthsAfter(askedMs, 1)
    const added = await db.transaction().execute(async (tx) => {
      const row = await tx
        .insertInto('rights_request')
        .values({
          id,
          scope,
          call_id: callId,
          caller: about.scope === 'caller' ? about.caller : null,
          kind,
          channel,
          language,
          details: details === '' ? null : sealWords(box, 'details', { id, text: details }),
          asked_at: new Date(askedMs),
          due_on,
          state: 'open',
          ...(byLink && { identity: 'link' as const, identity_at: new Date(clock.now()) }),
        })
        .onConflict((conflict) =>
          conflict
            .columns(scope === 'call' ? ['call_id', 'kind'] : ['caller', 'kind'])
            .where('state', '=', 'open')
            .where('scope', '=', scope)
            .doNothing(),
        )
        .returning('id')
        .executeTakeFirst()
      if (!row) return null
      if (about.scope === 'caller') await calls.find(tx, id, about.caller)
      if (callId) await calls.add(tx, id, callId)
      await append(tx, { type: 'rights.asked', callId, data: { requestId: id, kind, channel, scope, dueOn: due_on } })
      return stored(id, tx)
    })
    const open = rows().where('kind', '=', kind).where('state', '=', 'open').where('scope', '=', scope)
    const same = about.scope === 'call' ? open.where('call_id', '=', callId) : open.where('caller', '=', about.caller)
    return view(added ?? (await same.executeTakeFirstOrThrow()))
  }

  /** Changes an open request. Throws Problem `request_unknown` (404), `request_closed` (409). */
  async function change(
    id: string,
    decide: (row: RequestRow, tx: RightsTx) => Change | Promise<Change>,
  ): Promise<RightsRequest> {
    return db.transaction().execute(async (tx) => {
      await tx.selectFrom('rights_request').select('id').where('id', '=', id).forUpdate().execute()
      const row = await stored(id, tx)
      if (row.state === 'closed') throw closed()
      const { masks, report, ...plain } = await decide(row, tx)
      await tx
        .updateTable('rights_request')
        .set({
          ...plain,
          ...(masks && { masks: JSON.stringify(masks) }),
          ...(report && { report: JSON.stringify(report) }),
        })
        .where('id', '=', id)
        .execute()
      return view(await stored(id, tx))
    })
  }

  /** Throws Problem `request_not_acted` (409) for a request said to be done that was not, `request_article` (422). */
  const close = (id: string, { decision, article, outcome, by, nothingLeft }: Closing): Promise<RightsRequest> =>
    change(id, async (row, tx) => {
      if (decision !== 'refused' && row.acted_at === null && !nothingLeft)
        throw new Problem('request_not_acted', 409, 'carry the request out first, or refuse it')
      if (decision !== 'done' && article === null)
        throw new Problem('request_article', 422, 'name the article on which it is refused')
      const data = { requestId: id, kind: row.kind, decision, by }
      await append(tx, { type: 'rights.closed', callId: row.call_id, data })
      return {
        closed_at: new Date(clock.now()),
        closed_by: by,
        state: 'closed' as const,
        decision,
        article,
        outcome: sealWords(box, 'outcome', { id, text: outcome }),
        // by it calls were found; a person's words go with the calls
        caller: null,
        ...(nothingLeft && { details: null, words: null }),
      }
    })

  return {
    file,
    stored,
    one: async (id: string): Promise<RightsRequest> => view(await stored(id)),
    identify: (id: string, method: 'document' | 'call_back' | 'knowledge', by: string | null) =>
      change(id, () => ({ identity: method, identity_at: new Date(clock.now()), identity_by: by })),
    /**
     * Makes a request about one call one about every call of its caller. Throws Problem `request_widened`, `request_begun`,
     * `request_identity`, `request_identity_link`, `request_open_already` (409).
     */
    widen: (
      id: string,
      of: { caller: Buffer; method?: 'document' | 'call_back' | 'knowledge' | undefined; by: string | null },
    ) =>
      change(id, async (row, tx) => {
        if (row.scope === 'caller') throw new Problem('request_widened', 409, 'it is about every call already')
        if (row.begun_at || row.acted_at)
          throw new Problem('request_begun', 409, 'it was carried out for one call: file another one')
        const method = of.method ?? row.identity
        if (!method) throw new Problem('request_identity', 409, 'make sure first who asks (GDPR art. 12(6))')
        if (method === 'link')
          throw new Problem('request_identity_link', 409, 'a link proves one call only: make sure otherwise who asks')
        const other = tx.selectFrom('rights_request').select('id').where('caller', '=', of.caller)
        if (await other.where('kind', '=', row.kind).where('state', '=', 'open').executeTakeFirst())
          throw new Problem('request_open_already', 409, 'a request of this kind about every call is open already')
        await calls.find(tx, id, of.caller)
        await append(tx, {
          type: 'rights.widened',
          callId: row.call_id,
          data: { requestId: id, kind: row.kind, by: of.by },
        })
        const known = of.method && { identity: of.method, identity_at: new Date(clock.now()), identity_by: of.by }
        return { scope: 'caller' as const, caller: of.caller, ...known }
      }),
    /** Throws Problem `request_extended`, `request_extend_late` (409): the person is told within the first month. */
    extend: (id: string, { months, reason }: { months: 1 | 2; reason: string }) =>
      change(id, (row) => {
        if (row.extended_at) throw new Problem('request_extended', 409, 'the request was extended already')
        if (!mayExtend(row.asked_at.getTime(), clock.now()))
          throw new Problem('request_extend_late', 409, 'the first month is over: it was to be told before')
        return {
          due_on: monthsAfter(row.asked_at.getTime(), (1 + months) as Months),
          extension: sealWords(box, 'extension', { id, text: reason }),
          extended_at: new Date(clock.now()),
        }
      }),
    /** Writes down how it is carried out, once; `also` runs in the same transaction, `first` telling whether it begins now. */
    begin: (
      id: string,
      how: { grounds: Grounds | null; words: string | null; by: string | null },
      also: (tx: RightsTx, first: boolean) => Promise<void>,
    ) =>
      change(id, async (row, tx) => {
        await also(tx, row.begun_at === null)
        return {
          begun_at: row.begun_at ?? new Date(clock.now()),
          begun_by: how.by,
          grounds: how.grounds,
          words: how.words === null ? null : sealWords(box, 'words', { id, text: how.words }),
          hold_id: row.hold_id ?? newId(),
        }
      }),
    /** Notes that it was carried out, and what came of it. */
    acted: (id: string, what: { report?: RightsReport; masks?: CopyMask[]; releasedUntil?: Date; by: string | null }) =>
      change(id, async (row, tx) => {
        const data = { requestId: id, kind: row.kind, by: what.by, calls: row.calls }
        await append(tx, { type: 'rights.acted', callId: row.call_id, data })
        return {
          acted_at: new Date(clock.now()),
          ...(what.report && { report: what.report }),
          ...(what.masks && { masks: what.masks }),
          ...(what.releasedUntil && { released_until: what.releasedUntil }),
        }
      }),
    close,
    /** By the day they are due, the soonest first. */
    async list(state?: 'open' | 'closed'): Promise<RightsRequest[]> {
      const asked = state ? rows().where('state', '=', state) : rows()
      return (await asked.orderBy('state', 'desc').orderBy('due_on').orderBy('id').limit(mostShown).execute()).map(view)
    },
    /** Requests that name a call. */
    naming: async (callId: string): Promise<RightsRequest[]> =>
      (await rows().where('call_id', '=', callId).orderBy('id', 'desc').execute()).map(view),
    /** Requests about a call, those about every call of its caller too. */
    ofCall: async (callId: string): Promise<RightsRequest[]> =>
      (
        await rows()
          .where((e) =>
            e('id', 'in', e.selectFrom('rights_request_call').select('request_id').where('call_id', '=', callId)),
          )
          .orderBy('id', 'desc')
          .execute()
      ).map(view),
  }
}

const unknown = (): Problem => new Problem('request_unknown', 404, 'there is no such request')
export const closed = (): Problem => new Problem('request_closed', 409, 'the request is closed already')

export type Requests = ReturnType<typeof createRequests>
