import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SavedSearchDraft } from '../../../contract/models/transcripts.ts'
import type { Role } from '../../../contract/permissions.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../platform/testkit/database.ts'
import { createBox } from '../../vault/box.ts'
import type { TranscriptDb } from '../store.ts'
import { createSavedSearches } from './saved.ts'

let database: TestDatabase
let db: TranscriptDb
let saved: ReturnType<typeof createSavedSearches>
beforeAll(async () => {
  database = await testDatabase()
  db = database.db as never
  const { box } = createBox(randomBytes(32))
  const mayUse = (role: string, purpose: string): boolean => purpose === 'analytics' || role === 'quality_manager'
  saved = createSavedSearches({ db, box, mayUse, names: (ids) => new Map(ids.map((id) => [id, `name of ${id}`])) })
})
afterAll(() => database.drop())

const someone = (role: Role): Actor => ({
  personId: newId(),
  tokenId: null,
  sessionId: null,
  role,
  teamIds: [],
  may: new Set(),
})
const draft = (name: string, more: { text?: string; purpose?: string; shared?: boolean } = {}): SavedSearchDraft =>
  SavedSearchDraft.parse({
    name,
    ask: { purpose: more.purpose ?? 'analytics', text: more.text ?? 'disdetta', speaker: 'customer' },
    shared: more.shared ?? false,
  })
const namesFor = async (actor: Actor): Promise<string[]> => (await saved.list(actor)).map(({ name }) => name)

it('keeps searches for whoever saved them, by name, changes and removes them', async () => {
  const [anna, ugo] = [someone('analyst'), someone('analyst')]
  const second = await saved.add(anna, draft('reclami'))
  const first = await saved.add(anna, draft('disdette'))
  expect(await namesFor(anna)).toEqual(['disdette', 'reclami'])
  expect(await namesFor(ugo)).toEqual([])
  const changed = await saved.change(anna, first.id, draft('zanzare', { text: 'zanzara OR zanzare' }))
  expect(changed).toEqual({
    id: first.id,
    name: 'zanzare',
    ask: { purpose: 'analytics', text: 'zanzara OR zanzare', speaker: 'customer' },
    shared: false,
    mine: true,
    ownerName: `name of ${anna.personId}`,
  })
  await expect(saved.change(ugo, second.id, draft('mia'))).rejects.toMatchObject({ code: 'search_unknown' })
  await expect(saved.remove(ugo, second.id)).rejects.toMatchObject({ code: 'search_unknown', status: 404 })
  await saved.remove(anna, second.id)
  expect(await namesFor(anna)).toEqual(['zanzare'])
})

it('shares a search with those who may use its purpose; only some roles share', async () => {
  const [analyst, quality, officer] = [someone('analyst'), someone('quality_manager'), someone('privacy_officer')]
  const forAll = await saved.add(quality, draft('per tutti', { shared: true }))
  await saved.add(quality, draft('per chi può', { shared: true, purpose: 'training' }))
  expect(await namesFor(analyst)).toEqual(['per tutti'])
  expect((await saved.list(analyst))[0]).toMatchObject({ mine: false, ownerName: `name of ${quality.personId}` })
  expect(await namesFor(someone('quality_manager'))).toEqual(['per chi può', 'per tutti'])
  await expect(saved.add(analyst, draft('anche io', { shared: true }))).rejects.toMatchObject({
    code: 'search_not_shared',
    status: 403,
  })
  await expect(saved.remove(analyst, forAll.id)).rejects.toMatchObject({ code: 'search_unknown' })
  await saved.remove(officer, forAll.id)
  expect(await namesFor(analyst)).toEqual([])
})

it('is for people, at most a hundred each', async () => {
  const program = { ...someone('analyst'), personId: null, tokenId: newId() }
  await expect(saved.list(program)).rejects.toMatchObject({ code: 'person_needed' })
  const keen = someone('analyst')
  for (let i = 0; i < 100; i++) await saved.add(keen, draft(`ricerca ${i}`))
  await expect(saved.add(keen, draft('una di troppo'))).rejects.toMatchObject({ code: 'searches_full', status: 409 })
  await saved.add(someone('analyst'), draft('di un altro'))
})

it('neither name nor words are in the table in clear', async () => {
  await saved.add(someone('analyst'), draft('cliente Smeraldini', { text: 'Smeraldini' }))
  const rows = await db.selectFrom('saved_search').selectAll().execute()
  const stored = rows.map(({ sealed, ...row }) => `${JSON.stringify(row)} ${sealed.toString('latin1')}`).join('\n')
  expect(stored).not.toMatch(/Smeraldini|analytics/)
})
