import { createHash } from 'node:crypto'
import { type Selectable, sql } from 'kysely'
import type { AccessRecord, Heard, Redaction } from '../../../contract/models/calls.ts'
import type { LegalBasis } from '../../../contract/models/policy.ts'
import type { Evidence } from '../../evidence/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import type { Box } from '../../vault/index.ts'
import type { CaptureDb, CaptureTx } from '../recorder/ledger.ts'
import type { CaptureTables } from '../store.ts'
import { appendChained } from './access-chain.ts'

export type AccessEntry = {
  action: AccessRecord['action']
  callId: string
  agentId: string | null
  renditionId: string | null
  /** Contract window; 0: the whole call. */
  segment: number | null
  purpose: string
  purposeIri: string | null
  legalBasis: LegalBasis | null
  reason: string
  caseRef?: string | undefined
  /** What is handed out; of a refusal nothing. */
  /** Null: no audio was handed out. */
  redaction: Redaction | null
  outcome: AccessRecord['outcome']
  refusal?: string | null
}

/** Who was given something: somebody signed in, a program, or a caller without an account. */
export type Recorded = Pick<Actor, 'personId' | 'tokenId' | 'sessionId'> & { role: string }

/** What the privacy officer may look for. There is no total and no order but time: that would measure people (CNIL 2021-122). */
export type AccessSearch = {
  callId?: string | undefined
  actorId?: string | undefined
  purpose?: string | undefined
  from?: string | undefined
  to?: string | undefined
  limit: number
  /** The last id of the page before. */
  after?: string | undefined
}

/** A time somebody was given a call, without names: what its caller may know (CJEU C-579/21). */
export type Given = { at: string; role: string; action: AccessRecord['action']; purpose: string | null }

type Row = Selectable<CaptureTables['access_record']>
type AccessDeps = {
  db: CaptureDb
  box: Box
  clock: Clock
  append: Evidence['append']
  names(ids: string[]): Promise<Map<string, string>>
  /** An agent's call was given to somebody else, or more of it. */
  heard(agentId: string, callId: string): void
}

const mostGiven = 500

/** Who listened to what, when and why: one row per decision, allowed or refused, written before any audio is given out. */
export function createAccessBook(deps: AccessDeps) {
  const { db, box } = deps
  const reasonOf = (r: Row): string => (r.reason ? box.open('access.reason', r.reason).toString('utf8') : '')

  async function record(actor: Recorded, entry: AccessEntry): Promise<string> {
    const [id] = await recordAll(actor, [entry])
    return id as string
  }

  /** Several decisions at once, all or none. Returns their ids, in the same order. */
  async function recordAll(actor: Recorded, entries: AccessEntry[]): Promise<string[]> {
    const rows = entries.map((entry) => rowOf(deps, actor, entry))
    await db.transaction().execute(async (tx) => {
      for (const row of rows) {
        const hash = await appendChained(tx, row)
        if (row.outcome === 'allowed') await tell(deps, tx, { ...row, hash })
      }
    })
    for (const row of rows) if (row.outcome === 'allowed') inform(row)
    return rows.map(({ id }) => id)
  }

  /** Adds media actually sent, and widens the span it came from. */
  async function served(recordId: string, span: { fromMs: number; toMs: number }): Promise<void> {
    const row = await db
      .updateTable('access_record')
      .set({
        served_ms: sql`served_ms + ${span.toMs - span.fromMs}`,
        from_ms: sql`least(coalesce(from_ms, ${span.fromMs}), ${span.fromMs})`,
        to_ms: sql`greatest(coalesce(to_ms, ${span.toMs}), ${span.toMs})`,
      })
      .where('id', '=', recordId)
      .returning(['agent_id', 'actor_id', 'call_id'])
      .executeTakeFirst()
    if (row) inform(row)
  }

  function inform(row: Pick<Row, 'agent_id' | 'actor_id' | 'call_id'>): void {
    if (row.agent_id && row.agent_id !== row.actor_id) deps.heard(row.agent_id, row.call_id)
  }

  /** Newest first. */
  async function list(search: AccessSearch): Promise<{ items: AccessRecord[]; next: string | null }> {
    const rows = await found(db, search)
    const shown = rows.slice(0, search.limit)
    const names = await deps.names(shown.flatMap((r) => r.actor_id ?? []))
    const items = shown.map((r) => ({
      id: r.id,
      at: r.at.toISOString(),
      actorId: r.actor_id,
      actorName: r.actor_id ? (names.get(r.actor_id) ?? null) : null,
      actorRole: r.actor_role,
      authMethod: r.auth_method,
      session: r.session_hash,
      action: r.action,
      callId: r.call_id,
      renditionId: r.rendition_id,
      segment: r.segment,
      agentId: r.agent_id,
      purpose: r.purpose,
      purposeIri: r.purpose_iri,
      legalBasis: r.legal_basis as LegalBasis | null,
      reason: reasonOf(r),
      caseRef: r.case_ref && box.open('access.case', r.case_ref).toString('utf8'),
      approverId: r.approver_id,
      redaction: r.redaction,
      outcome: r.outcome,
      refusal: r.refusal,
      fromMs: r.from_ms,
      toMs: r.to_ms,
      servedMs: r.served_ms,
      number: r.number,
      prevHash: r.prev_hash?.toString('hex') ?? null,
      hash: r.hash?.toString('hex') ?? null,
    }))
    return { items, next: rows.length > search.limit ? (shown.at(-1)?.id ?? null) : null }
  }

  /** Every time others were given calls of an agent, newest first; the agent's own listening is left out. */
  async function heard(agentId: string | null, limit: number): Promise<Heard[]> {
    if (!agentId) return []
    const rows = await db
      .selectFrom('access_record')
      .selectAll()
      .where('agent_id', '=', agentId)
      .where('outcome', '=', 'allowed')
      .where((e) => e.or([e('actor_id', 'is', null), e('actor_id', '<>', agentId)]))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
    const names = await deps.names(rows.flatMap((r) => r.actor_id ?? []))
    return rows.map((r) => ({
      id: r.id,
      at: r.at.toISOString(),
      callId: r.call_id,
      who: r.actor_id ? (names.get(r.actor_id) ?? null) : null,
      role: r.actor_role,
      action: r.action,
      purpose: r.purpose,
      reason: reasonOf(r),
      servedMs: r.served_ms,
    }))
  }

  /** Every time a call was given to somebody, newest first, without names. */
  async function given(callId: string): Promise<Given[]> {
    const rows = await db
      .selectFrom('access_record')
      .select(['at', 'actor_role', 'action', 'purpose'])
      .where('call_id', '=', callId)
      .where('outcome', '=', 'allowed')
      .orderBy('id', 'desc')
      .limit(mostGiven)
      .execute()
    return rows.map((r) => ({ at: r.at.toISOString(), role: r.actor_role, action: r.action, purpose: r.purpose }))
  }

  return { record, recordAll, served, list, heard, given }
}

