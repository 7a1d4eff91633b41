import { sql } from 'kysely'
import type { AnyDatabase } from '../../server/platform/db/index.ts'

export const DAY = 86_400_000
export const startMs = Date.UTC(2026, 0, 5)

/**
 * Rows as if `calls` calls had been recorded, kept for training until the first day and for evidence for years. `first` makes the
 * key tree of training.
 */
export async function keepCalls(db: AnyDatabase, calls: number, first: (tx: never) => Promise<unknown>): Promise<void> {
  await db.transaction().execute((tx) => first(tx as never))
  const { rows } = await sql<{ id: string }>`select id from bucket where purpose = 'training'`.execute(db)
  const bucket = rows[0]?.id ?? ''
  const at = new Date(startMs)
  const later = new Date(startMs + 1000 * DAY)
  // Time-ordered, as `newId` makes them: where rows lie on the disk is part of what is measured.
  await sql`create temporary table made as
    select uuidv7() as call_id, uuidv7() as card, uuidv7() as training, i from generate_series(1, ${calls}) i`.execute(
    db,
  )
  await sql`insert into call (id, state, protocol, session_index, started_at, decision, gaps_provable, card_id)
    select call_id, 'sealed', 'siprec', '', ${at}::timestamptz, '{"purposes":["training","evidence"]}', true, card from made`.execute(
    db,
  )
  await sql`insert into call_rendition (call_id, purpose, rendition_id, format, state, expires_on)
    select call_id, 'training', training, 'lanes', 'sealed', ${at}::timestamptz from made`.execute(db)
  for (const [column, format] of [
    ['card', 'card'],
    ['training', 'lanes'],
  ] as const)
    await sql`insert into rendition (id, call_id, format, purpose, state, created_at)
      select ${sql.ref(column)}, call_id, ${format}::text, ${column}::text, 'sealed', ${at}::timestamptz from made`.execute(
      db,
    )
  await sql`insert into key_wrap (rendition_id, purpose, bucket, leaf, wrapped, expires_on)
    select training, 'training', ${bucket}::text, i * 2, decode(repeat('00', 60), 'hex'), ${at}::timestamptz from made`.execute(
    db,
  )
  await sql`insert into key_wrap (rendition_id, purpose, bucket, leaf, wrapped, expires_on)
    select card, 'training', ${bucket}::text, i * 2 + 1, decode(repeat('00', 60), 'hex'), ${at}::timestamptz from made`.execute(
    db,
  )
  // The card stays open for evidence, under keys that this night does not touch.
  await sql`insert into bucket (id, purpose, created_at) values ('evidence/2030-W01', 'evidence', ${at}::timestamptz)`.execute(
    db,
  )
  await sql`insert into key_wrap (rendition_id, purpose, bucket, leaf, wrapped, expires_on)
    select card, 'evidence', 'evidence/2030-W01', i, decode(repeat('00', 60), 'hex'), ${later}::timestamptz from made`.execute(
    db,
  )
  await sql`insert into term (call_id, purpose, rendition_id, card_id, started_at, last_day, state)
    select call_id, 'training', training, card, ${at}::timestamptz, ${at}::timestamptz, 'live' from made
    union all select call_id, 'evidence', null, card, ${at}::timestamptz, ${later}::timestamptz, 'live' from made`.execute(
    db,
  )
  await sql`analyze`.execute(db)
}
