import type { Selectable } from 'kysely'
import type { CopyMask, RightsKind, RightsReport, RightsRequest } from '../../../contract/models/rights.ts'
import type { Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import { Problem } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'
import type { Append, RightsDb, RightsTables, RightsTx } from '../store.ts'
import { mayExtend, type Months, monthsAfter } from './clock.ts'
import { tasksOf } from './tasks.ts'

export type RequestRow = Selectable<RightsTables['rights_request']>
const mostShown = 500

/** A request as it arrives. `askedMs`: when it reached the controller. */
export type Arrived = {
  callId: string
  kind: RightsKind
  channel: RightsRequest['channel']
  language: RightsRequest['language']
  details: string
  askedMs: number
}
type Change = Partial<Omit<RequestRow, 'id' | 'call_id' | 'kind'>>

/** What people ask of the controller, with the day by which it is due and what was done about it. */
export function createRequests({ db, box, clock, append }: { db: RightsDb; box: Box; clock: Clock; append: Append }) {
  const label = (what: 'outcome' | 'details' | 'extension', id: string): string => `rights/${what}/${id}`
  const opened = (what: 'outcome' | 'details' | 'extension', id: string, sealed: Buffer | null): string | null =>
    sealed && box.open(label(what, id), sealed).toString('utf8')

  const view = (row: RequestRow): RightsRequest => ({
    id: row.id,
    callId: row.call_id,
    kind: row.kind,
    channel: row.channel,
    language: row.language,
    askedAt: row.asked_at.toISOString(),
    dueOn: row.due_on,
    details: opened('details', row.id, row.details),
    identity:
      row.identity && row.identity_at
        ? { method: row.identity, at: row.identity_at.toISOString(), by: row.identity_by }
        : null,
    extension:
      row.extended_at === null
        ? null
        : { at: row.extended_at.toISOString(), reason: opened('extension', row.id, row.extension) ?? '' },
    actedAt: row.acted_at?.toISOString() ?? null,
    report: row.report,
    masks: row.masks,
    releasedUntil: row.released_until?.toISOString() ?? null,
    tasks: tasksOf({ state: row.state, identified: row.identity !== null, acted: row.acted_at !== null }),
    state: row.state,
    decision: row.decision,
    article: row.article,
    outcome: opened('outcome', row.id, row.outcome),
    closedAt: row.closed_at?.toISOString() ?? null,
  })
  const rows = () => db.selectFrom('rights_request').selectAll()

  /** Files a request; one of the same kind that is open for the call is the answer. The caller's page proves who asks. */
  async function file({ callId, kind, channel, language, details, askedMs }: Arrived): Promise<RightsRequest> {
    const id = newId()
    const byLink = channel === 'caller_page'
    const due_on = monthsAfter(askedMs, 1)
    const added = await db.transaction().execute(async (tx) => {
      const row = await tx
        .insertInto('rights_request')
        .values({
          id,
          call_id: callId,
          kind,
          channel,
          language,
          details: details === '' ? null : box.seal(label('details', id), details),
          asked_at: new Date(askedMs),
          due_on,
          state: 'open',
          ...(byLink && { identity: 'link' as const, identity_at: new Date(clock.now()) }),
        })
        .onConflict((conflict) => conflict.columns(['call_id', 'kind']).where('state', '=', 'open').doNothing())
        .returningAll()
        .executeTakeFirst()
      if (row) await append(tx, { type: 'rights.asked', callId, data: { requestId: id, kind, channel, dueOn: due_on } })
      return row
    })
    const open = rows().where('call_id', '=', callId).where('kind', '=', kind).where('state', '=', 'open')
    return view(added ?? (await open.executeTakeFirstOrThrow()))
  }

  /** Changes an open request. Throws Problem `request_unknown` (404), `request_closed` (409). */
  async function change(
    id: string,
    decide: (row: RequestRow, tx: RightsTx) => Change | Promise<Change>,
  ): Promise<RightsRequest> {
    return db.transaction().execute(async (tx) => {
      const row = await tx.selectFrom('rights_request').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
      if (!row) throw unknown()
      if (row.state === 'closed') throw new Problem('request_closed', 409, 'the request is closed already')
      const { masks, report, ...plain } = await decide(row, tx)
      const changed = await tx
        .updateTable('rights_request')
        .set({
          ...plain,
          ...(masks && { masks: JSON.stringify(masks) }),
          ...(report && { report: JSON.stringify(report) }),
        })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
      return view(changed)
    })
  }

  return {
    file,
    /** Throws Problem `request_unknown` (404). */
    async one(id: string): Promise<RightsRequest> {
      const row = await rows().where('id', '=', id).executeTakeFirst()
      if (!row) throw unknown()
      return view(row)
    },
    identify: (id: string, method: 'document' | 'call_back' | 'knowledge', by: string | null) =>
      change(id, () => ({ identity: method, identity_at: new Date(clock.now()), identity_by: by })),
    /** Throws Problem `request_extended`, `request_extend_late` (409): the person is told within the first month. */
    extend: (id: string, { months, reason }: { months: 1 | 2; reason: string }) =>
      change(id, (row) => {
        if (row.extended_at) throw new Problem('request_extended', 409, 'the request was extended already')
        if (!mayExtend(row.asked_at.getTime(), clock.now()))
          throw new Problem('request_extend_late', 409, 'the first month is over: it was to be told before')
        return {
          due_on: monthsAfter(row.asked_at.getTime(), (1 + months) as Months),
          extension: box.seal(label('extension', id), reason),
          extended_at: new Date(clock.now()),
        }
      }),
    /** Notes that it was carried out, and what came of it. */
    acted: (id: string, what: { report?: RightsReport; masks?: CopyMask[]; releasedUntil?: Date; by: string | null }) =>
      change(id, async (row, tx) => {
        const data = { requestId: id, kind: row.kind, by: what.by }
        await append(tx, { type: 'rights.acted', callId: row.call_id, data })
        return {
          acted_at: new Date(clock.now()),
          ...(what.report && { report: what.report }),
          ...(what.masks && { masks: what.masks }),
          ...(what.releasedUntil && { released_until: what.releasedUntil }),
        }
      }),
    /** Throws Problem `request_not_acted` (409) for a request said to be done that was not, `request_article` (422). */
    close: (
      id: string,
      how: {
        decision: NonNullable<RightsRequest['decision']>
        article: RightsRequest['article']
        outcome: string
        by: string | null
        /** Everything kept of the call was destroyed: there is nothing to carry out. */
        nothingLeft?: boolean
      },
    ) =>
      change(id, async (row, tx) => {
        const { decision, article, outcome, by } = how
        if (decision !== 'refused' && row.acted_at === null && !how.nothingLeft)
          throw new Problem('request_not_acted', 409, 'carry the request out first, or refuse it')
        if (decision !== 'done' && article === null)
          throw new Problem('request_article', 422, 'name the article on which it is refused')
        await append(tx, {
          type: 'rights.closed',
          callId: row.call_id,
          data: { requestId: id, kind: row.kind, decision, by },
        })
        const closed = { closed_at: new Date(clock.now()), closed_by: by, state: 'closed' as const }
        return { ...closed, decision, article, outcome: box.seal(label('outcome', id), outcome) }
      }),
    /** By the day they are due, the soonest first. */
    async list(state?: 'open' | 'closed'): Promise<RightsRequest[]> {
      const asked = state ? rows().where('state', '=', state) : rows()
      return (await asked.orderBy('state', 'desc').orderBy('due_on').orderBy('id').limit(mostShown).execute()).map(view)
    },
    ofCall: async (callId: string): Promise<RightsRequest[]> =>
      (await rows().where('call_id', '=', callId).orderBy('id', 'desc').execute()).map(view),
  }
}

const unknown = (): Problem => new Problem('request_unknown', 404, 'there is no such request')

export type Requests = ReturnType<typeof createRequests>
