import { type Selectable, sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import { isProblem, Problem } from '../../platform/problem.ts'
import type { Box, Vault } from '../../vault/index.ts'
import type { TermTables } from '../terms/store.ts'
import type { TermDb, TermRow, TermTx } from '../terms/terms.ts'
import { type HoldTarget, selectionOf } from './selection.ts'

/*
 * Legal holds: what a dispute or an authority needs is ended by nothing until two people release it. The hold is in the vault
 * before it is acknowledged; a call of a held caller that begins later is held from its first row.
 */

export type HoldEvent = 'hold.placed' | 'hold.release_asked' | 'hold.kept' | 'hold.released'
export type HoldDeps = {
  db: TermDb
  vault: Pick<Vault, 'hold' | 'releaseHold'>
  box: Box
  clock: Clock
  log: (tx: TermTx, entry: { type: HoldEvent; callId: null; data: Record<string, unknown> }) => Promise<void>
  /** Run in the transaction of a release: what the hold kept back is to be done. */
  released: (tx: TermTx, holdId: string) => Promise<void>
}
type HoldWords = { reason: string; reference: string; personId: string | null; id?: string }
export type HoldRow = Selectable<TermTables['legal_hold']>
export type HoldView = Omit<HoldRow, 'reason' | 'reference' | 'release_reason' | 'customer_index'> & {
  reason: string
  reference: string
  releaseReason: string
  /** Calls held, and calls that came too late. */
  held: number
  tooLate: number
}

const shortest = 10
/** Calls put under a hold in one transaction: calls that begin wait for it. */
const stepSize = 1000
/** Calls listed by one statement. */
const pageSize = 10_000
/** Learning who called, and placing a hold on a caller, one after the other. */
const CALLER_LOCK = 7_236_104_992_204

export function createHolds(deps: HoldDeps) {
  const { db, vault, box, clock, log } = deps
  const seal = (text: string): Buffer => box.seal('hold.words', text)
  const open = (sealed: Buffer | null): string => (sealed ? box.open('hold.words', sealed).toString('utf8') : '')

  /**
   * Lists what is to be held; the clock spares it from here on, and `complete` holds it. `id`: chosen before, so that it is listed
   * once. Throws Problem `hold_reason_missing` (422).
   */
  async function begin(target: HoldTarget, by: HoldWords): Promise<string> {
    requireWords(by.reason)
    const { id = newId() } = by
    if (!(await db.selectFrom('legal_hold').select('id').where('id', '=', id).executeTakeFirst()))
      await db.transaction().execute(async (tx) => {
        await tx
          .insertInto('legal_hold')
          .values({
            id,
            selection: JSON.stringify(selectionOf(target)),
            customer_index: target.kind === 'caller' ? target.customerIndex : null,
            reason: seal(by.reason),
            reference: by.reference ? seal(by.reference) : null,
            placed_by: by.personId,
            placed_at: new Date(clock.now()),
            state: 'placing',
          })
          .execute()
        for await (const callIds of callsIn(tx as TermTx, target)) await addItems(tx as TermTx, id, { callIds })
      })
    return id
  }

  /** Resolves once everything is held. Throws Problem `hold_reason_missing` (422), `hold_nothing` (404). */
  async function place(target: HoldTarget, by: HoldWords): Promise<string> {
    const id = await begin(target, by)
    await complete(id)
    return id
  }

  /** Goes on with holds that a crash, or a database out of reach, left half placed. */
  async function takeUp(): Promise<void> {
    const rows = await db.selectFrom('legal_hold').select('id').where('state', '=', 'placing').execute()
    for (const { id } of rows)
      await complete(id).catch((e: unknown) => {
        if (!isProblem(e)) throw e
      })
  }

  /**
   * Puts what is listed under the hold, step by step: the vault lets no call begin during a step. What is ended meanwhile for another
   * reason than the clock came before the hold. Throws Problem `hold_nothing` (404); nothing is left of such a hold.
   */
  async function complete(id: string): Promise<void> {
    const hold = await db
      .selectFrom('legal_hold')
      .select(['selection', 'state'])
      .where('id', '=', id)
      .executeTakeFirst()
    if (hold?.state !== 'placing') return
    if (hold.selection.kind !== 'segment') while ((await step(id)) > 0);
    const nothing = await db.transaction().execute(async (tx) => {
      const row = await tx
        .updateTable('legal_hold')
        .set({ state: 'active' })
        .where('id', '=', id)
        .where('state', '=', 'placing')
        .returning(['selection', 'placed_by'])
        .executeTakeFirst()
      if (!row) return false
      if (row.selection.kind === 'segment') await coverSegment(tx as TermTx, id, row.selection)
      const covered = await countOf(tx as TermTx, id)
      if (covered.calls === 0 && row.selection.kind !== 'caller') {
        await vault.releaseHold(tx, id)
        await tx.deleteFrom('hold_item').where('hold_id', '=', id).execute()
        await tx.deleteFrom('legal_hold').where('id', '=', id).execute()
        return true
      }
      const data = { holdId: id, selection: row.selection, actorId: row.placed_by, ...covered }
      await log(tx as TermTx, { type: 'hold.placed', callId: null, data })
      return false
    })
    if (nothing) throw new Problem('hold_nothing', 404, 'The selection finds no recording that is still kept.')
  }

  /** Holds the next calls that wait. Returns how many. */
  async function step(holdId: string): Promise<number> {
    return db.transaction().execute(async (tx) => {
      const rows = await tx
        .selectFrom('hold_item')
        .select('call_id')
        .where('hold_id', '=', holdId)
        .where('held', 'is', null)
        .orderBy('call_id')
        .limit(stepSize)
        .execute()
      if (rows.length === 0) return 0
      const callIds = rows.map((r) => r.call_id)
      // The vault's rows first, as the end of a term does: whoever has them is ahead, and nobody waits in a circle.
      await vault.hold(tx, { holdId, callIds })
      const kept = await keptCalls(tx as TermTx, callIds)
      await sql`update hold_item set held = call_id = any(${kept}::uuid[])
        where hold_id = ${holdId} and call_id = any(${callIds}::uuid[]) and held is null`.execute(tx)
      return rows.length
    })
  }

  async function coverSegment(
    tx: TermTx,
    holdId: string,
    { callId, purpose, segment }: { callId: string; purpose: string; segment: number },
  ): Promise<void> {
    const find = (): Promise<TermRow | undefined> =>
      tx
        .selectFrom('term')
        .selectAll()
        .where('call_id', '=', callId)
        .where('purpose', '=', purpose)
        .where('segment', '=', segment)
        .executeTakeFirst()
    const term = await find()
    if (!term) return
    const { card_id: card, rendition_id: renditionId } = term
    await vault.hold(tx, { holdId, renditionIds: renditionId ? [card, renditionId] : [card] })
    await addItems(tx, holdId, { callIds: [callId], held: (await find())?.state === 'live', renditionId })
  }

  async function addItems(
    tx: TermTx,
    holdId: string,
    {
      callIds,
      held = null,
      renditionId = null,
    }: { callIds: string[]; held?: boolean | null; renditionId?: string | null },
  ): Promise<void> {
    await sql`insert into hold_item (hold_id, call_id, rendition_id, held, added_at)
      select ${holdId}::uuid, id, ${renditionId}::uuid, ${held}::boolean, ${new Date(clock.now())} from unnest(${callIds}::uuid[]) as id
      on conflict do nothing`.execute(tx)
  }

  /** A call of a caller under a hold is held from its first row. Cheap when there is no such hold. */
  async function catchCall(tx: TermTx, callId: string, customerIndex: Buffer | null): Promise<void> {
    if (!customerIndex) return
    await sql`select pg_advisory_xact_lock_shared(${CALLER_LOCK})`.execute(tx)
    const holds = await tx
      .selectFrom('legal_hold')
      .select('id')
      .where('customer_index', '=', customerIndex)
      .where('state', '<>', 'released')
      .forShare()
      .execute()
    for (const { id } of holds) {
      await vault.hold(tx, { holdId: id, callIds: [callId] })
      await addItems(tx, id, { callIds: [callId], held: true })
    }
  }

  async function askRelease(id: string, reason: string, personId: string | null): Promise<void> {
    requireWords(reason)
    const data = { release_reason: seal(reason), release_asked_by: personId, release_asked_at: new Date(clock.now()) }
    await move(id, ['active'], { state: 'release_asked', ...data }, { type: 'hold.release_asked', personId })
  }

  /** The second person refuses: the hold stays. */
  async function keep(id: string, personId: string | null): Promise<void> {
    const data = { release_reason: null, release_asked_by: null, release_asked_at: null }
    await move(id, ['release_asked'], { state: 'active', ...data }, { type: 'hold.kept', personId })
  }

  /** Throws Problem `hold_two_people` (403) when whoever asked decides too. */
  async function release(id: string, personId: string | null): Promise<void> {
    const row = await db.selectFrom('legal_hold').select('release_asked_by').where('id', '=', id).executeTakeFirst()
    if (row?.release_asked_by && row.release_asked_by === personId)
      throw new Problem('hold_two_people', 403, 'A second person has to release the hold: you asked for it yourself.')
    const data = { released_by: personId, released_at: new Date(clock.now()) }
    await move(id, ['release_asked'], { state: 'released', ...data }, { type: 'hold.released', personId })
  }

  async function move(
    id: string,
    from: HoldRow['state'][],
    to: Record<string, unknown> & { state: HoldRow['state'] },
    by: { type: HoldEvent; personId: string | null },
  ): Promise<void> {
    await db.transaction().execute(async (tx) => {
      const row = await tx.selectFrom('legal_hold').select('state').where('id', '=', id).forUpdate().executeTakeFirst()
      if (!row) throw new Problem('hold_unknown', 404, 'There is no such hold.')
      if (!from.includes(row.state))
        throw new Problem('hold_state', 409, `The hold is ${row.state}: read it again.`, { state: row.state })
      await tx.updateTable('legal_hold').set(to).where('id', '=', id).execute()
      if (to.state === 'released') {
        await vault.releaseHold(tx, id)
        await deps.released(tx as TermTx, id)
      }
      await log(tx as TermTx, { type: by.type, callId: null, data: { holdId: id, actorId: by.personId } })
    })
  }

  async function list(): Promise<HoldView[]> {
    const rows = await db.selectFrom('legal_hold').selectAll().orderBy('id', 'desc').limit(500).execute()
    const counts = await db
      .selectFrom('hold_item')
      .select((e) => ['hold_id', 'held', e.fn.countAll<number>().as('n')])
      .groupBy(['hold_id', 'held'])
      .execute()
    const count = (id: string, held: boolean): number =>
      Number(counts.find((c) => c.hold_id === id && c.held === held)?.n ?? 0)
    return rows.map((row) => ({
      id: row.id,
      selection: row.selection,
      placed_by: row.placed_by,
      placed_at: row.placed_at,
      state: row.state,
      release_asked_by: row.release_asked_by,
      release_asked_at: row.release_asked_at,
      released_by: row.released_by,
      released_at: row.released_at,
      reason: open(row.reason),
      reference: open(row.reference),
      releaseReason: open(row.release_reason),
      held: count(row.id, true),
      tooLate: count(row.id, false),
    }))
  }

  /** Holds not released that cover a call. */
  async function holdsOf(callId: string): Promise<string[]> {
    const rows = await db
      .selectFrom('hold_item')
      .innerJoin('legal_hold', 'legal_hold.id', 'hold_item.hold_id')
      .select('hold_item.hold_id')
      .distinct()
      .where('hold_item.call_id', '=', callId)
      .where((e) => e.or([e('hold_item.held', 'is', null), e('hold_item.held', '=', true)]))
      .where('legal_hold.state', '<>', 'released')
      .execute()
    return rows.map((r) => r.hold_id)
  }

  /** The calls a hold covers, in the order of their ids, after one of them; at most `limit`. */
  async function covered(id: string, after: string, limit: number): Promise<string[]> {
    const rows = await db
      .selectFrom('hold_item')
      .select('call_id')
      .distinct()
      .where('hold_id', '=', id)
      .where('held', '=', true)
      .where('call_id', '>', after)
      .orderBy('call_id')
      .limit(limit)
      .execute()
    return rows.map((r) => r.call_id)
  }

  return { begin, complete, place, takeUp, askRelease, keep, release, list, holdsOf, covered, catchCall }
}

export type Holds = ReturnType<typeof createHolds>

function requireWords(text: string): void {
  if (text.trim().length < shortest)
    throw new Problem('hold_reason_missing', 422, 'Say why: the case, and what the recordings are needed for.', {
      min: shortest,
    })
}

/** What is to be held, a page at a time. */
async function* callsIn(tx: TermTx, target: HoldTarget): AsyncGenerator<string[]> {
  if (target.kind === 'query') yield* target.pages
  if (target.kind === 'caller') {
    // Whoever learns now that a call is of this caller waits, and then sees the hold; whoever did before is seen here.
    await sql`select pg_advisory_xact_lock(${CALLER_LOCK})`.execute(tx)
    yield await callsOf(tx, target.customerIndex)
  }
  if (target.kind === 'calls')
    for (let at = 0; at < target.callIds.length; at += pageSize) yield target.callIds.slice(at, at + pageSize)
}

async function callsOf(tx: TermTx, customerIndex: Buffer): Promise<string[]> {
  const rows = await tx
    .selectFrom('term')
    .select('call_id')
    .distinct()
    .where('customer_index', '=', customerIndex)
    .execute()
  return rows.map((r) => r.call_id)
}

/** Calls that are held, and those that came too late. */
async function countOf(tx: TermTx, holdId: string): Promise<{ calls: number; tooLate: number }> {
  const { rows } = await sql<{ calls: number; tooLate: number }>`
    select count(distinct call_id) filter (where held)::int as calls,
      count(distinct call_id) filter (where not held)::int as "tooLate"
    from hold_item where hold_id = ${holdId}`.execute(tx)
  return rows[0]!
}

/** Those of the calls that still keep something. */
async function keptCalls(tx: TermTx, callIds: string[]): Promise<string[]> {
  const { rows } = await sql<{ call_id: string }>`
    select distinct call_id from term where call_id = any(${callIds}::uuid[]) and state = 'live'`.execute(tx)
  return rows.map((r) => r.call_id)
}
