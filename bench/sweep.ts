import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { sql } from 'kysely'
import { eraseLapsed } from '../server/capture/calls/erase.ts'
import { createEvents } from '../server/evidence/index.ts'
import { manualClock } from '../server/platform/clock.ts'
import { type AnyDatabase, migrate, openDatabase } from '../server/platform/db/index.ts'
import { newId } from '../server/platform/ids.ts'
import { silentLog } from '../server/platform/log.ts'
import { localObjects } from '../server/platform/objects/index.ts'
import { createLapse } from '../server/retention/lapse/lapse.ts'
import { createSweep } from '../server/retention/lapse/sweep.ts'
import { createVault, fileEpochKeys } from '../server/vault/index.ts'
import type { Finding } from './report.ts'

const DAY = 86_400_000
const startMs = Date.UTC(2026, 0, 5)

/**
 * A night in which a great many terms end: `terms` calls whose training ends while their evidence goes on. Each has a rendition and
 * a wrap of its card to destroy, rows in every room to change and an entry in the log.
 */
export async function benchSweep({ quick }: { quick: boolean }): Promise<Finding> {
  const steps = quick ? [2_000] : [100_000, 1_000_000]
  const rows: (string | number)[][] = []
  for (const terms of steps) rows.push(await night(terms))
  return {
    table: {
      columns: ['terms', 'seconds', 'terms/s', 'left due', 'keys left', 'keystore kB', 'log entries'],
      rows,
    },
    notes: [
      'Keys, wraps, rows of all rooms and log entries; real database and keystore. The renditions have no files here: deleting files is the operating system’s time, and comes after the keys are gone.',
      'Wrapped keys are random bytes: nothing unwraps them in a sweep.',
    ],
  }
}

async function night(terms: number): Promise<(string | number)[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'verbale-sweep-'))
  const database = await openDatabase({ dataDir })
  try {
    await migrate(database.db)
    return await over(database.db, dataDir, terms)
  } finally {
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function over(db: AnyDatabase, dataDir: string, terms: number): Promise<(string | number)[]> {
  const clock = manualClock(startMs)
  const keys = localObjects(join(dataDir, 'keystore'))
  const vault = await createVault({
    db,
    objects: localObjects(join(dataDir, 'objects')),
    keys,
    epochKeys: fileEpochKeys([localObjects(join(dataDir, 'epoch'))]),
    clock,
    log: silentLog,
  })
  try {
    await prepare(db, terms, (tx) =>
      vault.createRendition(tx, {
        id: newId(),
        callId: newId(),
        format: 'lanes',
        purpose: 'training',
        wraps: [{ purpose: 'training', expiresOn: new Date(startMs) }],
      }),
    )
    const evidence = createEvents({ db, vault, clock })
    const append = (tx: AnyDatabase, entries: Parameters<typeof evidence.appendAll>[1]) =>
      evidence.appendAll(tx as never, entries)
    const lapse = createLapse({
      db,
      vault,
      clock,
      erasers: () => [{ room: 'capture', erase: eraseLapsed }],
      endWorkingCopies: async () => {},
      log: append,
    })
    const sweep = createSweep({
      db,
      clock,
      log: silentLog,
      lapse,
      vault,
      append,
      alsoEnd: async () => {},
      endWorkingCopies: async () => {},
    })
    await sweep.sweep()
    clock.advance(DAY)
    const began = performance.now()
    const { ended } = await sweep.sweep()
    const seconds = (performance.now() - began) / 1000
    const left = await count(
      db,
      sql`select count(*)::int as n from term where state <> 'ended' and purpose = 'training'`,
    )
    const wraps = await count(
      db,
      sql`select count(*)::int as n from key_wrap where purpose = 'training' and rendition_id in (select rendition_id from term)`,
    )
    const logged = await count(db, sql`select count(*)::int as n from evidence_event`)
    const file = await keys.open('keystore')
    const size = await file.size()
    await file.close()
    return [ended, seconds, ended / seconds, left, wraps, size / 1000, logged]
  } finally {
    await vault.stop()
  }
}

const count = async (db: AnyDatabase, query: ReturnType<typeof sql>): Promise<number> =>
  ((await query.execute(db)).rows[0] as { n: number }).n

/** Rows as if `terms` calls had been recorded; `first` makes the purpose's key tree. */
async function prepare(db: AnyDatabase, terms: number, first: (tx: never) => Promise<unknown>): Promise<void> {
  await db.transaction().execute((tx) => first(tx as never))
  const { rows } = await sql<{ id: string }>`select id from bucket where purpose = 'training'`.execute(db)
  const bucket = rows[0]?.id ?? ''
  const at = new Date(startMs)
  const later = new Date(startMs + 1000 * DAY)
  // Time-ordered, as `newId` makes them: where rows lie on the disk is part of what is measured.
  await sql`create temporary table made as
    select uuidv7() as call_id, uuidv7() as card, uuidv7() as training, i from generate_series(1, ${terms}) i`.execute(
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
