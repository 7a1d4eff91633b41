import { type RawBuilder, sql } from 'kysely'
import type { ReclockCount } from '../../../contract/models/terms.ts'
import type { PurposeEntry, Span } from '../../../contract/models/retention.ts'
import type { AnyTransaction } from '../../platform/db/index.ts'
import type { PurposeName, Vault } from '../../vault/index.ts'
import { keepOf } from '../register/terms.ts'
import type { TermDb, TermTx } from '../terms/terms.ts'

/*
 * A shorter retention applies to what is already there; a longer one does not: callers were told the shorter one. Counted and
 * carried out in the database, by the same rule as `lastDayFor`.
 */

export type MovedTerm = { callId: string; purpose: string; segment: number; lastDay: string }
export type ReclockDeps = {
  db: TermDb
  vault: Pick<Vault, 'setLastDays'>
  /** The register in force. */
  entries: () => readonly PurposeEntry[]
  /** Tells the rooms that show last days. */
  moved: (tx: AnyTransaction, terms: MovedTerm[]) => Promise<void>
}

const batch = 2000

/** What a register would change of what is there now, by purpose and country. Days (UTC). */
export async function previewReclock(
  db: TermDb,
  entries: readonly PurposeEntry[],
  today: string,
): Promise<ReclockCount[]> {
  const { rows } = await sql<ReclockCount>`
    select purpose, country, count(*)::int as terms, count(*) filter (where shorter < last_day)::int as sooner,
      count(*) filter (where shorter < last_day and shorter < ${today}::date)::int as now
    from (${newDays(entries)}) as t
    group by purpose, country order by purpose, country nulls first`.execute(db)
  return rows
}

/** Moves the last days of everything the register in force keeps shorter. Idempotent; may stop anywhere. Returns how many. */
export async function reclock(deps: ReclockDeps): Promise<number> {
  for (let moved = 0; ;) {
    const done = await deps.db.transaction().execute((tx) => moveSome(deps, tx as TermTx))
    moved += done
    if (done < batch) return moved
  }
}

async function moveSome({ vault, entries, moved }: ReclockDeps, tx: TermTx): Promise<number> {
  const { rows } = await sql<MovedTerm & { renditionId: string | null; cardId: string }>`
    update term set last_day = n.shorter from (
      select call_id, purpose, segment, shorter from (${newDays(entries())}) as t where shorter < last_day limit ${batch}
    ) as n
    where (term.call_id, term.purpose, term.segment) = (n.call_id, n.purpose, n.segment) and term.state = 'live'
    returning term.call_id as "callId", term.purpose, term.segment, n.shorter::text as "lastDay",
      term.rendition_id as "renditionId", term.card_id as "cardId"`.execute(tx)
  if (rows.length === 0) return 0
  await vault.setLastDays(
    tx,
    rows.flatMap((r) => {
      const day = { purpose: r.purpose as PurposeName, expiresOn: new Date(r.lastDay) }
      const ids = r.renditionId ? [r.renditionId, r.cardId] : [r.cardId]
      return ids.map((renditionId) => ({ ...day, renditionId }))
    }),
  )
  await moved(tx, rows)
  return rows.length
}

/** Live terms with the last day that a register gives them: `shorter`. Purposes the register does not know are left out. */
function newDays(entries: readonly PurposeEntry[]): RawBuilder<unknown> {
  const rules = entries.flatMap((entry) => [
    { purpose: entry.key, country: null as string | null, span: keepOf(entry, null) },
    ...entry.countries.map(({ country }) => ({ purpose: entry.key, country, span: keepOf(entry, country) })),
  ])
  const began = sql`(t.started_at at time zone 'UTC')::date`
  return sql`
    select t.*, greatest(${began}, case when r.months is null then ${began} + greatest(0, r.days - 1)
      else (${began} + make_interval(months => r.months))::date - 1 end) as shorter
    from term t
    join lateral (
      select r.months, r.days from unnest(
        ${rules.map((r) => r.purpose)}::text[], ${rules.map((r) => r.country)}::text[],
        ${rules.map((r) => monthsOf(r.span))}::int[], ${rules.map((r) => daysOf(r.span))}::int[]
      ) as r (purpose, country, months, days)
      where r.purpose = t.purpose and (r.country = t.country or r.country is null)
      order by r.country is null limit 1
    ) r on true
    where t.state = 'live'`
}

const monthsOf = (span: Span): number | null => ('months' in span ? span.months : null)
const daysOf = (span: Span): number | null => ('days' in span ? span.days : null)
