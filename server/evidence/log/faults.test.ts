import { readFile, rm, writeFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openCheckpoint, parseCheckpoint } from '../../../proof/checkpoint.ts'
import { rootOf, verifyConsistency } from '../../../proof/merkle.ts'
import { noteVerifier, parseVkey } from '../../../proof/note.ts'
import { verifyTlogProof } from '../../../proof/tlog-proof.ts'
import { byHand, type EvidenceHouse, evidenceHouse } from '../testkit/room.ts'
import type { Evidence } from '../index.ts'
import type { Step } from './integrate.ts'
import { storedNodes } from './tiles.ts'

let house: EvidenceHouse
beforeAll(async () => {
  house = await evidenceHouse()
})
afterAll(() => house.close())
beforeEach(() => house.clear())

/** Every signature ever stored, of every log: each begins the next one, and is what the tiles make. */
async function requireOneHistory(): Promise<void> {
  for (const log of await house.db.selectFrom('log').selectAll().execute()) {
    const verifier = noteVerifier(parseVkey(log.vkey))
    const notes = await house.db
      .selectFrom('checkpoint')
      .selectAll()
      .where('origin', '=', log.origin)
      .orderBy('size')
      .execute()
    const states = notes.map(({ text }) => openCheckpoint(text, [verifier]).checkpoint)
    for (const state of states)
      expect((await rootOf(storedNodes(house.db, log.id, state.size), state.size)).equals(state.root)).toBe(true)
  }
}

/** Every event is exactly once in a log, and the log holds nothing else. */
async function requireAllOnce(evidence: Evidence, ids: string[]): Promise<void> {
  expect(await evidence.check()).toBeNull()
  const leaves = await house.db.selectFrom('log_leaf').select(['log_id', 'leaf_index', 'event_id']).execute()
  for (const id of ids) expect(leaves.filter((leaf) => leaf.event_id === id)).toHaveLength(1)
  const logs = await house.db.selectFrom('log').select(['id', 'size']).execute()
  for (const { id, size } of logs)
    expect(
      leaves
        .filter((leaf) => leaf.log_id === id)
        .map((leaf) => leaf.leaf_index)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: size }, (_, k) => k))
  await requireOneHistory()
}

const guardText = () => readFile(house.guardFile, 'utf8')

/** A log of five signed events. */
async function signedLog(): Promise<{ evidence: Evidence; ids: string[] }> {
  const evidence = house.open()
  const ids = await house.append(evidence, 5)
  await evidence.drain()
  return { evidence, ids }
}

describe('a process dies between two steps', () => {
  const steps: Step[] = ['taken', 'leaves', 'tiles', 'state', 'integrated', 'guarded', 'signed', 'stored', 'published']
  test.each(steps)('after "%s"', async (step) => {
    const { ids } = await signedLog()
    let armed = true
    const dying = house.open({
      reached(at) {
        if (armed && at === step) throw new Error('killed')
      },
    })
    ids.push(...(await house.append(dying, 300)))
    await expect(dying.drain()).rejects.toThrow('killed')
    const next = house.open()
    ids.push(...(await house.append(next, 2)))
    await next.drain()
    expect(await next.status()).toMatchObject({ size: 308, queued: 0, alarm: null, checkpoint: { size: 308 } })
    await requireAllOnce(next, ids)
    // The one that was only interrupted goes on as well.
    armed = false
    ids.push(...(await house.append(dying, 1)))
    await dying.drain()
    expect(await dying.status()).toMatchObject({ size: 309, alarm: null, checkpoint: { size: 309 } })
    await requireAllOnce(dying, ids)
  })

  test.each<Step>(['guarded', 'stored', 'state'])('in the first batch of all, after "%s"', async (step) => {
    const dying = house.open({
      reached(at) {
        if (at === step) throw new Error('killed')
      },
    })
    const ids = await house.append(dying, 3)
    await expect(dying.drain()).rejects.toThrow('killed')
    const next = house.open()
    await next.drain()
    expect(await next.status()).toMatchObject({ size: 4, alarm: null, checkpoint: { size: 4 } })
    await requireAllOnce(next, ids)
  })
})

