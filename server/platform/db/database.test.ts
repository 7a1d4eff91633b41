import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../testkit/database.ts'

let own: TestDatabase

beforeAll(async () => {
  own = await testDatabase()
})
afterAll(() => own.drop())

test('a test file has its own migrated database', async () => {
  const { rows } = await sql<{ n: number }>`select count(*) as n from schema_migrations`.execute(own.db)
  expect(rows[0]?.n).toBeGreaterThanOrEqual(0)
})

test('int8 is a number, dates stay text, letters beyond ASCII have case', async () => {
  const { rows } = await sql`select 5::int8 as n, date '2026-03-01' as d, lower('ÀÉ') as l`.execute(own.db)
  expect(rows[0]).toEqual({ n: 5, d: '2026-03-01', l: 'àé' })
})

test('an int8 that no number can hold is refused', async () => {
  await expect(sql`select 9223372036854775807::int8 as n`.execute(own.db)).rejects.toThrow(/int8/)
})
