import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConsentDraft } from '../../../contract/models/consent.ts'
import type { Organisation } from '../../../contract/models/retention.ts'
import { memoryBox } from '../../people/testkit/box.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { Problem } from '../../platform/problem.ts'
import { testDatabase, type TestDatabase } from '../../platform/testkit/database.ts'
import { seededEntries } from '../register/seed.ts'
import { actor as officer, http, organisation, personId, surroundings } from '../testkit/governance.ts'
import { type Consents, createConsents } from './consents.ts'

const actor: Actor = { ...officer, may: new Set(['governance.read', 'consents.record']) }
const agent: Actor = { ...officer, role: 'agent', may: new Set(['consents.record']) }
const box = memoryBox()
const address = '+39 02 5550 1234'
const indexOf = (of: string) => box.blindIndex('address', of)
const [call, elsewhere, anonymous, far] = [newId(), newId(), newId(), newId()]

let database: TestDatabase
let consents: Consents
let controller: Organisation | null = null
const around = surroundings()
const followed: string[] = []

beforeAll(async () => {
  database = await testDatabase()
  consents = createConsents({
    db: database.db,
    box,
    ...around,
    entries: () => seededEntries(),
    organisation: () => controller,
    announcement: () => 7,
    addressIndex: indexOf,
    requireReach: async (_, callId) => {
      if (callId === far) throw new Problem('call_unknown', 404, 'out of reach')
    },
    callerOf: async (callId) => (callId === anonymous ? null : indexOf(address)),
    follow: async (_, record) => void followed.push(record.id),
  })
})
afterAll(() => database.drop())

const say = (draft: Partial<ConsentDraft>, who = actor) =>
  consents.routes['POST /consents']({
    body: { purpose: null, kind: 'given', channel: 'operator', note: '', ...draft },
    actor: who,
    ...http,
  })
const search = () => consents.routes['POST /consents/search']({ body: { address }, actor, ...http })
const ofCall = (callId: string, who = actor) =>
  consents.routes['GET /calls/:callId/consents']({ params: { callId }, actor: who, ...http })
const standingOf = ({ standing }: { standing: { purpose: string; value: string }[] }, purpose: string) =>
  standing.find((one) => one.purpose === purpose)?.value

describe('consent records', () => {
  it('of a call, with the announcement heard', async () => {
    const record = await say({ callId: call, channel: 'dtmf', note: 'Ms Rossi pressed 1' })
    expect(record).toMatchObject({
      callId: call,
      value: 'yes',
      kind: 'given',
      announcement: 7,
      recordedBy: personId,
      note: 'Ms Rossi pressed 1',
    })
    expect((await ofCall(call)).items).toEqual([record])
    expect(standingOf(await ofCall(call), 'training')).toBe('yes')
    expect(standingOf(await ofCall(elsewhere), 'training')).toBe('not_asked')
    expect((await ofCall(elsewhere)).items).toEqual([])
    expect((await ofCall(call, agent)).items[0]?.note).toBeNull()
    expect(standingOf(await search(), 'training')).toBe('not_asked')
    expect((await search()).items).toHaveLength(1)
  })

  it('of a caller, for every call', async () => {
    around.clock.advance(1000)
    await say({ callId: elsewhere, scope: 'caller', kind: 'objected', purpose: 'analytics' })
    expect(standingOf(await search(), 'analytics')).toBe('no')
    expect(standingOf(await ofCall(call), 'analytics')).toBe('no')
    expect(standingOf(await ofCall(call), 'training')).toBe('yes')
    expect(await consents.standing({ caller: indexOf(address), callId: newId() }, 'analytics')).toMatchObject({
      value: 'no',
    })
    around.clock.advance(1000)
    await say({ address, kind: 'withdrawn' })
    expect(standingOf(await ofCall(call), 'training')).toBe('no')
  })

  it('of a call whose caller nobody knows', async () => {
    await say({ callId: anonymous, kind: 'refused' })
    expect(standingOf(await ofCall(anonymous), 'evidence')).toBe('no')
    await expect(say({ callId: anonymous, scope: 'caller' })).rejects.toMatchObject({
      code: 'consent_caller_unknown',
      status: 422,
    })
  })

  it('are refused when they are about nobody, of the future, of an unknown purpose or out of reach', async () => {
    await expect(say({})).rejects.toMatchObject({ code: 'consent_about_nobody', status: 422 })
    await expect(say({ address, at: '2026-01-01T01:00:00Z' })).rejects.toMatchObject({ code: 'consent_time' })
    await expect(say({ address, purpose: 'marketing' })).rejects.toMatchObject({ code: 'consent_purpose_unknown' })
    await expect(say({ callId: far })).rejects.toMatchObject({ code: 'call_unknown' })
    await expect(ofCall(far)).rejects.toMatchObject({ code: 'call_unknown' })
  })

  it('hold no address and no note in clear, tell the log ids only, and are kept as written', async () => {
    const { rows } = await sql<{ all: string }>`select string_agg(c::text, '') as all from consent_record c`.execute(
      database.db,
    )
    expect(rows[0]?.all).not.toMatch(/5550|Rossi/)
    expect(JSON.stringify(around.told)).not.toMatch(/5550|Rossi/)
    expect(around.told.every((event) => event.type === 'consent.recorded')).toBe(true)
    expect(around.told.map((event) => event.callId)).toEqual([call, null, null, anonymous])
    expect(followed).toEqual(around.told.map((event) => event.data['recordId']))
    for (const statement of [
      "update consent_record set value = 'yes'",
      'delete from consent_record',
      'truncate consent_record',
    ])
      await expect(sql.raw(statement).execute(database.db)).rejects.toThrow('kept as written')
  })

  it('are written with what follows, or not at all', async () => {
    const given = {
      caller: indexOf(address),
      callId: null,
      purpose: null,
      kind: 'given',
      channel: 'import',
      announcement: null,
      recordedBy: null,
    } as const
    const before = (await search()).items.length
    await expect(
      database.db.transaction().execute(async (tx) => {
        await consents.record({ ...given, atMs: 1 }, tx)
        throw new Error('what follows failed')
      }),
    ).rejects.toThrow('what follows failed')
    expect((await search()).items).toHaveLength(before)
    await expect(consents.record({ ...given, caller: null })).rejects.toMatchObject({ code: 'consent_about_nobody' })
  })

  it('go out as JSON-LD once the controller is known, without what would find the caller here', async () => {
    const consentId = (await search()).items[0]!.id
    const dpv = (id: string) =>
      consents.routes['GET /consents/:consentId/dpv']({ params: { consentId: id }, actor, ...http })
    await expect(dpv(consentId)).rejects.toMatchObject({ code: 'organisation_missing', status: 409 })
    controller = organisation()
    const json = JSON.stringify(await dpv(consentId))
    expect(json).toContain('dpv:ConsentWithdrawn')
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(json).not.toContain(indexOf(address).toString(encoding))
    await expect(dpv(newId())).rejects.toMatchObject({ code: 'consent_unknown', status: 404 })
  })
})
