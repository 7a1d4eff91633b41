import { setTimeout as sleep } from 'node:timers/promises'
import { type SelectQueryBuilder, sql } from 'kysely'
import type { Call, CallDetail } from '../../../contract/models/calls.ts'
import type { Asked } from '../../../contract/routes.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import type { RenditionKey, Vault } from '../../vault/index.ts'
import type { Keeping, Locked } from '../keeping.ts'
import { agentOf, isOwn } from '../playback/permit.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import type { Session } from '../recorder/session.ts'
import type { CaptureTables, Card } from '../store.ts'
import { addressKey } from './country.ts'
import { inReach, withinReach } from './reach.ts'
import { callView, gapsOf, legView, type CallRow } from './view.ts'

export type QueryDeps = {
  db: CaptureDb
  vault: Vault
  clock: Clock
  sessions: ReadonlyMap<string, Session>
  names(ids: string[]): Promise<Map<string, string>>
  ruleName(version: number, ruleId: string): Promise<string | null>
} & Pick<Keeping, 'mayUse' | 'locked'>

export const unknownCall = (): Problem => new Problem('call_unknown', 404, 'There is no such call within your reach.')

/** Reads calls as a person may see them. */
export function createQueries(deps: QueryDeps) {
  const { db, vault, clock, sessions } = deps

  async function list(
    actor: Actor,
    ask: Asked<'GET /calls'>['query'],
  ): Promise<{ items: Call[]; next: string | null }> {
    let query = withinReach(db.selectFrom('call').selectAll('call'), actor)
      .orderBy('call.id', 'desc')
      .limit(ask.limit + 1)
    if (ask.after) query = query.where('call.id', '<', ask.after)
    query = filtered(query, ask)
    const rows = await query.execute()
    const shown = rows.slice(0, ask.limit)
    return { items: await views(shown), next: rows.length > ask.limit ? (shown.at(-1)?.id ?? null) : null }
  }

  /** Ids of the calls that filters find, newest first, those before one of them; at most `limit`. */
  async function ids(filters: Filters, limit: number, before?: string): Promise<string[]> {
    const all = filtered(db.selectFrom('call').select('call.id'), filters)
    const query = before ? all.where('call.id', '<', before) : all
    const rows = await query.orderBy('call.id', 'desc').limit(limit).execute()
    return rows.map((r) => r.id)
  }

  async function search(actor: Actor, address: string): Promise<Call[]> {
    const index = vault.box.blindIndex('address', addressKey(address))
    const rows = await withinReach(db.selectFrom('call').selectAll('call'), actor)
      .where('call.customer_index', '=', index)
      .orderBy('call.id', 'desc')
      .limit(100)
      .execute()
    return views(rows)
  }

  async function views(rows: CallRow[]): Promise<Call[]> {
    if (rows.length === 0) return []
    const names = await deps.names(rows.flatMap((r) => r.agent_id ?? []))
    const held = await db
      .selectFrom('call_rendition')
      .select(['call_id', 'purpose'])
      .where(
        'call_id',
        'in',
        rows.map((r) => r.id),
      )
      .where('state', 'in', ['pending', 'recording', 'sealed'])
      .execute()
    return rows.map((row) =>
      viewOf(
        row,
        names,
        held.filter((h) => h.call_id === row.id).map((h) => h.purpose),
      ),
    )
  }

  function viewOf(row: CallRow, names: Map<string, string>, held: string[]): Call {
    const live = sessions.get(row.id)?.view()
    return callView(row, {
      agentName: row.agent_id ? (names.get(row.agent_id) ?? null) : null,
      purposes: [...new Set(held.filter((p) => p !== 'processing'))],
      status: live?.status ?? null,
      now: clock.now(),
    })
  }

  /** A call just announced is live before its row is written: that row is waited for. */
  async function find(callId: string): Promise<CallRow | undefined> {
    for (let patience = 20; ; patience--) {
      const found = await db.selectFrom('call').selectAll().where('id', '=', callId).executeTakeFirst()
      if (found || patience === 0 || !sessions.has(callId)) return found
      await sleep(100)
    }
  }

  /** The row of a call within reach. Throws Problem 404, the same for unknown and out of reach. */
  async function row(actor: Actor, callId: string): Promise<CallRow> {
    const found = await find(callId)
    if (!found || !inReach(actor, { agentId: found.agent_id, teamIds: found.team_ids })) throw unknownCall()
    return found
  }

  async function detail(actor: Actor, callId: string): Promise<CallDetail> {
    const found = await row(actor, callId)
    const [[view], legs, marks, renditions] = await Promise.all([
      views([found]),
      db.selectFrom('call_leg').selectAll().where('call_id', '=', callId).orderBy('index').execute(),
      db.selectFrom('call_mark').selectAll().where('call_id', '=', callId).orderBy('at_ms').execute(),
      db
        .selectFrom('call_rendition')
        .selectAll()
        .where('call_id', '=', callId)
        .orderBy('purpose')
        .orderBy('segment')
        .execute(),
    ])
    if (!view) throw unknownCall()
    const card = await readCard(found)
    const customer = card?.parties.find((p) => p.role === 'customer')
    const sealed = renditions.filter((r) => r.state === 'sealed' && r.material && deps.mayUse(actor.role, r.purpose))
    const gates = sealed.map(({ purpose }) => ({ purpose, gate: gateOf(actor, found, purpose) }))
    const locked = gates.find(({ gate }) => gate)
    return {
      ...view,
      decision: found.decision,
      ruleName: found.decision.ruleId ? await deps.ruleName(found.decision.policyVersion, found.decision.ruleId) : null,
      legs: legs.map((l) => legView(l, card)),
      gaps: gapsOf(legs),
      marks: marks.map((m) => ({
        kind: m.kind,
        atMs: m.at_ms,
        by: m.by as CallDetail['marks'][number]['by'],
        leg: m.leg,
      })),
      renditions: renditions.map((r) => ({
        purpose: r.purpose,
        material: r.material,
        segment: r.segment,
        fromMs: r.from_ms,
        toMs: r.to_ms,
        state: r.state,
        format: r.format,
        bytes: Number(r.bytes),
        expiresOn: r.expires_on,
        mayListen: r.material !== null && deps.mayUse(actor.role, r.purpose),
      })),
      listenPurposes: [...new Set(gates.flatMap(({ purpose, gate }) => (gate ? [] : [purpose])))],
      locked: locked?.gate ? { purpose: locked.purpose, ...locked.gate } : null,
      announcement: found.announcement,
      agentAddress: card?.parties.find((p) => p.role === 'agent')?.address ?? null,
      customerName: customer?.name ?? null,
      customerAddress: customer?.address ?? null,
      fileName: card?.fileName ?? null,
    }
  }

  /** What keeps a purpose locked for a person; agents hear their own calls. */
  const gateOf = (actor: Actor, found: CallRow, purpose: string): Locked | null =>
    isOwn(actor, found) ? null : deps.locked(purpose, agentOf(found))

  /** The sealed card, under whichever of the call's purposes still lives; null when none does. */
  async function readCard(found: CallRow): Promise<Card | null> {
    const key = await cardKey(found)
    if (!key || !found.card) return null
    try {
      return JSON.parse(vault.openValue(key, 'card', found.card).toString('utf8')) as Card
    } finally {
      key.dispose()
    }
  }

  async function cardKey(found: CallRow): Promise<RenditionKey | null> {
    if (!found.card_id) return null
    const candidates = [...found.decision.purposes, 'processing']
    for (const purpose of candidates) {
      const key = await vault.unlock(found.card_id, purpose).catch(() => null)
      if (key) return key
    }
    return null
  }

  return { list, ids, search, detail, row, readCard, cardKey }
}

type Filters = Partial<Omit<Asked<'GET /calls'>['query'], 'limit' | 'after'>>

/** The filters of the list, on a query over calls. */
function filtered<O>(from: SelectQueryBuilder<CaptureTables, 'call', O>, ask: Filters) {
  let query = from
  if (ask.state) query = query.where('call.state', '=', ask.state)
  if (ask.agentId) query = query.where('call.agent_id', '=', ask.agentId)
  if (ask.teamId) query = query.where(sql<boolean>`${ask.teamId}::uuid = any(call.team_ids)`)
  if (ask.direction) query = query.where('call.direction', '=', ask.direction)
  if (ask.queue) query = query.where('call.queue', '=', ask.queue)
  if (ask.from) query = query.where('call.started_at', '>=', new Date(ask.from))
  if (ask.to) query = query.where('call.started_at', '<', new Date(ask.to))
  if (ask.difficult) query = query.where('call.difficult', '=', ask.difficult === 'true')
  return query
}

export type Queries = ReturnType<typeof createQueries>
