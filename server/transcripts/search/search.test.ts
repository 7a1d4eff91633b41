import type { Kysely } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SearchAsk } from '../../../contract/models/transcripts.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../platform/testkit/database.ts'
import type { TranscriptTables } from '../store.ts'
import { transcribedCall } from '../testkit/turns.ts'
import { search } from './search.ts'

let database: TestDatabase
let db: Kysely<TranscriptTables>
beforeAll(async () => {
  database = await testDatabase()
  db = database.db as never
})
afterAll(() => database.drop())

const today = (): string => '2026-11-27'
const someone = (role: string, more: Partial<Actor> = {}): Actor =>
  ({ personId: newId(), tokenId: null, sessionId: null, role, teamIds: [], ...more }) as unknown as Actor
const analyst = someone('analyst')
type Asked = Partial<SearchAsk> & { text: string }
const find = (ask: Asked, actor = analyst) =>
  search({ db, today }, actor, SearchAsk.parse({ purpose: 'analytics', ...ask }))
const callsOf = async (ask: Asked, actor = analyst): Promise<string[]> =>
  (await find(ask, actor)).items.map(({ callId }) => callId)

it('finds words in their forms, in the language they were said in, and quotes them', async () => {
  const it_ = await transcribedCall(db, [{ text: 'vorrei i rimborsi delle bollette pagate due volte' }])
  const fr = await transcribedCall(db, [{ language: 'fr', text: 'je voudrais être remboursée de mes factures' }])
  const en = await transcribedCall(db, [{ language: 'en', text: 'you charged my cards twice' }])
  expect(await callsOf({ text: 'rimborso bolletta' })).toEqual([it_])
  expect(await callsOf({ text: 'facture remboursé' })).toEqual([fr])
  expect(await callsOf({ text: 'charging card' })).toEqual([en])
  const { items } = await find({ text: 'rimborso' })
  expect(items[0]?.quote).toEqual([
    { text: 'vorrei i ', found: false },
    { text: 'rimborsi', found: true },
    { text: ' delle bollette pagate due volte', found: false },
  ])
})

it('finds phrases, nearness, one or the other, and leaves out what is not wanted', async () => {
  const near = await transcribedCall(db, [{ text: 'la fattura di marzo sembra proprio sbagliata' }])
  const far = await transcribedCall(db, [
    { text: 'la fattura è arrivata ieri con la posta insieme a una lettera che è del tutto sbagliata' },
  ])
  expect(await callsOf({ text: '"fattura di marzo"' })).toEqual([near])
  expect(await callsOf({ text: 'fattura NEAR/5 sbagliata' })).toEqual([near])
  expect(await callsOf({ text: 'sbagliata NEAR/5 fattura' })).toEqual([near])
  expect((await callsOf({ text: 'fattura sbagliata' })).toSorted()).toEqual([near, far].toSorted())
  expect(await callsOf({ text: 'fattura sbagliata -posta' })).toEqual([near])
  expect((await callsOf({ text: 'lettera OR marzo' })).toSorted()).toEqual([near, far].toSorted())
})

it('an article with its apostrophe, of either kind, hides no word', async () => {
  const id = await transcribedCall(db, [{ text: 'ho visto l’armadillo nell’orto' }])
  for (const text of ['armadillo', "l'armadillo", 'l’armadillo', '"nell’orto"', 'orto'])
    expect(await callsOf({ text })).toEqual([id])
  const { items } = await find({ text: 'armadillo' })
  expect(items[0]?.quote.filter(({ found }) => found)).toEqual([{ text: 'armadillo', found: true }])
})

it('filters by speaker, queue, team, agent, time and length', async () => {
  const [agentId, teamId] = [newId(), newId()]
  const facts = { agentId, teamIds: [teamId], queue: 'Polizze', durationMs: 300_000 }
  const id = await transcribedCall(db, [{ role: 'agent', text: 'attivo subito il paracadute' }], facts)
  await transcribedCall(db, [{ role: 'customer', text: 'niente paracadute per me' }], { durationMs: 20_000 })
  const only: Partial<SearchAsk>[] = [
    { speaker: 'agent' },
    { queue: 'Polizze' },
    { teamId },
    { agentId },
    { longerThanS: 200 },
  ]
  for (const filter of only) expect(await callsOf({ text: 'paracadute', ...filter })).toEqual([id])
  expect(await callsOf({ text: 'paracadute', shorterThanS: 200 })).not.toContain(id)
  expect(await callsOf({ text: 'paracadute', from: '2026-11-21T00:00:00.000Z' })).toEqual([])
  expect(await callsOf({ text: 'paracadute', difficult: true })).toEqual([])
})

it('shows only calls within reach, kept for the purpose, whose time is not over', async () => {
  const [agentId, teamId] = [newId(), newId()]
  const mine = await transcribedCall(db, [{ text: 'il mio ornitorinco' }], { agentId, teamIds: [teamId] })
  await transcribedCall(db, [{ text: 'ornitorinco per formazione' }], { purposes: { training: '2027-05-20' } })
  await transcribedCall(db, [{ text: 'ornitorinco scaduto' }], { purposes: { analytics: '2026-11-26' } })
  expect(await callsOf({ text: 'ornitorinco' })).toEqual([mine])
  expect(await callsOf({ text: 'ornitorinco' }, someone('agent', { personId: agentId }))).toEqual([mine])
  expect(await callsOf({ text: 'ornitorinco' }, someone('agent'))).toEqual([])
  expect(await callsOf({ text: 'ornitorinco' }, someone('supervisor', { teamIds: [teamId] }))).toEqual([mine])
  expect(await callsOf({ text: 'ornitorinco' }, someone('supervisor', { teamIds: [newId()] }))).toEqual([])
})

it('pages stay as they are while calls arrive', async () => {
  const made: string[] = []
  for (let n = 0; n < 7; n++)
    made.unshift(await transcribedCall(db, [{ text: 'zanzara uno' }, { text: 'altro' }, { text: 'zanzara due' }]))
  const seen: string[] = []
  for (let after: string | undefined; ;) {
    const { items, next } = await find({ text: 'zanzara', limit: 3, ...(after && { after }) })
    seen.push(...items.map(({ callId, index }) => `${callId} ${index}`))
    await transcribedCall(db, [{ text: 'una zanzara nuova' }])
    if (!next) break
    after = next
  }
  expect(seen).toEqual(made.flatMap((id) => [`${id} 0`, `${id} 2`]))
  await expect(find({ text: 'zanzara', after: 'x' })).rejects.toMatchObject({ code: 'search_page_unknown' })
})

it('marks are no words, and no text of a search becomes SQL', async () => {
  await transcribedCall(db, [{ text: 'la carta è [CARD] grazie' }])
  expect(await callsOf({ text: 'card', language: 'it' })).toEqual([])
  for (const text of ["'; drop table transcript; --", "a' | 'b", 'x:* & y', '\\', '"a\'b"', '<2>'])
    await expect(
      find({ text }).then(
        ({ items }) => items.length,
        (e: { code: string }) => e.code,
      ),
    ).resolves.toBeDefined()
  expect(await db.selectFrom('transcript').select('call_id').limit(1).execute()).toHaveLength(1)
})
