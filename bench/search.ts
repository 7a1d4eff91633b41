import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { sql } from 'kysely'
import { SearchAsk } from '../contract/models/transcripts.ts'
import { type AnyDatabase, migrate, openDatabase } from '../server/platform/db/index.ts'
import type { Actor } from '../server/platform/http/handlers.ts'
import type { Embedder } from '../server/transcripts/meaning/embedder.ts'
import { searchMeaning } from '../server/transcripts/meaning/search.ts'
import { search } from '../server/transcripts/search/search.ts'
import type { Finding } from './report.ts'

const turnsPerCall = 40
const rounds = 20

/** Searches over a great many turns, each in Italian, French or English, with words as rare and as common as words are (Zipf). */
export async function benchSearch({ quick }: { quick: boolean }): Promise<Finding> {
  const turns = quick ? 20_000 : 1_000_000
  const dataDir = mkdtempSync(join(tmpdir(), 'verbale-search-'))
  const database = await openDatabase({ dataDir })
  try {
    await migrate(database.db)
    await fill(database.db, turns)
    const rows: (string | number)[][] = []
    for (const [name, ask] of Object.entries(asks)) rows.push([name, ...(await measure(database.db, ask))])
    await fillMeanings(database.db)
    for (const [name, ask] of Object.entries(byMeaning)) rows.push([name, ...(await measure(database.db, ask))])
    return {
      table: { columns: ['search', 'turns found (first page)', 'p50 ms', 'p95 ms'], rows },
      notes: [
        `${turns} turns of ${turns / turnsPerCall} calls; first page of 50, and the page behind it, with quotes, reach and purpose checked; ${rounds} different words each.`,
      ],
    }
  } finally {
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** `n`: which of the words of that rank is asked for. */
const asks: Record<string, (n: number) => Partial<SearchAsk>> = {
  'rare word': (n) => ({ text: `parola${15_000 + n * 37}` }),
  'common word': (n) => ({ text: `parola${2 + n}` }),
  'two words': (n) => ({ text: `parola${20 + n} parola${60 + n}` }),
  phrase: (n) => ({ text: `"parola${3 + n} parola${1 + n}"` }),
  'near, common': (n) => ({ text: `parola${5 + n} NEAR/5 parola${9 + n}` }),
  'one or the other': (n) => ({ text: `parola${100 + n} OR parola${5000 + n}` }),
  'common, not another': (n) => ({ text: `parola${4 + n} -parola${7 + n}` }),
  'by the agent, in a week': (n) => ({
    text: `parola${30 + n}`,
    speaker: 'agent',
    from: '2026-03-02T00:00:00.000Z',
    to: '2026-03-09T00:00:00.000Z',
  }),
  'in one queue of many': (n) => ({ text: `parola${30 + n}`, queue: `Coda ${n}` }),
  nothing: (n) => ({ text: `assente${n}` }),
}

const byMeaning: Record<string, (n: number) => Partial<SearchAsk>> = {
  'by meaning': (n) => ({ by: 'meaning', text: `frase ${n}` }),
  'by meaning, by the agent, in a week': (n) => ({
    by: 'meaning',
    text: `frase ${n}`,
    speaker: 'agent',
    from: '2026-03-02T00:00:00.000Z',
    to: '2026-03-09T00:00:00.000Z',
  }),
}

/** Numbers of a vector, as of a small multilingual model. */
const dimensions = 384

/** Answers at once: what is measured is the search, and not the model. */
const embedder: Embedder = {
  model: 'bench',
  host: 'bench',
  embed: async (texts) =>
    texts.map((text) => Array.from({ length: dimensions }, (_, i) => Math.sin((text.length + 1) * (i + 1) * 12.9898))),
}

const analyst = { personId: null, role: 'analyst', teamIds: [] } as unknown as Actor

async function measure(db: AnyDatabase, ask: (n: number) => Partial<SearchAsk>): Promise<(string | number)[]> {
  const times: number[] = []
  let found = 0
  for (let n = -3; n < rounds; n++) {
    const asked = SearchAsk.parse({ purpose: 'analytics', ...ask(Math.max(n, 0)) })
    for (let page = 0, after: string | null = null; page < 2; page++) {
      const began = performance.now()
      const deps = { db, today: () => '2026-11-27', embedder, redactText: async (text: string) => text }
      const look = asked.by === 'meaning' ? searchMeaning : search
      const result: Awaited<ReturnType<typeof search>> = await look(deps, analyst, after ? { ...asked, after } : asked)
      if (n >= 0) times.push(performance.now() - began)
      if (n >= 0 && page === 0) found += result.items.length
      if (!(after = result.next)) break
    }
  }
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0
  return [Math.round(found / rounds), at(0.5), at(0.95)]
}

async function fill(db: AnyDatabase, turns: number): Promise<void> {
  const calls = turns / turnsPerCall
  await sql`insert into transcript (call_id, state, asked_at, language, started_at, duration_ms, queue, direction)
    select uuidv7(), 'done', now(), (array['it','fr','en'])[1 + i % 3], '2026-01-01'::timestamptz + i * (interval '330 days' / ${calls}::int),
      120000 + random() * 600000, 'Coda ' || i % 40, 'inbound' from generate_series(1, ${calls}::int) i`.execute(db)
  await sql`insert into transcript_purpose select call_id, 'analytics', '2027-06-01' from transcript`.execute(db)
  // Twelve words a turn; the rank of each as 1/x: a few everywhere, most of them hardly ever.
  await sql`insert into transcript_turn (call_id, idx, leg, role, from_ms, to_ms, language, text, words, marks, made_by, search)
    select call_id, idx, idx % 2, (array['agent','customer'])[1 + idx % 2], idx * 4000, idx * 4000 + 3900, language, text, '[]', '[]', 'engine',
      to_tsvector(case language when 'it' then 'italian' when 'fr' then 'french' else 'english' end::regconfig, text)
    from (
      select t.call_id, t.language, g.idx,
        (select string_agg('parola' || floor(exp(random() * ln(20000)))::int, ' ') from generate_series(1, 12 + g.idx * 0)) as text
      from transcript t cross join generate_series(0, ${turnsPerCall - 1}::int) as g(idx)
    ) as said`.execute(db)
  await sql`vacuum analyze`.execute(db)
}

/** A vector for each turn, as random as the words are. */
async function fillMeanings(db: AnyDatabase): Promise<void> {
  const bytes = sql`(select substring(string_agg(sha256(convert_to(s.call_id::text || s.idx || n, 'UTF8')), ''::bytea) from 1 for ${dimensions}::int)
    from generate_series(1, ${Math.ceil(dimensions / 32)}::int) n)`
  await sql`insert into transcript_meaning (call_id, idx, role, language, signs)
    select s.call_id, s.idx, s.role, s.language, ('x' || encode(substring(${bytes} from 1 for ${dimensions / 8}::int), 'hex'))::bit varying
    from transcript_turn s`.execute(db)
  await sql`insert into transcript_vector select s.call_id, s.idx, ${bytes} from transcript_turn s`.execute(db)
  await sql`update transcript set meant_by = 'bench'`.execute(db)
  await sql`vacuum analyze transcript, transcript_meaning, transcript_vector`.execute(db)
}
