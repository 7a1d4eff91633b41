import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PurposeEntry } from '../../../contract/models/retention.ts'
import { testDatabase, type TestDatabase } from '../../platform/testkit/database.ts'
import { actor, custom, http, personId, registerWith, surroundings } from '../testkit/governance.ts'
import { createRegister, type Register } from './register.ts'
import { seededEntries } from './seed.ts'
import { flaws } from './validate.ts'

const codes = (entries: PurposeEntry[]): string[] => flaws(entries, seededEntries()).map((flaw) => flaw.code)
const withOwn = (facts: Partial<PurposeEntry>): PurposeEntry[] => [...seededEntries(), custom(facts)]
const french = { country: 'FR', keep: null, audio: null, confirmationEnds: null, text: '' }

describe('what may be published', () => {
  it('the seeded register, and one with an own purpose', () => {
    for (const entry of seededEntries()) expect(PurposeEntry.parse(entry)).toEqual(entry)
    expect(codes(seededEntries())).toEqual([])
    expect(codes(withOwn({}))).toEqual([])
  })

  it('not beyond the law’s ceilings', () => {
    expect(codes(registerWith('training', { keep: { months: 7 } }))).toEqual(['purpose_above_ceiling'])
    expect(codes(registerWith('training', { keep: { months: 7 }, ceiling: { months: 7 } }))).toEqual([
      'purpose_ceiling',
    ])
    expect(codes(registerWith('training', { countries: [{ ...french, keep: { days: 182 } }] }))).toEqual([
      'purpose_above_ceiling',
    ])
    expect(codes(registerWith('analytics', { keep: { days: 365 }, ceiling: { months: 12 } }))).toEqual([])
    expect(codes(registerWith('assist', { keep: { days: 1 } }))).toContain('purpose_above_ceiling')
  })

  it('evidence for 84 months under a named text, nothing else', () => {
    const seven = { keep: { months: 84 }, ceiling: { months: 84 } }
    expect(codes(registerWith('evidence', seven))).toEqual(['purpose_ceiling'])
    expect(codes(registerWith('evidence', { ...seven, extensionText: 'MiFID' }))).toContain('purpose_extension_text')
    const text = 'MiFID II: order of the authority under art. 76(8)(b) of regulation 2017/565'
    expect(codes(registerWith('evidence', { ...seven, extensionText: text }))).toEqual([])
    expect(
      codes(registerWith('evidence', { keep: { months: 85 }, ceiling: { months: 85 }, extensionText: text })),
    ).toEqual(['purpose_ceiling'])
    expect(codes(registerWith('training', { extensionText: text }))).toEqual(['purpose_extension'])
  })

  it('an own purpose says which law sets its ceiling', () => {
    expect(codes(withOwn({ ceilingText: 'law' }))).toEqual(['purpose_ceiling_unjustified'])
    expect(codes(withOwn({ keep: { months: 13 } }))).toEqual(['purpose_above_ceiling'])
    expect(codes(withOwn({ key: 'processing' }))).toEqual(['purpose_key'])
    expect(codes(withOwn({ legalBasis: 'legal_obligation' }))).toEqual(['purpose_law_missing'])
    expect(codes(withOwn({ keep: { days: 0 } }))).toEqual(['purpose_term_missing'])
    expect(codes(withOwn({ material: 'nothing' }))).toEqual(['purpose_term_idle'])
    expect(codes(withOwn({ audio: { days: 91 } }))).toEqual(['purpose_audio_outlasts'])
    expect(codes(withOwn({ countries: [french, french] }))).toEqual(['purpose_country_repeated'])
    expect(codes(withOwn({ audience: ['agent', 'agent'] }))).toEqual(['purpose_role_repeated'])
  })

  it('no purpose disappears, appears twice or changes its material', () => {
    expect(codes(seededEntries().slice(1))).toEqual(['purpose_removed'])
    expect(codes([...withOwn({}), custom()])).toEqual(['purpose_repeated'])
    expect(codes(registerWith('training', { material: 'original' }))).toEqual(['purpose_material'])
    expect(codes(registerWith('training', { active: false }))).toEqual([])
  })
})

describe('versions', () => {
  let database: TestDatabase
  let register: Register
  const around = surroundings()
  const open = () => createRegister({ db: database.db, ...around })
  const publish = (entries: PurposeEntry[], basedOn: number, on = register) =>
    on.routes['POST /purposes/versions']({ body: { entries, note: 'Because', basedOn }, actor, ...http })

  beforeAll(async () => {
    database = await testDatabase()
    register = await open()
  })
  afterAll(() => database.drop())

  it('a new installation has the seeded one, in memory and told to the log', async () => {
    expect(register.current()).toMatchObject({ version: 1, entries: seededEntries() })
    expect(register.entry('training')?.keep).toEqual({ months: 6 })
    expect(register.entry('fraud_checks')).toBeNull()
    expect(around.told).toMatchObject([{ type: 'register.published', callId: null, data: { version: 1, by: null } }])
    await open()
    expect(around.told).toHaveLength(1)
  })

  it('a published one counts at once, and the old ones stay', async () => {
    const shorter = registerWith('training', { keep: { months: 3 } })
    const checked = await register.routes['POST /purposes/check']({ body: { entries: shorter }, actor, ...http })
    expect(checked).toMatchObject({
      flaws: [],
      changes: [{ purpose: 'training', effect: 'shorter' }, { what: 'audio' }],
    })
    expect(await publish(shorter, 1)).toMatchObject({ version: 2, publishedBy: personId, note: 'Because' })
    expect(register.entry('training')?.keep).toEqual({ months: 3 })
    const { items } = await register.routes['GET /purposes/versions']({ actor, ...http })
    expect(items.map((v) => v.version)).toEqual([2, 1])
    expect((await open()).current()).toMatchObject({ version: 2, entries: shorter })
  })

  it('names the version it rests on', async () => {
    const elsewhere = await open()
    await publish(seededEntries(), 2, elsewhere)
    await expect(publish(seededEntries(), 2)).rejects.toMatchObject({
      code: 'purposes_changed',
      status: 409,
      params: { version: 3 },
    })
    expect(register.current().version).toBe(3)
    await expect(publish(seededEntries().slice(1), 3)).rejects.toMatchObject({
      code: 'purpose_removed',
      status: 422,
      params: { purpose: 'evidence' },
    })
    expect(around.told.map((event) => event.data['version'])).toEqual([1, 2, 3])
  })

  it('the database itself refuses to change the past', async () => {
    for (const statement of [
      "update purpose_versions set note = ''",
      'delete from purpose_versions',
      'truncate purpose_versions',
    ])
      await expect(sql.raw(statement).execute(database.db)).rejects.toThrow('kept as written')
  })
})
