import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openCheckpoint } from '../../../proof/checkpoint.ts'
import { verifyConsistency } from '../../../proof/merkle.ts'
import { noteVerifier, parseVkey } from '../../../proof/note.ts'
import { verifyTlogProof } from '../../../proof/tlog-proof.ts'
import { type EvidenceHouse, evidenceHouse } from '../testkit/room.ts'
import type { SignedCheckpoint } from './sign.ts'

let house: EvidenceHouse
beforeAll(async () => {
  house = await evidenceHouse()
})
afterAll(() => house.close())
beforeEach(() => house.clear())

test('an event is queued with its transaction and proved once it is signed', async () => {
  const evidence = house.open()
  const [id = ''] = await house.append(evidence, 1)
  await expect(evidence.proofOf(id)).rejects.toMatchObject({ code: 'event_not_logged' })
  await evidence.drain()
  const proof = await evidence.proofOf(id)
  const logs = [noteVerifier(parseVkey(proof.vkey))]
  expect(verifyTlogProof(proof.proof, Buffer.from(proof.entry), { logs })).toMatchObject({
    index: 1,
    checkpoint: { origin: 'log.example/2026', size: 2 },
  })
  expect(await evidence.status()).toMatchObject({
    name: '2026',
    size: 2,
    queued: 0,
    alarm: null,
    checkpoint: { size: 2, signedAt: '2026-06-01T00:00:00.000Z' },
  })
  await expect(evidence.proofOf('00000000-0000-7000-8000-000000000000')).rejects.toMatchObject({
    code: 'event_unknown',
  })
})

test('what a transaction takes back is not logged', async () => {
  const evidence = house.open()
  const failed = house.db.transaction().execute(async (tx) => {
    await evidence.append(tx, { type: 'access.play', callId: null, data: {} }, null)
    throw new Error('taken back')
  })
  await expect(failed).rejects.toThrow('taken back')
  await evidence.drain()
  expect(await evidence.status()).toMatchObject({ size: 1, queued: 0 })
})

test('many events at once keep their order', async () => {
  const evidence = house.open({ settings: { batchMs: 3_600_000, batchEvents: 300 } })
  const events = Array.from({ length: 1000 }, (_, k) => ({ type: 'access.play' as const, callId: null, data: { k } }))
  await house.db.transaction().execute((tx) => evidence.appendAll(tx, events))
  await house.db.transaction().execute((tx) => evidence.appendAll(tx, []))
  await evidence.drain()
  expect(await evidence.status()).toMatchObject({ size: 1001, queued: 0 })
  const rows = await house.db
    .selectFrom('log_leaf')
    .innerJoin('evidence_event', 'id', 'event_id')
    .select('opening')
    .orderBy('leaf_index')
    .execute()
  const numbers = rows.slice(1).map(({ opening }) => /"k":(\d+)/.exec(opening.toString('latin1'))?.[1])
  expect(numbers).toEqual(events.map(({ data }) => String(data.k)))
  expect(await evidence.check()).toBeNull()
})

test('any two signed states are consistent, and every event stays provable under any of them', async () => {
  const evidence = house.open()
  const told: SignedCheckpoint[] = []
  const end = evidence.onCheckpoint((checkpoint) => void told.push(checkpoint))
  const ids: string[] = []
  for (const count of [3, 1, 300, 7]) {
    ids.push(...(await house.append(evidence, count)))
    await evidence.drain()
  }
  end()
  await house.append(evidence, 1)
  await evidence.drain()
  expect(told.map(({ size }) => size)).toEqual([4, 5, 305, 312])
  const vkey = noteVerifier(parseVkey(await evidence.vkey()))
  const states = told.map(({ text }) => openCheckpoint(text, [vkey]).checkpoint)
  for (const [a, older] of states.entries())
    for (const newer of states.slice(a)) {
      const hashes = await evidence.consistency({ log: '2026', from: older.size, to: newer.size })
      verifyConsistency(older, newer, hashes)
    }
  for (const id of [ids[0], ids[200], ids[310]]) {
    const { entry, proof } = await evidence.proofOf(id ?? '', id === ids[0] ? 4 : undefined)
    expect(verifyTlogProof(proof, Buffer.from(entry), { logs: [vkey] }).checkpoint.size).toBe(id === ids[0] ? 4 : 313)
  }
  await expect(evidence.consistency({ log: '2026', from: 1, to: 1000 })).rejects.toMatchObject({ code: 'log_size' })
  await expect(evidence.consistency({ log: '1999', from: 1, to: 2 })).rejects.toMatchObject({ code: 'log_unknown' })
})

test('nothing new, nothing signed; the time between checkpoints is kept', async () => {
  const evidence = house.open({ settings: { batchMs: 5, checkpointMs: 60_000, checkPauseMs: 0 } })
  await evidence.start()
  const before = await checkpoints()
  expect(before).toEqual([1])
  await house.append(evidence, 1)
  await expect.poll(async () => (await evidence.status()).size).toBe(2)
  expect(await checkpoints()).toEqual([1])
  house.clock.advance(60_000)
  await expect.poll(checkpoints).toEqual([1, 2])
  house.clock.advance(60_000)
  await evidence.stop()
  expect(await checkpoints()).toEqual([1, 2])
})

test('a stop integrates and signs what is queued', async () => {
  const evidence = house.open()
  await evidence.start()
  await house.append(evidence, 5)
  await evidence.stop()
  expect(await checkpoints()).toEqual([1, 6])
})

test('entries say nothing, and a key opens only its own log', async () => {
  const evidence = house.open()
  await house.append(evidence, 2)
  await evidence.drain()
  const rows = await house.db.selectFrom('evidence_event').select('entry').execute()
  for (const { entry } of rows) expect(entry).toMatch(/^verbale\.dev\/event\/v1\n[A-Za-z0-9+/]{43}=\n$/)
  await house.db
    .updateTable('log_key')
    .set({ sealed: Buffer.from('log-key log.example/2025\0 secret') })
    .execute()
  await house.append(evidence, 1)
  const other = house.open()
  await expect(other.drain()).rejects.toThrow('sealed under another label')
  expect(await other.status()).toMatchObject({ size: 4, checkpoint: { size: 3 }, alarm: null })
})

async function checkpoints(): Promise<number[]> {
  const rows = await house.db.selectFrom('checkpoint').select('size').orderBy('signed_at').orderBy('size').execute()
  return rows.map((row) => row.size)
}
