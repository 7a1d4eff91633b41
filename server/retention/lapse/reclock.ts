import { type RawBuilder, sql } from 'kysely'
import type { ReclockCount } from '../../../contract/models/terms.ts'
import type { PurposeEntry, Span } from '../../../contract/models/retention.ts'
import type { AnyTransaction } from '../../platform/db/index.ts'
import type { Vault } from '../../vault/index.ts'
import { audioOf, keepOf } from '../register/terms.ts'
import type { TermDb, TermTx } from '../terms/terms.ts'

/*
 * A shorter retention applies to what is already there; a longer one does not: callers were told the shorter one. Counted and
 * carried out in the database, by the same rule as `lastDayFor`.
 */

/** `audioLastDay`: the last day of the rendition, never after `lastDay`. */
export type MovedTerm = { callId: string; purpose: string; segment: number; lastDay: string; audioLastDay: string }
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
      count(*) filter (where shorter < last_day and shorter < ${today}::date)::int as now,
      count(*) filter (where audio_shorter < audio_day)::int as "audioSooner",
      count(*) filter (where audio_shorter < audio_day and audio_shorter < ${today}::date)::int as "audioNow"
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
    update term set last_day = least(term.last_day, n.shorter),
      audio_last_day = case when n.audio_day is null then term.audio_last_day
        else nullif(least(n.audio_day, n.audio_shorter), least(term.last_day, n.shorter)) end
    from (
      select call_id, purpose, segment, shorter, audio_day, audio_shorter from (${newDays(entries())}) as t
      where shorter < last_day or audio_shorter < audio_day limit ${batch}
    ) as n
    where (term.call_id, term.purpose, term.segment) = (n.call_id, n.purpose, n.segment) and term.state = 'live'
    returning term.call_id as "callId", term.purpose, term.segment, term.last_day::text as "lastDay",
      coalesce(term.audio_last_day, term.last_day)::text as "audioLastDay", term.rendition_id as "renditionId", term.card_id as "cardId"`.execute(
    tx,
  )
  if (rows.length === 0) return 0
  await vault.setLastDays(
    tx,
    rows.flatMap((r) => {
      const card = { renditionId: r.cardId, purpose: r.purpose, expiresOn: new Date(r.lastDay) }
      const audio = { purpose: r.purpose, expiresOn: new Date(r.audioLastDay) }
      return r.renditionId ? [{ ...audio, renditionId: r.renditionId }, card] : [card]
    }),
  )
  await moved(tx, rows)
  return rows.length
}

/**
 * Live terms with the last days that a register gives them: `shorter`, and of audio that is still there `audio_shorter` beside today's
 * `audio_day`. Purposes the register does not know are left out.
 */
function newDays(entries: readonly PurposeEntry[]): RawBuilder<unknown> {
  const rules = entries.flatMap((entry) =>
    [null, ...entry.countries.map(({ country }) => country)].map((country) => ({
      purpose: entry.key,
      country,
      span: keepOf(entry, country),
      audio: audioOf(entry, country),
    })),
  )
  const began = sql`(t.started_at at time zone 'UTC')::date`
  const after = (months: RawBuilder<unknown>, days: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    greatest(${began}, case when ${months} is null then ${began} + greatest(0, ${days} - 1)
      else (${began} + make_interval(months => ${months}))::date - 1 end)`
  const shorter = after(sql`r.months`, sql`r.days`)
  const keepsAudio = sql`t.rendition_id is not null and t.audio_ended_at is null`
  return sql`
    select t.*, ${shorter} as shorter,
      case when ${keepsAudio} then coalesce(t.audio_last_day, t.last_day) end as audio_day,
      case when ${keepsAudio} then least(${shorter}, ${after(sql`r.audio_months`, sql`r.audio_days`)}) end as audio_shorter
    from term t
    join lateral (
      select r.months, r.days, r.audio_months, r.audio_days from unnest(
        ${rules.map((r) => r.purpose)}::text[], ${rules.map((r) => r.country)}::text[],
        ${rules.map((r) => monthsOf(r.span))}::int[], ${rules.map((r) => daysOf(r.span))}::int[],
        ${rules.map((r) => monthsOf(r.audio))}::int[], ${rules.map((r) => daysOf(r.audio))}::int[]
      ) as r (purpose, country, months, days, audio_months, audio_days)
      where r.purpose = t.purpose and (r.country = t.country or r.country is null)
      order by r.country is null limit 1
    ) r on true
    where t.state = 'live'`
}

const monthsOf = (span: Span): number | null => ('months' in span ? span.months : null)
const daysOf = (span: Span): number | null => ('days' in span ? span.days : null)
