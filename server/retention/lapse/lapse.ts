import { sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import type { AnyTransaction } from '../../platform/db/index.ts'
import type { Ending, Vault } from '../../vault/index.ts'
import { idOf, type TermDb, type TermId, type TermRow, type TermTx } from '../terms/terms.ts'
import type { LapseReason } from '../terms/store.ts'
import type { Certificate, Receipt } from './certificate.ts'
import { endAudio, lapseAudio } from './audio.ts'
import { addDays, dayOf } from './days.ts'

/*
 * How terms end, whatever the reason. A crash after any step is safe:
 *   `ending` + vault's intent + log's intent, in one transaction (nothing opens from here) → the vault destroys keys and bytes
 *   → the other rooms erase what they derived, `ended`, log and, for the last term of a call, its certificate, in one transaction
 * What a crash left `ending` is completed by `finish`.
 */

export type LapseAsk = {
  terms: TermId[]
  reason: LapseReason
  actorId?: string | null
  caseId?: string | null
  /** A person's own words; sealed with the log's entry. */
  why?: string
}
export type LapseReport = {
  ended: TermId[]
  /** Terms that a hold keeps. */
  held: TermId[]
  /** Calls of which nothing is left. */
  destroyed: string[]
}
/** A term that has ended; `last`: nothing of its call is left. */
export type Lapsed = TermId & { last: boolean; reason: LapseReason }

/** A room's part in ending terms: erases what it derived for them, in the transaction that ends them. Counts by call. */
export type Eraser = {
  room: string
  erase: (tx: AnyTransaction, lapsed: Lapsed[]) => Promise<Map<string, Record<string, number>>>
  /** Forgets the audio of terms that go on without it. */
  eraseAudio?: (tx: AnyTransaction, terms: TermId[]) => Promise<void>
}
export type LogEntry = { type: LapseEvent; callId: string | null; data: Record<string, unknown> }
export type LapseEvent =
  | 'purpose.lapse_intended'
  | 'purpose.lapsed'
  | 'purpose.audio_lapsed'
  | 'certificate.destruction'
  | 'erasure.final'

export type LapseDeps = {
  db: TermDb
  vault: Pick<Vault, 'end' | 'renditionsOf'>
  clock: Clock
  /** Rooms that derived something from calls. Asked at each end: they are built after this one. */
  erasers: () => Eraser[]
  /** Ends the working copies of calls of which a purpose was ended, once nothing is to be made from them; of all calls without ids. */
  endWorkingCopies: (callIds?: string[]) => Promise<void>
  log: (tx: TermTx, entries: LogEntry[]) => Promise<void>
}

/** Days after which no copy of the keystore can be opened any more (vault README). */
export const keystoreDays = 7
/** Terms ended by one decision: bounds memory and the time one transaction takes. */
export const batchSize = 1000

export function createLapse(deps: LapseDeps) {
  let last: Promise<unknown> = Promise.resolve()
  /** One after the other: whether a term is its call's last depends on those before it. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }

  /** Ends terms that are live; others are passed over. Throws what the vault throws when it cannot destroy. */
  async function lapse(ask: LapseAsk): Promise<LapseReport> {
    const report: LapseReport = { ended: [], held: [], destroyed: [] }
    for (let at = 0; at < ask.terms.length; at += batchSize) {
      const terms = ask.terms.slice(at, at + batchSize)
      const part = await inTurn(() => endBatch(deps, { ...ask, terms }))
      report.ended.push(...part.ended)
      report.held.push(...part.held)
      report.destroyed.push(...part.destroyed)
    }
    return report
  }

  /** Completes what a crash or a full disk left half-way. Returns the calls of which nothing is left. */
  const finish = (): Promise<string[]> => inTurn(() => finishAll(deps))

  /** Ends audio whose time is over before the rest of its term. Returns how many terms lost theirs. */
  const audio = (today: string): Promise<number> => inTurn(() => lapseAudio(deps, today))
  /** The same for terms whose audio was found destroyed. */
  const audioOf = (rows: TermRow[]): Promise<unknown> => inTurn(() => endAudio(deps, rows))

  return { lapse, finish, audio, audioOf }
}

export type Lapse = ReturnType<typeof createLapse>

async function endBatch(deps: LapseDeps, ask: LapseAsk): Promise<LapseReport> {
  const rows = await liveRows(deps.db, ask.terms)
  const gone = await withoutLive(deps.db, rows)
  const endings = await endingsOf(deps, rows, gone)
  let kept: TermRow[] = []
  await deps.vault.end(endings, async (tx, { held }) => {
    kept = rows.filter((r) => held.includes(r.card_id) || (r.rendition_id !== null && held.includes(r.rendition_id)))
    await markEnding(deps, tx as unknown as TermTx, {
      rows: rows.filter((r) => !kept.includes(r)),
      ask,
    })
  })
  const destroyed = await finishAll(deps)
  return { ended: rows.filter((r) => !kept.includes(r)).map(idOf), held: kept.map(idOf), destroyed }
}

async function liveRows(db: TermDb, terms: TermId[]): Promise<TermRow[]> {
  const { rows } = await sql<TermRow>`
    select t.* from term t
    join unnest(${terms.map((t) => t.callId)}::uuid[], ${terms.map((t) => t.purpose)}::text[], ${terms.map((t) => t.segment)}::int[])
      as a(call_id, purpose, segment) on (t.call_id, t.purpose, t.segment) = (a.call_id, a.purpose, a.segment)
    where t.state = 'live'`.execute(db)
  return rows
}

/** Calls that keep no live term once these have ended, and purposes that keep none within their call. */
async function withoutLive(db: TermDb, rows: TermRow[]): Promise<{ calls: Set<string>; purposes: Set<string> }> {
  const ids = [...new Set(rows.map((r) => r.call_id))]
  const live = await sql<TermRow>`select * from term where call_id = any(${ids}::uuid[]) and state = 'live'`.execute(db)
  const going = new Set(rows.map(keyOf))
  const stay = live.rows.filter((r) => !going.has(keyOf(r)))
  const calls = new Set(stay.map((r) => r.call_id))
  const purposes = new Set(stay.map((r) => `${r.call_id}/${r.purpose}`))
  return {
    calls: new Set(ids.filter((id) => !calls.has(id))),
    purposes: new Set(rows.map((r) => `${r.call_id}/${r.purpose}`).filter((key) => !purposes.has(key))),
  }
}

const keyOf = (r: TermRow): string => `${r.call_id}/${r.purpose}/${r.segment}`

/** The wraps that go: the purpose's rendition, its door to the card, and everything of calls that keep nothing. */
async function endingsOf(
  deps: LapseDeps,
  rows: TermRow[],
  gone: { calls: Set<string>; purposes: Set<string> },
): Promise<Ending[]> {
  const whole = await deps.vault.renditionsOf([...gone.calls])
  const endings: Ending[] = whole.map(({ id }) => ({ renditionId: id, purpose: 'all' }))
  for (const row of rows) {
    if (gone.calls.has(row.call_id)) continue
    const purpose = row.purpose
    if (row.rendition_id) endings.push({ renditionId: row.rendition_id, purpose })
    if (gone.purposes.has(`${row.call_id}/${row.purpose}`)) endings.push({ renditionId: row.card_id, purpose })
  }
  return endings
}

async function markEnding(
  { clock, log }: LapseDeps,
  tx: TermTx,
  { rows, ask }: { rows: TermRow[]; ask: LapseAsk },
): Promise<void> {
  if (rows.length === 0) return
  await sql`update term t set state = 'ending', reason = ${ask.reason}, ended_at = ${new Date(clock.now())}
    from unnest(${rows.map((r) => r.call_id)}::uuid[], ${rows.map((r) => r.purpose)}::text[], ${rows.map((r) => r.segment)}::int[])
      as a(call_id, purpose, segment)
    where (t.call_id, t.purpose, t.segment) = (a.call_id, a.purpose, a.segment)`.execute(tx)
  const { reason, actorId = null, caseId = null, why = '' } = ask
  const data = { reason, actorId, caseId, why, terms: rows.map(idOf) }
  await log(tx, [{ type: 'purpose.lapse_intended', callId: null, data }])
}

async function finishAll(deps: LapseDeps): Promise<string[]> {
  const destroyed: string[] = []
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const { rows } = await sql<TermRow>`
      select * from term where state = 'ending' and call_id > ${after} order by call_id limit ${batchSize}`.execute(
      deps.db,
    )
    if (rows.length === 0) return destroyed
    // A call's terms are taken together: the page ends before a call it might cut.
    const cut = rows.length === batchSize ? rows.at(-1)!.call_id : null
    const whole = rows.filter((r) => r.call_id !== cut)
    const page = whole.length > 0 ? whole : rows
    destroyed.push(...(await finishPage(deps, page)))
    after = page.at(-1)!.call_id
  }
}

