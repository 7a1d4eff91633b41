import { sql } from 'kysely'
import type { Enqueue } from '../../platform/jobs/index.ts'
import { isProblem } from '../../platform/problem.ts'
import type { TranscriptJobs } from '../jobs.ts'
import type { TranscriptDb, TranscriptTables, TranscriptTx } from '../store.ts'
import type { Embedder } from './embedder.ts'
import { small } from './vectors.ts'

/** A job makes room after so long. */
const sliceMs = 20_000
/** Shorter turns mean nothing by themselves. */
const leastWords = 3
/** Characters; models of embeddings read some hundred words at most, and servers refuse more. */
const mostRead = 1200
/** A server that refuses so many transcripts refuses all. */
const mostRefused = 3

/** What of a turn is read for its meaning: without marks; null when too little is left. */
export function meant(text: string): string | null {
  const words = text
    .replaceAll(/\[[A-Z_]+\]/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
  return words.length < leastWords ? null : words.join(' ').slice(0, mostRead)
}

/** Has finished transcripts read that no model has read yet. */
export const enqueueReading = (enqueue: Enqueue<TranscriptJobs>, tx: TranscriptDb): Promise<void> =>
  enqueue(tx, 'understand', {}, { key: 'understand', queue: 'understand' })

/** Another model reads everything again: vectors of two models cannot be compared. */
export async function forgetOthers(db: TranscriptDb, model: string): Promise<void> {
  await db.updateTable('transcript').set({ meant_by: null }).where('meant_by', '<>', model).execute()
}

/** How many finished transcripts there are, and how many of them were read. */
export async function countRead(db: TranscriptDb): Promise<{ read: number; all: number }> {
  const { rows } = await sql<{ read: number; all: number }>`
    select count(meant_by)::int as read, count(*)::int as all from transcript where state = 'done'`.execute(db)
  return rows[0]!
}

export type ReadDeps = {
  db: TranscriptDb
  enqueue: Enqueue<TranscriptJobs>
  embedder: Embedder
  /** Turns sent at once. */
  batch: number
}

/**
 * Reads transcripts, the newest first, for a while. One whose text the server refuses keeps no other waiting: it is tried again the next
 * time.
 * @throws Problem of the embedder
 */
export async function readMeanings(deps: ReadDeps, signal: AbortSignal): Promise<void> {
  const began = performance.now()
  const refused: string[] = []
  for (;;) {
    const next = await nextUnread(deps.db, refused)
    if (!next) return
    if (performance.now() - began > sliceMs) return enqueueReading(deps.enqueue, deps.db)
    try {
      await readOne(deps, next, signal)
    } catch (e) {
      if (!isProblem(e) || e.code !== 'meaning_refused') throw e
      refused.push(next.callId)
      if (refused.length === mostRefused) throw e
    }
  }
}

type Unread = { callId: string; madeAt: Date | null }

async function nextUnread(db: TranscriptDb, but: readonly string[]): Promise<Unread | undefined> {
  return db
    .selectFrom('transcript')
    .select(['call_id as callId', 'made_at as madeAt'])
    .where('state', '=', 'done')
    .where('meant_by', 'is', null)
    .$if(but.length > 0, (query) => query.where('call_id', 'not in', but))
    .orderBy('call_id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

async function readOne(
  { db, embedder, batch }: ReadDeps,
  { callId, madeAt }: Unread,
  signal: AbortSignal,
): Promise<void> {
  const turns = await db
    .selectFrom('transcript_turn')
    .select(['idx', 'role', 'language', 'text'])
    .where('call_id', '=', callId)
    .orderBy('idx')
    .execute()
  const said = turns.flatMap(({ text, ...turn }) => {
    const read = meant(text)
    return read === null ? [] : [{ ...turn, read }]
  })
  const rows: MeaningRow[] = []
  for (let from = 0; from < said.length; from += batch) {
    const part = said.slice(from, from + batch)
    const vectors = await embedder.embed(
      part.map(({ read }) => read),
      signal,
    )
    for (const [i, { idx, role, language }] of part.entries()) {
      const { signs, bytes: vector } = small(vectors[i]!)
      rows.push({ call_id: callId, idx, role, language, signs, vector })
    }
  }
  await db.transaction().execute(async (tx) => {
    const row = await tx
      .selectFrom('transcript')
      .select('made_at')
      .where('call_id', '=', callId)
      .where('state', '=', 'done')
      .forUpdate()
      .executeTakeFirst()
    // It ended meanwhile, or was written down anew: then it is read again.
    if (row?.made_at?.getTime() !== madeAt?.getTime()) return
    await keep(tx, callId, rows)
    await tx.updateTable('transcript').set({ meant_by: embedder.model }).where('call_id', '=', callId).execute()
  })
}

type MeaningRow = TranscriptTables['transcript_meaning'] & TranscriptTables['transcript_vector']

/** Rows of one statement. */
const atOnce = 200

async function keep(tx: TranscriptTx, callId: string, rows: readonly MeaningRow[]): Promise<void> {
  await tx.deleteFrom('transcript_meaning').where('call_id', '=', callId).execute()
  for (let from = 0; from < rows.length; from += atOnce) {
    const part = rows.slice(from, from + atOnce)
    const signs = part.map((r) => sql`(${r.call_id}, ${r.idx}, ${r.role}, ${r.language}, ${r.signs}::bit varying)`)
    await sql`insert into transcript_meaning (call_id, idx, role, language, signs) values ${sql.join(signs)}`.execute(
      tx,
    )
    const vectors = part.map(({ call_id, idx, vector }) => ({ call_id, idx, vector }))
    await tx.insertInto('transcript_vector').values(vectors).execute()
  }
}
