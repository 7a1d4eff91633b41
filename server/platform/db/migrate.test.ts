import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../testkit/database.ts'
import { migrate } from './index.ts'

let own: TestDatabase
let folder: string

beforeEach(async () => {
  own = await testDatabase()
  await sql`drop schema public cascade`.execute(own.db)
  await sql`create schema public`.execute(own.db)
  folder = mkdtempSync(join(tmpdir(), 'verbale-migrations-'))
})
afterEach(async () => {
  await own.drop()
  rmSync(folder, { recursive: true, force: true })
})

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)

test('files are applied in order, once', async () => {
  write('0001-a.sql', 'create table a (id integer); insert into a values (1)')
  write('0002-b.sql', 'alter table a add column b text')
  expect(await migrate(own.db, { folder })).toEqual(['0001-a.sql', '0002-b.sql'])
  expect(await migrate(own.db, { folder })).toEqual([])
  write('0003-c.sql', 'create table c (id integer)')
  expect(await migrate(own.db, { folder })).toEqual(['0003-c.sql'])
})

test('of several at once one applies, the others wait', async () => {
  write('0001-a.sql', 'select pg_sleep(0.2); create table a (id integer)')
  const done = await Promise.all([1, 2, 3].map(() => migrate(own.db, { folder })))
  expect(done.flat()).toEqual(['0001-a.sql'])
})

test('an edited file, a gap, a repeat and a newer database are refused', async () => {
  write('0001-a.sql', 'create table a (id integer)')
  await migrate(own.db, { folder })
  write('0001-a.sql', 'create table a (id bigint)')
  await expect(migrate(own.db, { folder })).rejects.toMatchObject({ code: 'migration_edited' })
  write('0001-a.sql', 'create table a (id integer)')
  write('0003-c.sql', 'select 1')
  await expect(migrate(own.db, { folder })).rejects.toMatchObject({ code: 'migration_gap' })
  rmSync(join(folder, '0003-c.sql'))
  write('0001-b.sql', 'select 1')
  await expect(migrate(own.db, { folder })).rejects.toMatchObject({ code: 'migration_gap' })
  rmSync(join(folder, '0001-a.sql'))
  rmSync(join(folder, '0001-b.sql'))
  await expect(migrate(own.db, { folder })).rejects.toMatchObject({ code: 'migration_newer' })
})

test('a failing file leaves nothing of itself, the earlier ones stay', async () => {
  write('0001-a.sql', 'create table a (id integer)')
  write('0002-b.sql', 'create table b (id integer); select no_such_function()')
  await expect(migrate(own.db, { folder })).rejects.toThrow(/Migration 0002-b\.sql failed: .*no_such_function/)
  const { rows } =
    await sql`select table_name from information_schema.tables where table_schema = 'public' and table_name in ('a', 'b')`.execute(
      own.db,
    )
  expect(rows).toEqual([{ table_name: 'a' }])
})

test('line ends changed by a checkout are not an edit', async () => {
  write('0001-a.sql', 'create table a\n(id integer)')
  await migrate(own.db, { folder })
  write('0001-a.sql', 'create table a\r\n(id integer)')
  expect(await migrate(own.db, { folder })).toEqual([])
})