describe('a database that is older than the guard', () => {
  test('raises the alarm and nothing is signed; a restart goes on elsewhere', async () => {
    const { evidence, ids } = await signedLog()
    const backup = await house.backUp()
    const lost = await house.append(evidence, 4)
    await evidence.drain()
    const signed = parseCheckpoint(await guardText())
    await backup.restore()

    const restored = house.open()
    const later = await house.append(restored, 2)
    await restored.drain()
    const before = await house.db.selectFrom('checkpoint').selectAll().execute()
    expect(await restored.status()).toMatchObject({
      size: 6,
      queued: 2,
      alarm: { code: 'log_shorter' },
      checkpoint: { size: 6 },
    })
    later.push(...(await house.append(restored, 1)))
    await restored.drain()
    expect(await house.db.selectFrom('checkpoint').selectAll().execute()).toEqual(before)
    expect(await restored.check()).toMatchObject({ code: 'log_shorter' })

    await restored.restart('restored from the backup of Monday', null)
    expect(await restored.status()).toMatchObject({
      name: '2026-2',
      size: 4,
      queued: 0,
      alarm: null,
      checkpoint: { size: 4 },
    })
    await requireAllOnce(restored, [...ids, ...later])
    for (const id of [...ids, ...later]) {
      const { vkey, proof, entry } = await restored.proofOf(id)
      verifyTlogProof(proof, Buffer.from(entry), { logs: [noteVerifier(parseVkey(vkey))] })
    }
    await expect(restored.proofOf(lost[0] ?? '')).rejects.toMatchObject({ code: 'event_unknown' })
    const first = await house.db
      .selectFrom('log_leaf')
      .innerJoin('evidence_event as e', 'e.id', 'event_id')
      .innerJoin('log', 'log.id', 'log_id')
      .select('opening')
      .where('name', '=', '2026-2')
      .where('leaf_index', '=', 0)
      .executeTakeFirstOrThrow()
    const opening = first.opening.toString('latin1')
    // behind a salt, which may hold any byte
    const { data } = JSON.parse(opening.slice(opening.indexOf('{"type"'))) as {
      data: { signed: object; found: object; alarm: string }
    }
    expect(data).toMatchObject({
      alarm: 'log_shorter',
      signed: { origin: 'log.example/2026', size: 10, root: signed.root.toString('base64') },
      found: { size: 6 },
    })
    await expect(restored.restart('once more', null)).rejects.toMatchObject({ code: 'log_sound' })
    expect(await house.open().check()).toBeNull()
  })

  test('is noticed while running, before anything is taken from the queue', async () => {
    const { evidence } = await signedLog()
    const backup = await house.backUp()
    await house.append(evidence, 4)
    await evidence.drain()
    await backup.restore()
    await house.append(evidence, 3)
    await evidence.drain()
    expect(await evidence.status()).toMatchObject({ size: 6, queued: 3, alarm: { code: 'log_shorter' } })
  })

  test('even when it has grown past the guard again', async () => {
    const { evidence } = await signedLog()
    const backup = await house.backUp()
    await house.append(evidence, 2)
    await evidence.drain()
    const guard = await guardText()
    await backup.restore()
    await rm(house.guardFile)
    await house.db.deleteFrom('checkpoint').execute()
    const other = house.open()
    await house.append(other, 9)
    await other.drain()
    await writeFile(house.guardFile, guard)
    expect(await house.open().check()).toMatchObject({ code: 'history_differs' })
  })

  test('from before the last restart or the turn of the year', async () => {
    const { evidence } = await signedLog()
    const backup = await house.backUp()
    house.clock.jumpWall(366 * 86_400_000)
    await evidence.drain()
    expect(await evidence.status()).toMatchObject({ name: '2027', alarm: null })
    house.clock.jumpWall(-366 * 86_400_000)
    await backup.restore()
    const restored = house.open()
    await restored.drain()
    expect(await restored.status()).toMatchObject({ name: '2026', alarm: { code: 'guard_other_log' } })
    await restored.restart('restored', null)
    expect(await restored.status()).toMatchObject({ name: '2027-2', alarm: null })
  })

  test('a new database beside an old guard', async () => {
    await signedLog()
    const guard = await guardText()
    await house.clear()
    await writeFile(house.guardFile, guard)
    const evidence = house.open()
    await house.append(evidence, 1)
    await evidence.drain()
    expect(await evidence.status()).toMatchObject({ name: null, queued: 1, alarm: { code: 'log_shorter' } })
    await evidence.restart('new database', null)
    expect(await evidence.status()).toMatchObject({ name: '2026-2', size: 2, alarm: null })
  })
})

