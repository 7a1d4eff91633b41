import { afterAll, beforeAll, expect, it } from 'vitest'
import { memoryBox } from '../../people/testkit/box.ts'
import { manualClock } from '../../platform/clock.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { testDatabase, type TestDatabase } from '../../platform/testkit/database.ts'
import { type AccessBook, createAccessBook } from './access.ts'

let database: TestDatabase
let book: AccessBook
const told: { type: string; callId: string | null; data: Record<string, unknown> }[] = []
const heard: string[] = []
const [agentId, callId] = [newId(), newId()]
const person = (): Actor => ({
  personId: newId(),
  tokenId: null,
  role: 'supervisor',
  teamIds: [],
  sessionId: newId(),
  may: new Set(),
})
const entry = {
  callId,
  agentId,
  renditionId: newId(),
  segment: 0,
  purpose: 'evidence',
  purposeIri: 'https://w3id.org/dpv#EstablishContractualAgreement',
  legalBasis: 'contract' as const,
  reason: 'la signora Neri contesta',
  caseRef: 'pratica Neri 12',
  redaction: 'original' as const,
}

beforeAll(async () => {
  database = await testDatabase()
  book = createAccessBook({
    db: database.db,
    box: memoryBox(),
    clock: manualClock(),
    append: async (_, event) => void told.push(event),
    names: async () => new Map(),
    heard: (id) => void heard.push(id),
  })
})
afterAll(() => database.drop())

it('what was allowed is told to the log, by ids alone, and to the agent; what was refused is not', async () => {
  const who = person()
  const id = await book.record(who, { ...entry, action: 'play', outcome: 'allowed' })
  await book.record(who, { ...entry, action: 'export', outcome: 'allowed' })
  await book.record(who, { ...entry, action: 'play', outcome: 'refused', refusal: 'gate_closed' })
  expect(told.map((e) => e.type)).toEqual(['access.play', 'access.export'])
  expect(told[0]).toMatchObject({
    callId,
    data: { recordId: id, actorId: who.personId, renditionId: entry.renditionId, redaction: 'original' },
  })
  expect(JSON.stringify(told)).not.toContain('Neri')
  expect(heard).toEqual([agentId, agentId])
})

it('a caller learns roles, times and purposes, and no name or id of a listener', async () => {
  const given = await book.given(callId)
  expect(given.map((g) => [g.role, g.action, g.purpose])).toEqual([
    ['supervisor', 'export', 'evidence'],
    ['supervisor', 'play', 'evidence'],
  ])
  expect(Object.keys(given[0]!).toSorted()).toEqual(['action', 'at', 'purpose', 'role'])
})
