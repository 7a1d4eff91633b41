import { type Selectable, sql } from 'kysely'
import type { RightsRequest } from '../../../contract/models/rights.ts'
import type { Box } from '../../vault/index.ts'
import type { RightsDb, RightsTables, RightsTx } from '../store.ts'
import { tasksOf } from './tasks.ts'

/** A request as it is stored, with the number of its calls, and whether it restricts any. */
export type RequestRow = Selectable<RightsTables['rights_request']> & {
  calls: number
  done: number
  restricts: boolean
}

/** What of a request is a person's words, and so sealed. */
type Words = 'outcome' | 'details' | 'extension' | 'words'
const label = (what: Words, id: string): string => `rights/${what}/${id}`

export const sealWords = (box: Box, what: Words, { id, text }: { id: string; text: string }): Buffer =>
  box.seal(label(what, id), text)
export const openWords = (box: Box, what: Words, row: Pick<RequestRow, 'id' | Words>): string | null => {
  const sealed = row[what]
  return sealed && box.open(label(what, row.id), sealed).toString('utf8')
}

export const requestRows = (db: RightsDb | RightsTx) =>
  db
    .selectFrom('rights_request')
    .selectAll()
    .select([
      sql<number>`(select count(*)::int from rights_request_call c where c.request_id = rights_request.id)`.as('calls'),
      sql<number>`(select count(done_at)::int from rights_request_call c where c.request_id = rights_request.id)`.as(
        'done',
      ),
      sql<boolean>`exists (select from call_restriction c where c.request_id = rights_request.id and lifted_at is null)`.as(
        'restricts',
      ),
    ])

export const requestView = (box: Box, row: RequestRow): RightsRequest => ({
  id: row.id,
  scope: row.scope,
  callId: row.call_id,
  calls: { all: row.calls, done: row.done },
  kind: row.kind,
  channel: row.channel,
  language: row.language,
  askedAt: row.asked_at.toISOString(),
  dueOn: row.due_on,
  details: openWords(box, 'details', row),
  identity:
    row.identity && row.identity_at
      ? { method: row.identity, at: row.identity_at.toISOString(), by: row.identity_by }
      : null,
  extension:
    row.extended_at === null
      ? null
      : { at: row.extended_at.toISOString(), reason: openWords(box, 'extension', row) ?? '' },
  begunAt: row.begun_at?.toISOString() ?? null,
  actedAt: row.acted_at?.toISOString() ?? null,
  report: row.report,
  masks: row.masks,
  restricts: row.restricts,
  releasedUntil: row.released_until?.toISOString() ?? null,
  tasks: tasksOf({ state: row.state, identified: row.identity !== null, acted: row.acted_at !== null }),
  state: row.state,
  decision: row.decision,
  article: row.article,
  outcome: openWords(box, 'outcome', row),
  closedAt: row.closed_at?.toISOString() ?? null,
})
