import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../platform/ids.ts'
import { seededEntries } from './register/seed.ts'
import { securityFacts } from './security.ts'
import { DAY, house } from './testkit/house.ts'

let home: Awaited<ReturnType<typeof house>>
beforeAll(async () => {
  home = await house()
})
afterAll(() => home?.close())

const facts = () => securityFacts({ db: home.db, clock: home.clock, entries: () => seededEntries(), sweep: home.sweep })
const vault = () => home.vault.securityFacts()

test('a term past its last day is overdue until it is swept; a held one is told apart', async () => {
  await home.call({ training: 10 })
  const kept = await home.call({ training: 10 })
  await home.holds.place(
    { kind: 'calls', callIds: [kept.id] },
    { reason: 'Causa davanti al tribunale di Torino', reference: '', personId: null },
  )
  expect(await facts()).toMatchObject({ overdue: 0, overdueHeld: 0, holds: 1, sweptMs: null, day: null })
  home.clock.advance(11 * DAY)
  expect(await facts()).toMatchObject({ overdue: 1, overdueHeld: 1, certificates: 0 })
  expect(await vault()).toMatchObject({ withoutPurpose: 3, withoutPurposeHeld: 3 })
  await home.sweep.sweep()
  const swept = await facts()
  expect(swept).toMatchObject({ overdue: 0, overdueHeld: 1, certificates: 1, finals: 0, finalsLate: 0 })
  expect(swept.ended).toEqual([{ reason: 'clock', n: 1 }])
  expect(swept.sweptMs).toBe(home.clock.now())
  expect(await vault()).toMatchObject({ withoutPurpose: 0, withoutPurposeHeld: 3, unfinished: 0 })
})

test('a destruction that never became final is late, one that did is final', async () => {
  home.clock.advance(9 * DAY)
  expect(await facts()).toMatchObject({ finals: 0, finalsLate: 1 })
  await home.sweep.sweep()
  expect(await facts()).toMatchObject({ finals: 1, finalsLate: 0 })
})

test('a term longer than its purpose’s ceiling is seen, and one of a purpose nobody registered', async () => {
  const { id } = await home.call({ training: 150 })
  expect(await facts()).toMatchObject({ beyondCeiling: 0, unknownPurpose: 0, withoutBasis: 0 })
  await home.db
    .updateTable('term')
    .set({ last_day: day(200) })
    .where('call_id', '=', id)
    .execute()
  expect(await facts()).toMatchObject({ beyondCeiling: 1 })
  await home.db.updateTable('term').set({ purpose: 'curiosity', basis: null }).where('call_id', '=', id).execute()
  const seen = await facts()
  expect(seen).toMatchObject({ beyondCeiling: 0, unknownPurpose: 1, withoutBasis: 1 })
  expect(seen.live).toContainEqual({ name: { it: 'curiosity', fr: 'curiosity', en: 'curiosity' }, terms: 1 })
  await home.db.deleteFrom('term').where('call_id', '=', id).execute()
})

test('a no that ended nothing comes to light after a day; a later yes, a contract or another purpose is no such thing', async () => {
  const caller = home.someone()
  const { id } = await home.call({ training: 100 }, caller)
  const rest = async (basis: string): Promise<void> =>
    void (await home.db.updateTable('term').set({ basis }).where('call_id', '=', id).execute())
  await rest('legitimate_interests')
  await say({ caller, value: 'no', purpose: 'evidence' })
  home.clock.advance(2 * DAY)
  expect(await facts()).toMatchObject({ unheeded: 0 })
  await say({ caller, value: 'no', purpose: null })
  expect(await facts()).toMatchObject({ unheeded: 0 })
  home.clock.advance(2 * DAY)
  expect(await facts()).toMatchObject({ unheeded: 1 })
  await rest('contract')
  expect(await facts()).toMatchObject({ unheeded: 0 })
  await rest('consent')
  expect(await facts()).toMatchObject({ unheeded: 1 })
  await say({ caller, value: 'yes', purpose: 'training' })
  expect(await facts()).toMatchObject({ unheeded: 0 })
})

const day = (days: number): string => new Date(home.clock.now() + days * DAY).toISOString().slice(0, 10)

async function say(said: { caller: Buffer; value: 'yes' | 'no'; purpose: string | null }): Promise<void> {
  const at = new Date(home.clock.now())
  const row = {
    id: newId(),
    ...said,
    call_id: null,
    kind: said.value === 'yes' ? 'given' : 'objected',
    channel: 'phone',
    at,
    recorded_at: at,
  }
  await (home.db as never as { insertInto(t: string): { values(r: object): { execute(): Promise<void> } } })
    .insertInto('consent_record')
    .values(row)
    .execute()
}