export type AccessBook = ReturnType<typeof createAccessBook>

function rowOf({ box, clock }: AccessDeps, actor: Recorded, entry: AccessEntry) {
  const session = actor.sessionId && createHash('sha256').update(actor.sessionId).digest('hex').slice(0, 16)
  return {
    id: newId(),
    at: new Date(clock.now()),
    actor_id: actor.personId ?? actor.tokenId,
    actor_role: actor.role,
    session_hash: session,
    auth_method: actor.tokenId ? ('token' as const) : actor.sessionId ? ('session' as const) : null,
    action: entry.action,
    call_id: entry.callId,
    agent_id: entry.agentId,
    rendition_id: entry.renditionId,
    segment: entry.segment,
    purpose: entry.purpose,
    purpose_iri: entry.purposeIri,
    legal_basis: entry.legalBasis,
    reason: entry.reason ? box.seal('access.reason', entry.reason) : null,
    case_ref: entry.caseRef ? box.seal('access.case', entry.caseRef) : null,
    // nothing that is given out asks for a second person yet
    approver_id: null,
    redaction: entry.outcome === 'allowed' ? entry.redaction : null,
    outcome: entry.outcome,
    refusal: entry.refusal ?? null,
    from_ms: null,
    to_ms: null,
  }
}

const eventOf = { play: 'access.play', control: 'access.play', view: 'access.view', export: 'access.export' } as const

/** The log holds ids only, and outlives the call: whoever was given it stays provable. */
function tell({ append }: AccessDeps, tx: CaptureTx, row: ReturnType<typeof rowOf> & { hash: Buffer }): Promise<void> {
  const data = {
    recordId: row.id,
    actorId: row.actor_id,
    role: row.actor_role,
    purpose: row.purpose,
    renditionId: row.rendition_id,
    redaction: row.redaction,
    hash: row.hash.toString('hex'),
  }
  return append(tx, { type: eventOf[row.action], callId: row.call_id, data }, null)
}

function found(db: CaptureDb, search: AccessSearch): Promise<Row[]> {
  let query = db
    .selectFrom('access_record')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(search.limit + 1)
  if (search.callId) query = query.where('call_id', '=', search.callId)
  if (search.actorId) query = query.where('actor_id', '=', search.actorId)
  if (search.purpose) query = query.where('purpose', '=', search.purpose)
  if (search.from) query = query.where('at', '>=', new Date(search.from))
  if (search.to) query = query.where('at', '<', new Date(search.to))
  if (search.after) query = query.where('id', '<', search.after)
  return query.execute()
}
