import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { memoryBox } from '../../people/testkit/box.ts'
import { manualClock } from '../../platform/clock.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { testDatabase, type TestDatabase } from '../../platform/testkit/database.ts'
import type { CaptureDb, CaptureTx } from '../recorder/ledger.ts'
import { type AccessBook, createAccessBook } from './access.ts'
import { endOldAccesses, examineAccesses, firstMisfit, recordHash } from './access-chain.ts'

const DAY = 86_400_000
let database: TestDatabase
let db: CaptureDb
let clock: ReturnType<typeof manualClock>
let book: AccessBook
const logged: Record<string, unknown>[] = []

beforeAll(async () => {
  database = await testDatabase()
  db = database.db as unknown as CaptureDb
})
afterAll(() => database.drop())

beforeEach(async () => {
  await sql`alter table access_record disable trigger user`.execute(db)
  await sql`delete from access_record`.execute(db)
  await sql`alter table access_record enable trigger user`.execute(db)
  const none = Buffer.alloc(32)
  await db.updateTable('access_chain').set({ number: 0, hash: none, ended_number: 0, ended_hash: none }).execute()
  clock = manualClock(Date.UTC(2026, 0, 1))
  logged.length = 0
  book = createAccessBook({
    db,
    box: memoryBox(),
    clock,
    append: async (_, event) => void logged.push(event.data),
    names: async () => new Map(),
    heard: () => undefined,
  })
})

const person: Actor = {
  personId: newId(),
  tokenId: null,
  role: 'supervisor',
  teamIds: [],
  sessionId: newId(),
  may: new Set(),
}

const write = (n = 0): Promise<string> =>
  book.record(person, {
    action: n % 2 === 0 ? 'play' : 'export',
    callId: newId(),
    agentId: newId(),
    renditionId: newId(),
    segment: n % 3,
    purpose: 'evidence',
    purposeIri: 'https://w3id.org/dpv#EstablishContractualAgreement',
    legalBasis: 'contract',
    reason: `motivo ${n}`,
    caseRef: n % 2 === 0 ? `pratica ${n}` : undefined,
    redaction: 'original',
    ...(n % 4 === 3 ? { outcome: 'refused', refusal: 'reason_missing' } : { outcome: 'allowed' }),
  })

/** Days between records, then the records are there, oldest first. */
async function written(count: number, days = 1): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++, clock.advance(days * DAY)) ids.push(await write(n))
  return ids
}

const doctor = async (): Promise<string[]> => {
  const found: string[] = []
  for await (const { level, code } of examineAccesses(db)) found.push(`${level} ${code}`)
  return found
}

class RolledBack extends Error {}

/** What the check says while a change that the database would refuse is there; afterwards it is gone. */
async function misfitAfter(
  change: (tx: CaptureTx) => Promise<unknown>,
): Promise<Awaited<ReturnType<typeof firstMisfit>>> {
  let found: Awaited<ReturnType<typeof firstMisfit>> = -1
  const run = db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx)
    await change(tx)
    found = await firstMisfit(tx)
    throw new RolledBack()
  })
  await expect(run).rejects.toThrow(RolledBack)
  return found
}

const bytes = Buffer.from('another')
const changes: Record<string, unknown> = {
  at: new Date(0),
  actor_id: newId(),
  actor_role: 'agent',
  auth_method: 'token',
  session_hash: 'x',
  action: 'view',
  call_id: newId(),
  agent_id: newId(),
  rendition_id: newId(),
  segment: 9,
  purpose: 'training',
  purpose_iri: 'urn:other',
  legal_basis: 'consent',
  reason: bytes,
  case_ref: bytes,
  approver_id: newId(),
  outcome: 'granted',
  refusal: 'other',
  redaction: 'masked',
  prev_hash: bytes,
  hash: bytes,
}

it('finds any record changed in any column that is kept as written, and names it', async () => {
  const ids = await written(6)
  expect(await doctor()).toEqual(['ok access_chain_sound'])
  for (const [column, value] of Object.entries(changes))
    for (const id of [ids[0], ids[2], ids[5]]) {
      const found = await misfitAfter((tx) =>
        sql`update access_record set ${sql.ref(column)} = ${value} where id = ${id}`.execute(tx),
      )
      expect({ column, found }).toMatchObject({ column, found: { id } })
    }
  expect(await doctor()).toEqual(['ok access_chain_sound'])
})