describe('the guard file', () => {
  test('missing beside a signed log is an inconsistency that an administrator confirms', async () => {
    await signedLog()
    await rm(house.guardFile)
    const evidence = house.open()
    await house.append(evidence, 1)
    await evidence.drain()
    expect(await evidence.status()).toMatchObject({
      queued: 1,
      alarm: { code: 'guard_missing' },
      checkpoint: { size: 6 },
    })
    await evidence.restart('the disk of the guard was replaced', null)
    expect(await evidence.status()).toMatchObject({ name: '2026-2', size: 2, alarm: null })
  })

  test.each([
    ['damaged', 'guard_damaged', (text: string) => text.replace('2026\n', '2026\n0')],
    ['empty', 'guard_damaged', () => ''],
    [
      'of another root',
      'history_differs',
      (text: string) => text.replace(/\n(.)(.*=)\n$/, (_, a: string, b: string) => `\n${a === 'A' ? 'B' : 'A'}${b}\n`),
    ],
    ['of a larger size', 'log_shorter', (text: string) => text.replace('\n6\n', '\n7\n')],
    ['of another log', 'guard_other_log', (text: string) => text.replace('log.example', 'log.elsewhere')],
  ])('%s', async (_, code, change) => {
    await signedLog()
    await writeFile(house.guardFile, change(await guardText()))
    const evidence = house.open()
    await house.append(evidence, 1)
    await evidence.drain()
    expect(await evidence.status()).toMatchObject({ queued: 1, alarm: { code } })
    await evidence.restart('confirmed', null)
    expect(await evidence.status()).toMatchObject({ name: '2026-2', size: 2, alarm: null })
    await house.append(evidence, 1)
    await evidence.drain()
    expect(await house.open().check()).toBeNull()
  })

  test('put back, the alarm ends with the next check', async () => {
    await signedLog()
    const guard = await guardText()
    await rm(house.guardFile)
    const evidence = house.open()
    expect(await evidence.check()).toMatchObject({ code: 'guard_missing' })
    await writeFile(house.guardFile, guard)
    expect(await evidence.check()).toBeNull()
    await house.append(evidence, 1)
    await evidence.drain()
    expect(await evidence.status()).toMatchObject({ name: '2026', size: 7, alarm: null })
  })
})

describe('what was rewritten', () => {
  const half = sql`overlay(bytes placing '\\x00ff'::bytea from 5)`
  test.each([
    [
      'an entry',
      'entry_differs',
      sql`update evidence_event set entry = replace(entry, '=', '') where id = (select event_id from log_leaf where leaf_index = 290)`,
    ],
    ['a leaf’s event', 'entry_missing', sql`delete from log_leaf where leaf_index = 17`],
    ['a full tile', 'entry_differs', sql`update log_tile set bytes = ${half} where level = 0 and tile_index = 0`],
    ['a bundle', 'entry_differs', sql`update log_tile set bytes = ${half} where level = -1 and tile_index = 0`],
    ['a tile that is gone', 'entry_differs', sql`delete from log_tile where level = -1 and tile_index = 1`],
    ['a tile of a higher level', 'history_differs', sql`update log_tile set bytes = ${half} where level = 1`],
    ['the root', 'root_differs', sql`update log set root = ${Buffer.alloc(32)}`],
    ['the last tile', 'history_differs', sql`update log_tile set bytes = ${half} where level = 0 and tile_index = 1`],
  ])('%s is found', async (_, code, change) => {
    const evidence = house.open()
    await house.append(evidence, 300)
    await evidence.drain()
    expect(await evidence.check()).toBeNull()
    await change.execute(house.db)
    expect(await evidence.check()).toMatchObject({ code })
    await house.append(evidence, 2)
    await evidence.drain()
    expect(await evidence.status()).toMatchObject({ queued: 2, checkpoint: { size: 301 } })
    expect(await house.open().check()).toMatchObject({ code })
    await evidence.restart('rewritten', null)
    // An event that lost its leaf is logged anew.
    const size = code === 'entry_missing' ? 4 : 3
    expect(await evidence.check()).toBeNull()
    expect(await evidence.status()).toMatchObject({ name: '2026-2', size, queued: 0, checkpoint: { size } })
  })

  test('an ended log is checked against its last signature', async () => {
    const { evidence } = await signedLog()
    house.clock.jumpWall(366 * 86_400_000)
    await evidence.drain()
    expect(await evidence.check()).toBeNull()
    await sql`update checkpoint set text = replace(text, E'\n6\n', E'\n5\n') where origin = 'log.example/2026'`.execute(
      house.db,
    )
    expect(await evidence.check()).toMatchObject({ code: 'history_differs' })
    house.clock.jumpWall(-366 * 86_400_000)
  })

  test('is found in the background after a start', async () => {
    await signedLog()
    await sql`update evidence_event set entry = replace(entry, '=', '')`.execute(house.db)
    const evidence = house.open()
    await evidence.start()
    await expect.poll(async () => (await evidence.status()).alarm).toMatchObject({ code: 'entry_differs' })
    await evidence.stop()
  })
})

