import { type RawBuilder, sql } from 'kysely'
import type { SearchAsk, SearchHit } from '../../../contract/models/transcripts.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import type { TranscriptDb } from '../store.ts'
import { callLimits, turnLimits } from './limits.ts'
import { parseQuery, type Query } from './query.ts'
import { dictionaryOf, searchLanguages, tsquery } from './tsquery.ts'

export type SearchDeps = {
  db: TranscriptDb
  /** Today, by the clock of retention: days after a purpose's last are over. */
  today: () => string
}

type Row = Omit<SearchHit, 'quote' | 'startedAt'> & { headline: string; startedAt: Date }

// Signs that no text holds, around what was found.
const [from, to] = ['\u0001', '\u0002']

/**
 * One page of turns that match, newest call first. A page begins where the last one ended, by call and turn: calls that arrive
 * meanwhile change no page. Throws Problem as `parseQuery`, `search_page_unknown` (400).
 */
export async function search(
  { db, today }: SearchDeps,
  actor: Actor,
  ask: SearchAsk,
): Promise<{ items: SearchHit[]; next: string | null }> {
  const query = parseQuery(ask.text)
  const wanted = sql.join(
    [
      matches(query, ask.language),
      ...callLimits(actor, ask, today()),
      ...turnLimits(ask),
      ...(ask.after ? [behind(ask.after)] : []),
    ],
    sql` and `,
  )
  const { rows } = await sql<Row>`
    select page.*, ts_headline(
      case page.language ${sql.join(
        searchLanguages.map((l) => sql`when ${l} then ${dictionaryOf(l)}::regconfig`),
        sql` `,
      )} else 'simple'::regconfig end,
      translate(page.text, '\u2019\u02bc', ''''''), ${headlineQuery(query)},
      ${`StartSel=${from}, StopSel=${to}, MaxFragments=2, MinWords=8, MaxWords=24, FragmentDelimiter= … `}) as headline
    from (
      select s.call_id as "callId", s.idx as "index", s.leg, s.role, s.from_ms as "fromMs", s.to_ms as "toMs", s.language, s.text,
        t.started_at as "startedAt", t.agent_id as "agentId", t.queue
      from transcript_turn s join transcript t on t.call_id = s.call_id
      where ${wanted}
      order by s.call_id desc, s.idx limit ${ask.limit + 1}
    ) as page
    order by page."callId" desc, page."index"`.execute(db)
  const shown = rows.slice(0, ask.limit)
  const last = shown.at(-1)
  return {
    items: shown.map(hitOf),
    next: rows.length > ask.limit && last ? `${last.callId}:${last.index}` : null,
  }
}

/** Turns are compared in their own language: the same letters are other words in another. */
function matches(query: Query, language: string | undefined): RawBuilder<unknown> {
  const languages = language ? [language] : searchLanguages
  const each = languages.map((of) => sql`(s.language = ${of} and s.search @@ ${tsquery(query, of)})`)
  return sql`(${sql.join(each, sql` or `)})`
}

const headlineQuery = (query: Query): RawBuilder<unknown> =>
  sql`case page.language ${sql.join(
    searchLanguages.map((of) => sql`when ${of} then ${tsquery(query, of)}`),
    sql` `,
  )} else ${tsquery(query, 'simple')} end`

function behind(after: string): RawBuilder<unknown> {
  const [, callId, index] = /^([0-9a-f-]{36}):(\d{1,9})$/.exec(after) ?? []
  if (!callId) throw new Problem('search_page_unknown', 400, 'There is no such page: search again.')
  return sql`(s.call_id <= ${callId}::uuid and (s.call_id < ${callId}::uuid or s.idx > ${Number(index)}))`
}

/** The quote in parts: what was found, and what stands around it. */
function hitOf({ headline, startedAt, ...row }: Row): SearchHit {
  const quote = headline.split(new RegExp(`(${from}[^${to}]*${to})`)).flatMap((part) => {
    if (part === '') return []
    return part.startsWith(from) ? [{ text: part.slice(1, -1), found: true }] : [{ text: part, found: false }]
  })
  const { callId, index, leg, role, fromMs, toMs, language, agentId, queue } = row
  return { callId, index, leg, role, fromMs, toMs, language, agentId, queue, startedAt: startedAt.toISOString(), quote }
}
