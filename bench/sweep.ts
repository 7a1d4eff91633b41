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
import { DAY, keepCalls, startMs } from './kit/kept-calls.ts'
import type { Finding } from './report.ts'

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
    await keepCalls(db, terms, (tx) =>
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
