import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { manualClock } from '../server/platform/clock.ts'
import { type AnyDatabase, migrate, openDatabase } from '../server/platform/db/index.ts'
import { newId } from '../server/platform/ids.ts'
import { silentLog } from '../server/platform/log.ts'
import { localObjects } from '../server/platform/objects/index.ts'
import { createHolds } from '../server/retention/holds/holds.ts'
import { createVault, fileEpochKeys, type Vault } from '../server/vault/index.ts'
import { DAY, keepCalls, startMs } from './kit/kept-calls.ts'
import type { Finding } from './report.ts'

const reason = 'inchiesta dell’autorità di controllo'

/** A legal hold over a great many calls, while others begin: how long it takes, and how long one that begins waits for it. */
export async function benchHolds({ quick }: { quick: boolean }): Promise<Finding> {
  const rows: (string | number)[][] = []
  for (const calls of quick ? [2_000] : [100_000, 1_000_000]) rows.push(await measure(calls))
  return {
    table: {
      columns: ['calls', 'placed in s', 'held', 'longest wait, ms', 'released in s', 'longest wait, ms'],
      rows,
    },
    notes: [
      'Two renditions a call. Every 50 ms a new call makes its first rendition meanwhile: its longest wait is what a caller’s recording has to be held in memory for.',
    ],
  }
}

async function measure(calls: number): Promise<(string | number)[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'verbale-holds-'))
  const database = await openDatabase({ dataDir })
  const clock = manualClock(startMs)
  await migrate(database.db)
  const vault = await createVault({
    db: database.db,
    objects: localObjects(join(dataDir, 'objects')),
    keys: localObjects(join(dataDir, 'keystore')),
    epochKeys: fileEpochKeys([localObjects(join(dataDir, 'epoch'))]),
    clock,
    log: silentLog,
  })
  try {
    const db: AnyDatabase = database.db
    await keepCalls(db, calls, (tx) => begin(vault, tx, startMs))
    const holds = createHolds({ db, vault, box: vault.box, clock, log: async () => {}, released: async () => {} })
    const rows = await db.selectFrom('call').select('id').execute()
    const callIds = rows.map(({ id }) => id as string)
    const by = { reason, reference: '', personId: newId() }
    const placing = await beside(db, vault, () => holds.place({ kind: 'calls', callIds }, by))
    const [placed] = await holds.list()
    const releasing = await beside(db, vault, async () => {
      await holds.askRelease(placing.result, reason, newId())
      await holds.release(placing.result, newId())
    })
    return [calls, placing.seconds, placed?.held ?? 0, placing.longestMs, releasing.seconds, releasing.longestMs]
  } finally {
    await vault.stop()
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The first rendition of a call that begins. */
const begin = (vault: Vault, tx: never, lastDayMs: number): Promise<unknown> =>
  vault.createRendition(tx, {
    id: newId(),
    callId: newId(),
    format: 'lanes',
    purpose: 'training',
    wraps: [{ purpose: 'training', expiresOn: new Date(lastDayMs) }],
  })

/** Does the work while calls begin. */
async function beside<T>(
  db: AnyDatabase,
  vault: Vault,
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; longestMs: number }> {
  let [done, longestMs] = [false, 0]
  const calls = (async () => {
    for (; !done; await sleep(50)) {
      const began = performance.now()
      await db.transaction().execute((tx) => begin(vault, tx as never, startMs + 30 * DAY))
      longestMs = Math.max(longestMs, performance.now() - began)
    }
  })()
  const began = performance.now()
  const result = await work()
  const seconds = (performance.now() - began) / 1000
  done = true
  await calls
  return { result, seconds, longestMs: Math.round(longestMs) }
}