it('finds records removed anywhere, put in, put in another order, or hashed anew', async () => {
  const ids = await written(8)
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 7 }), async (gone) => {
      const found = await misfitAfter((tx) =>
        tx
          .deleteFrom('access_record')
          .where(
            'id',
            'in',
            gone.map((n) => ids[n] as string),
          )
          .execute(),
      )
      const first = ids.findIndex((_, n) => !gone.includes(n) && n > Math.min(...gone))
      expect(found).toMatchObject({ id: first < 0 ? null : ids[first] })
    }),
    { numRuns: 25 },
  )
  const swapped = await misfitAfter((tx) =>
    sql`update access_record set number = case number when 3 then 4 else 3 end where number in (3, 4)`.execute(tx),
  )
  expect(swapped).toMatchObject({ id: ids[3] })
  const rehashed = await misfitAfter(async (tx) => {
    const row = await tx
      .selectFrom('access_record')
      .selectAll()
      .where('id', '=', ids[2] as string)
      .executeTakeFirstOrThrow()
    const hash = recordHash({ ...row, reason: bytes })
    await tx.updateTable('access_record').set({ reason: bytes, hash }).where('id', '=', row.id).execute()
  })
  expect(rehashed).toMatchObject({ id: ids[3] })
  const twice = await misfitAfter((tx) => sql`update access_record set number = 3 where number = 8`.execute(tx))
  expect(twice).toMatchObject({ id: ids[7] })
  expect(await misfitAfter((tx) => sql`delete from access_record where number > 5`.execute(tx))).toMatchObject({
    id: null,
  })
})

it('what was handed out grows outside of the hash', async () => {
  const [id = ''] = await written(3)
  await book.served(id, { fromMs: 0, toMs: 9000 })
  expect(await doctor()).toEqual(['ok access_chain_sound'])
})

it('stays whole while its oldest part ends by age, whatever the clock did', async () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant('write' as const), days: fc.integer({ min: -40, max: 90 }) }),
    fc.record({ what: fc.constant('end' as const), days: fc.constant(0) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      for (const { what, days } of steps) {
        clock.jumpWall(days * DAY)
        if (what === 'write') await write()
        else await endOldAccesses(db, clock.now(), 6)
        expect(await doctor()).toEqual(['ok access_chain_sound'])
      }
    }),
    { numRuns: 12 },
  )
  clock.jumpWall(4000 * DAY)
  await endOldAccesses(db, clock.now(), 6)
  expect(await db.selectFrom('access_record').select('id').execute()).toEqual([])
  expect(await doctor()).toEqual(['ok access_chain_sound'])
  await write()
  expect(await doctor()).toEqual(['ok access_chain_sound'])
})

it('what ended before its age is missed', async () => {
  const ids = await written(5, 30)
  await endOldAccesses(db, clock.now(), 4)
  expect(await db.selectFrom('access_record').select('id').orderBy('number').execute()).toEqual(
    ids.slice(1).map((id) => ({ id })),
  )
  const found = await misfitAfter((tx) =>
    tx
      .deleteFrom('access_record')
      .where('id', '=', ids[1] as string)
      .execute(),
  )
  expect(found).toMatchObject({ id: ids[2] })
})

it('many at once make one line; the log hears the hash of each that was allowed', async () => {
  await Promise.all(Array.from({ length: 40 }, (_, n) => write(n)))
  expect(await doctor()).toEqual(['ok access_chain_sound'])
  const rows = await db.selectFrom('access_record').select(['number', 'hash', 'outcome']).orderBy('number').execute()
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
  const allowed = rows.filter(({ outcome }) => outcome === 'allowed').map(({ hash }) => hash?.toString('hex'))
  expect(logged.map(({ hash }) => hash)).toEqual(allowed)
})

it('a record outside of the chain cannot be put in; older ones without a place in it are no fault', async () => {
  await written(2)
  const outside = {
    id: newId(),
    at: new Date(),
    actor_role: 'agent',
    action: 'play',
    call_id: newId(),
    outcome: 'allowed',
  }
  await expect(
    db
      .insertInto('access_record')
      .values(outside as never)
      .execute(),
  ).rejects.toThrow('chained')
  await sql`alter table access_record drop constraint access_record_chained`.execute(db)
  await db
    .insertInto('access_record')
    .values(outside as never)
    .execute()
  expect(await doctor()).toEqual(['ok access_chain_sound'])
})