async function finishPage(deps: LapseDeps, rows: TermRow[]): Promise<string[]> {
  const { calls: last } = await withoutLive(deps.db, rows)
  const renditions = await deps.vault.renditionsOf([...last])
  // Bytes that a crash left, or that came up since the decision; what is held stays, and its terms stay `ending`.
  if (renditions.length > 0) await deps.vault.end(renditions.map((r) => ({ renditionId: r.id, purpose: 'all' })))
  const left = new Set((await deps.vault.renditionsOf([...last])).map((r) => r.callId))
  const done = rows.filter((r) => !left.has(r.call_id))
  if (done.length === 0) return []
  const destroyed = [...last].filter((id) => !left.has(id))
  await deps.db
    .transaction()
    .execute((tx) => complete(deps, tx as TermTx, { rows: done, destroyed: new Set(destroyed) }))
  const part = done.filter((r) => r.reason !== 'clock' && !destroyed.includes(r.call_id)).map((r) => r.call_id)
  if (part.length > 0) await deps.endWorkingCopies([...new Set(part)])
  return destroyed
}

async function complete(
  deps: LapseDeps,
  tx: TermTx,
  { rows, destroyed }: { rows: TermRow[]; destroyed: Set<string> },
): Promise<void> {
  const lapsed = rows.map((r): Lapsed => ({
    ...idOf(r),
    last: destroyed.has(r.call_id),
    reason: r.reason ?? 'decision',
  }))
  const receipts = new Map<string, Receipt[]>()
  for (const { room, erase } of deps.erasers())
    for (const [callId, erased] of await erase(tx, lapsed))
      receipts.set(callId, [...(receipts.get(callId) ?? []), { room, erased }])
  await sql`update term t set state = 'ended'
    from unnest(${rows.map((r) => r.call_id)}::uuid[], ${rows.map((r) => r.purpose)}::text[], ${rows.map((r) => r.segment)}::int[])
      as a(call_id, purpose, segment)
    where (t.call_id, t.purpose, t.segment) = (a.call_id, a.purpose, a.segment)`.execute(tx)
  await deps.log(
    tx,
    rows.map((r) => ({
      type: 'purpose.lapsed',
      callId: r.call_id,
      data: { purpose: r.purpose, segment: r.segment, reason: r.reason, lastDay: r.last_day },
    })),
  )
  await certify(deps, tx, { destroyed: [...destroyed], receipts })
}

