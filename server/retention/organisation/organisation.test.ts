import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Jurisdiction } from '../../../contract/models/retention.ts'
import { memoryBox } from '../../people/testkit/box.ts'
import { testDatabase, type TestDatabase } from '../../platform/testkit/database.ts'
import { actor, http, organisation, surroundings } from '../testkit/governance.ts'
import { shippedTable } from './countries.ts'
import { createOrganisation, type OrganisationRoom } from './organisation.ts'

let database: TestDatabase
let room: OrganisationRoom
const around = surroundings()
const box = memoryBox()
const open = () => createOrganisation({ db: database.db, box, ...around })
const save = (facts: Parameters<typeof organisation>[0], basedOn: number, on = room) =>
  on.routes['PUT /organisation']({ body: { organisation: organisation(facts), basedOn }, actor, ...http })
const publish = (rows: Jurisdiction[], basedOn: number, on = room) =>
  on.routes['PUT /jurisdictions']({ body: { rows, basedOn }, actor, ...http })

beforeAll(async () => {
  database = await testDatabase()
  room = await open()
})
afterAll(() => database.drop())

it('at first nobody is the controller and the table is the shipped one', async () => {
  expect(await room.routes['GET /organisation']({ actor, ...http })).toEqual({
    version: 0,
    organisation: null,
    changedAt: null,
  })
  expect(room.consentMode({ callerCountry: 'DE', agentCountry: 'IT' }, [])).toEqual({
    mode: 'not_configured',
    decidedBy: [],
  })
  const table = await room.routes['GET /jurisdictions']({ actor, ...http })
  expect(table.version).toBe(0)
  expect(table.rows.every((row) => row.shipped)).toBe(true)
})

it('the record is sealed, decides at once and is there after a start', async () => {
  expect(await save({}, 0)).toMatchObject({ version: 1, organisation: organisation() })
  expect(room.consentMode({ callerCountry: 'FR', agentCountry: 'IT' }, []).mode).toBe('objection')
  const { rows } = await sql<{ record: Buffer }>`select record from organisation`.execute(database.db)
  expect(rows).toHaveLength(1)
  expect(rows[0]?.record.toString('latin1')).not.toMatch(/Ada|Acme/)
  expect((await open()).current()).toEqual(organisation())
  expect(JSON.stringify(around.told)).not.toMatch(/Ada|Acme/)
  expect(around.told.at(-1)).toMatchObject({ type: 'organisation.changed', data: { version: 1, country: 'IT' } })
})

it('changes name the version they rest on', async () => {
  const elsewhere = await open()
  await save({ country: 'FR' }, 1, elsewhere)
  await expect(save({}, 1)).rejects.toMatchObject({ code: 'organisation_changed', status: 409, params: { version: 2 } })
  expect(room.current()?.country).toBe('FR')
  await expect(save({}, 7)).rejects.toMatchObject({ code: 'organisation_changed' })
})

it('the table changes with a reason, keeps its versions, and the database refuses to change them', async () => {
  const lax = shippedTable.map((row) => (row.code === 'DE' ? { ...row, silence: 'allowed' as const } : row))
  await expect(publish(lax, 0)).rejects.toMatchObject({ code: 'jurisdiction_reason', status: 422 })
  const reasoned = lax.map((row) =>
    row.code === 'DE' ? { ...row, reason: '§ 201(2) StGB, opinion of counsel of 2026' } : row,
  )
  const table = await publish(reasoned, 0)
  expect(table.version).toBe(1)
  expect(table.rows.filter((row) => !row.shipped).map((row) => row.code)).toEqual(['DE'])
  expect(room.consentMode({ callerCountry: 'DE', agentCountry: 'IT' }, []).mode).toBe('objection')
  expect((await open()).consentMode({ callerCountry: 'DE', agentCountry: 'IT' }, []).mode).toBe('objection')
  await expect(publish(reasoned, 0)).rejects.toMatchObject({ code: 'jurisdictions_changed', status: 409 })
  await expect(sql`delete from jurisdiction_versions`.execute(database.db)).rejects.toThrow('kept as written')
})
