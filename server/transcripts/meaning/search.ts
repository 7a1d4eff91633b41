import { sql } from 'kysely'
import type { SearchAsk, SearchHit } from '../../../contract/models/transcripts.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import { callLimits, turnLimits } from '../search/limits.ts'
import type { SearchDeps } from '../search/search.ts'
import type { Embedder } from './embedder.ts'
import { likeness, small } from './vectors.ts'

export type MeaningDeps = SearchDeps & {
  embedder: Embedder | null
  /** Redacted as everything that leaves for a model. */
  redactText: (text: string, language: string | undefined) => Promise<string>
}

/** So many of the nearest by signs are compared by their vectors, for each that is shown. */
const compared = 8

/** What is less than half as alike as the best is something else. */
const leastShare = 0.5

type Row = Omit<SearchHit, 'quote' | 'startedAt'> & { text: string; startedAt: Date; vector: Buffer }

/**
 * Turns that say something like the text, the most alike first: one page, of those that were read so far.
 * @throws Problem: `meaning_not_set_up` (409); of the embedder
 */
export async function searchMeaning(
  { db, today, embedder, redactText }: MeaningDeps,
  actor: Actor,
  ask: SearchAsk,
): Promise<{ items: SearchHit[]; next: null }> {
  if (!embedder)
    throw new Problem(
      'meaning_not_set_up',
      409,
      'No model of embeddings is named (speech.meaning): search by words instead.',
    )
  const read = await redactText(ask.text, ask.language)
  // somebody waits for it
  const hurry = { retries: 0, timeoutMs: 10_000 }
  const [query = []] = await embedder.embed([read], new AbortController().signal, hurry)
  const calls = [sql`t.meant_by = ${embedder.model}`, ...callLimits(actor, ask, today())]
  const turns = [
    sql`length(s.signs) = ${query.length}`,
    ...(ask.language ? [sql`s.language = ${ask.language}`] : []),
    ...turnLimits(ask),
  ]
  const { rows } = await sql<Row>`
    with wanted as materialized (select t.call_id from transcript t where ${sql.join(calls, sql` and `)}),
    near as materialized (
      select s.call_id, s.idx from transcript_meaning s join wanted using (call_id) where ${sql.join(turns, sql` and `)}
      order by bit_count(s.signs # ${small(query).signs}::bit varying) limit ${ask.limit * compared}
    )
    select s.call_id as "callId", s.idx as "index", s.leg, s.role, s.from_ms as "fromMs", s.to_ms as "toMs", s.language, s.text,
      t.started_at as "startedAt", t.agent_id as "agentId", t.queue, v.vector
    from near join transcript_turn s using (call_id, idx) join transcript t using (call_id)
      join transcript_vector v using (call_id, idx)`.execute(db)
  const ranked = rows
    .map(({ vector, ...row }) => ({ row, likeness: likeness(query, vector) }))
    .toSorted((a, b) => b.likeness - a.likeness)
  const least = (ranked[0]?.likeness ?? 0) * leastShare
  const alike = ranked.filter(({ likeness: its }) => its > 0 && its >= least)
  return { items: alike.slice(0, ask.limit).map(({ row }) => hitOf(row)), next: null }
}

const hitOf = ({ text, startedAt, ...row }: Omit<Row, 'vector'>): SearchHit => ({
  ...row,
  startedAt: startedAt.toISOString(),
  quote: [{ text, found: false }],
})