describe('the turn of the year', () => {
  test('signs the old log a last time and begins a new one, which says what it follows', async () => {
    const { evidence, ids } = await signedLog()
    ids.push(...(await house.append(evidence, 1)))
    house.clock.jumpWall(366 * 86_400_000)
    await evidence.drain()
    ids.push(...(await house.append(evidence, 1)))
    await evidence.drain()
    const logs = await house.db.selectFrom('log').selectAll().orderBy('id').execute()
    expect(logs.map(({ name, size, ended_at }) => [name, size, ended_at !== null])).toEqual([
      ['2026', 7, true],
      ['2027', 2, false],
    ])
    expect(parseCheckpoint(logs[1]?.after ?? '')).toMatchObject({ origin: 'log.example/2026', size: 7 })
    expect(logs[0]?.vkey).not.toBe(logs[1]?.vkey)
    expect(await evidence.proofOf(ids[0] ?? '')).toMatchObject({ origin: 'log.example/2026', size: 7 })
    await requireAllOnce(evidence, ids)

    house.clock.jumpWall(-366 * 86_400_000)
    ids.push(...(await house.append(evidence, 1)))
    await evidence.drain()
    const again = house.open()
    ids.push(...(await house.append(again, 1)))
    await again.drain()
    expect(await again.status()).toMatchObject({ name: '2027', size: 4, alarm: null })
    await requireAllOnce(again, ids)
  })

  test('a crash between the end of one log and the first signature of the next', async () => {
    const { evidence, ids } = await signedLog()
    house.clock.jumpWall(366 * 86_400_000)
    let signatures = 0
    const dying = house.open({
      reached(step) {
        if (step === 'guarded' && ++signatures === 1) throw new Error('killed')
      },
    })
    await expect(dying.drain()).rejects.toThrow('killed')
    expect(await guardText()).toContain('log.example/2027')
    const next = house.open()
    await next.drain()
    expect(await next.status()).toMatchObject({ name: '2027', size: 1, alarm: null, checkpoint: { size: 1 } })
    await requireAllOnce(next, ids)
    await evidence.drain()
    expect(await evidence.status()).toMatchObject({ alarm: null })
    house.clock.jumpWall(-366 * 86_400_000)
  })
})

test('two sequencers at once: one history, nothing lost or doubled', async () => {
  const settings = { ...byHand, batchMs: 1, checkpointMs: 0, batchEvents: 7 }
  const rooms = [house.open({ settings }), house.open({ settings })]
  const [a, b] = rooms as [Evidence, Evidence]
  await Promise.all([a.start(), b.start()])
  await Promise.all([1, 2, 3, 4].map((k) => house.append(k % 2 ? a : b, 50)))
  await expect.poll(async () => (await a.status()).queued, { timeout: 10_000 }).toBe(0)
  await Promise.all([a.stop(), b.stop()])
  expect(await a.status()).toMatchObject({ size: 201, alarm: null, checkpoint: { size: 201 } })
  const ids = (await house.db.selectFrom('evidence_event').select('id').execute()).map((row) => row.id)
  await requireAllOnce(house.open(), ids)
  const notes = await house.db.selectFrom('checkpoint').selectAll().orderBy('size').execute()
  const verifier = noteVerifier(parseVkey(await a.vkey()))
  const [first, last] = [notes[0], notes.at(-1)].map((row) => openCheckpoint(row?.text ?? '', [verifier]).checkpoint)
  if (first && last)
    verifyConsistency(first, last, await a.consistency({ log: '2026', from: first.size, to: last.size }))
})
