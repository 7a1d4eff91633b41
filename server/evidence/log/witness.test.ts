import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openCheckpoint } from '../../../proof/checkpoint.ts'
import { cosignatureVerifier } from '../../../proof/cosignature.ts'
import { noteVerifier, parseVkey } from '../../../proof/note.ts'
import { verifyTlogProof } from '../../../proof/tlog-proof.ts'
import type { Evidence } from '../index.ts'
import { type EvidenceHouse, evidenceHouse } from '../testkit/room.ts'
import { startWitness, type TestWitness } from '../testkit/witness.ts'

let house: EvidenceHouse
let witness: TestWitness
let evidence: Evidence

beforeAll(async () => {
  house = await evidenceHouse()
})
afterAll(() => house.close())

beforeEach(async () => {
  await house.clear()
  witness = await startWitness()
  evidence = await opened()
})
afterEach(async () => {
  await evidence.stop()
  await witness.stop()
})

async function opened(): Promise<Evidence> {
  const room = house.open({ witnesses: [{ url: witness.url, vkey: witness.vkey }] })
  await house.open().drain()
  witness.know(await room.vkey())
  return room
}

const cosigned = async (): Promise<number[]> => {
  const rows = await house.db
    .selectFrom('checkpoint')
    .select('size')
    .where('cosignatures', '!=', '')
    .orderBy('size')
    .execute()
  return rows.map((row) => row.size)
}

/** Signs a further state and waits for what the witness makes of it. */
async function advance(count: number): Promise<void> {
  await house.append(evidence, count)
  await evidence.drain()
}

const problem = async () => (await evidence.status()).witnesses[0]?.problem

test('checkpoints are cosigned, each with the proof since the last', async () => {
  await advance(2)
  await expect.poll(cosigned).toEqual([3])
  await advance(300)
  await expect.poll(cosigned).toEqual([3, 303])
  const rows = await house.db.selectFrom('checkpoint').selectAll().where('size', '=', 303).execute()
  const log = noteVerifier(parseVkey(await evidence.vkey()))
  const verifier = cosignatureVerifier(parseVkey(witness.vkey))
  const { signed } = openCheckpoint((rows[0]?.text ?? '') + (rows[0]?.cosignatures ?? ''), [log], [verifier])
  expect(signed.map(({ time }) => time)).toEqual([null, 1_780_000_000])
  expect(witness.answers).toEqual([200, 200])
  expect(witness.bodies[1]).toMatch(/^old 3\n([A-Za-z0-9+/]{43}=\n)+\nlog\.example\/2026\n303\n/)
  expect(await evidence.status()).toMatchObject({
    witnesses: [{ name: 'witness.example/w1', size: 303, problem: null }],
  })
})

test('a proof prefers the latest state that is cosigned', async () => {
  await advance(2)
  await expect.poll(cosigned).toEqual([3])
  witness.behave('down')
  await advance(2)
  await expect.poll(problem).toBe('witness_unreachable')
  const events = await house.db.selectFrom('evidence_event').select('id').orderBy('id').execute()
  const logs = [noteVerifier(parseVkey(await evidence.vkey()))]
  const witnesses = [cosignatureVerifier(parseVkey(witness.vkey))]
  for (const [k, { id }] of events.entries()) {
    const { proof, entry } = await evidence.proofOf(id)
    const { checkpoint, signed } = verifyTlogProof(proof, Buffer.from(entry), { logs, witnesses })
    expect([checkpoint.size, signed.length]).toEqual(k < 3 ? [3, 2] : [5, 1])
  }
})

test.each([
  ['down', 'witness_unreachable'],
  ['slow', 'witness_unreachable'],
  ['endless', 'witness_unreachable'],
  ['garbage', 'witness_refused'],
  ['other-key', 'witness_refused'],
  ['ahead', 'witness_ahead'],
] as const)('%s: the log goes on, the witness is asked again', async (behaviour, code) => {
  witness.behave(behaviour)
  await advance(2)
  await expect.poll(problem).toBe(code)
  await advance(1)
  expect(await evidence.status()).toMatchObject({ alarm: null, checkpoint: { size: 4 } })
  expect(await cosigned()).toEqual([])
  witness.behave('honest')
  await expect.poll(cosigned, { timeout: 5000 }).toEqual([4])
  await expect.poll(problem).toBeNull()
})

test('what the witness has seen is learned from its answer', async () => {
  await advance(2)
  await expect.poll(cosigned).toEqual([3])
  await evidence.stop()
  evidence = house.open({ witnesses: [{ url: witness.url, vkey: witness.vkey }] })
  await advance(2)
  await expect.poll(cosigned).toEqual([3, 5])
  witness.forget()
  await advance(2)
  await expect.poll(cosigned).toEqual([3, 5, 7])
  expect(witness.answers).toEqual([200, 409, 200, 409, 200])
})

test('the last state before a stop is cosigned after the next start, once', async () => {
  witness.behave('down')
  await advance(2)
  await expect.poll(problem).toBe('witness_unreachable')
  await evidence.stop()
  witness.behave('honest')
  evidence = house.open({ witnesses: [{ url: witness.url, vkey: witness.vkey }] })
  await evidence.start()
  await expect.poll(cosigned).toEqual([3])
  await evidence.stop()
  evidence = house.open({ witnesses: [{ url: witness.url, vkey: witness.vkey }] })
  await evidence.start()
  await expect.poll(() => witness.answers.at(-1)).toBe(200)
  await expect.poll(async () => (await evidence.status()).witnesses[0]?.size).toBe(3)
  const { cosignatures } = await house.db
    .selectFrom('checkpoint')
    .selectAll()
    .where('size', '=', 3)
    .executeTakeFirstOrThrow()
  expect(cosignatures.trimEnd().split('\n')).toHaveLength(1)
})

test('a public key that is none of a witness is told at start', () => {
  const wrong = { url: 'http://127.0.0.1:9/', vkey: 'witness.example+00000000+AAAA' }
  expect(() => house.open({ witnesses: [wrong] })).toThrow(/evidence\.witnesses/)
})