/** The certificate of each call of which nothing is left; what remains of the caller in this room goes. */
async function certify(
  { clock, log }: LapseDeps,
  tx: TermTx,
  { destroyed, receipts }: { destroyed: string[]; receipts: Map<string, Receipt[]> },
): Promise<void> {
  if (destroyed.length === 0) return
  const at = new Date(clock.now())
  const { rows } = await sql<TermRow>`
    select * from term where call_id = any(${destroyed}::uuid[]) order by purpose, segment`.execute(tx)
  const certificates = destroyed.map((callId) =>
    certificateOf({
      callId,
      at,
      terms: rows.filter((r) => r.call_id === callId),
      receipts: receipts.get(callId) ?? [],
    }),
  )
  await sql`insert into destruction (call_id, at, certificate)
    select * from unnest(${destroyed}::uuid[], ${destroyed.map(() => at)}::timestamptz[], ${certificates.map((c) => JSON.stringify(c))}::jsonb[])
    on conflict do nothing`.execute(tx)
  await sql`update term set customer_index = null where call_id = any(${destroyed}::uuid[])`.execute(tx)
  await log(
    tx,
    certificates.map((c) => ({
      type: 'certificate.destruction',
      callId: c.callId,
      data: c as unknown as Record<string, unknown>,
    })),
  )
}

function certificateOf(of: { callId: string; at: Date; terms: TermRow[]; receipts: Receipt[] }): Certificate {
  const renditions = of.terms.flatMap((t) => t.rendition_id ?? [])
  return {
    callId: of.callId,
    at: of.at.toISOString(),
    terms: of.terms.map((t) => ({
      purpose: t.purpose,
      segment: t.segment,
      basis: t.basis,
      lastDay: t.last_day,
      endedAt: (t.ended_at ?? of.at).toISOString(),
      reason: t.reason ?? 'decision',
    })),
    renditions: [...new Set([...renditions, ...of.terms.map((t) => t.card_id)])],
    receipts: of.receipts,
    method: 'puncture',
    keystoreCopiesEnd: addDays(dayOf(of.at.getTime()), keystoreDays),
  }
}
