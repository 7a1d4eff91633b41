import { afterAll, beforeAll, expect, it } from 'vitest'
import { memoryBox } from '../people/testkit/box.ts'
import { manualClock } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import { silentLog } from '../platform/log.ts'
import { testDatabase, type TestDatabase } from '../platform/testkit/database.ts'
import { createAsking } from './asking.ts'
import { createLinks } from './links.ts'
import { createReferences, normalised } from './references.ts'
import { createRequestCalls } from './requests/calls.ts'
import { createRequests } from './requests/requests.ts'

let database: TestDatabase
const clock = manualClock()
const box = memoryBox()
const sent: { callId: string; code: string; address: string }[] = []
const told: unknown[] = []
const charged: string[] = []
const [callId, caller] = [newId(), Buffer.alloc(32, 7)]

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

function room() {
  const { db } = database
  const append = async (_: unknown, event: unknown): Promise<void> => void told.push(event)
  const references = createReferences({ db, box })
  const links = createLinks({ db, clock, append })
  const throttle = {
    charge: async (...subjects: { kind: string }[]) => void charged.push(...subjects.map((s) => s.kind)),
    clear: async () => undefined,
    refund: async () => undefined,
  }
  const asking = createAsking({
    db,
    box,
    clock,
    log: silentLog,
    throttle,
    references,
    links,
    messenger: { send: async (message) => void sent.push(message) },
    addressIndex: (address) => (address === 'mine' ? caller : Buffer.alloc(32, 1)),
    callerOf: async (id) => (id === callId ? caller : null),
  })
  const calls = createRequestCalls({
    db,
    clock,
    callsOf: async () => [],
    workingCopies: async () => [],
    terms: async () => ({ certificate: null }),
  })
  return { references, links, asking, requests: createRequests({ db, box, clock, append, calls }) }
}

it('a reference is read as people write it', () => {
  expect(normalised(' 1o0L-iabc ')).toBe('10011ABC')
})

it('a call has one reference, and it is not in the database in clear', async () => {
  const { references } = room()
  const reference = await references.of(callId)
  expect(await references.of(callId)).toBe(reference)
  expect(await references.find(reference.toLowerCase())).toBe(callId)
  expect(await references.find('ZZZZ-ZZZZ')).toBeNull()
})

it('only the right number brings a code to the messenger; every ask is charged alike', async () => {
  const { references, asking } = room()
  const reference = await references.of(callId)
  await asking.ask('10.0.0.1', reference, 'theirs')
  await asking.ask('10.0.0.1', 'ZZZZ-ZZZZ', 'mine')
  await asking.stop()
  expect(sent).toEqual([])
  await asking.ask('10.0.0.1', reference, 'mine')
  await asking.stop()
  expect(sent).toMatchObject([{ callId, address: 'mine', code: expect.stringMatching(/^\d{6}$/) as string }])
  const one = ['caller_network', 'caller_reference', 'caller_address']
  expect(charged).toEqual([...one, ...one, ...one])
})

it('of parallel guesses five are judged; a right code opens one link', async () => {
  const { references, asking } = room()
  const reference = await references.of(callId)
  const enter = (code: string) =>
    asking.enter('10.0.0.1', reference, code).then(
      () => 1,
      () => 0,
    )
  const right = sent.at(-1)!.code
  const wrong = right === '111111' ? '222222' : '111111'
  const tries = await Promise.all([...Array.from({ length: 20 }, () => wrong), right].map(enter))
  expect(tries.filter(Boolean).length).toBeLessThanOrEqual(1)
  await asking.ask('10.0.0.1', reference, 'mine')
  await asking.stop()
  const twice = await Promise.all([enter(sent.at(-1)!.code), enter(sent.at(-1)!.code)])
  expect(twice.toSorted()).toEqual([0, 1])
})

it('links and requests are told to the log by ids and days alone', async () => {
  const { links, requests } = room()
  const { id, token } = await links.make(callId, 30, null)
  await links.revoke(await links.one(id), newId())
  await links.revoke(await links.one(id), newId())
  const request = await requests.file({
    about: { scope: 'call', callId },
    kind: 'copy',
    channel: 'caller_page',
    language: 'it',
    details: 'sono la signora Neri',
    askedMs: clock.now(),
  })
  const by = newId()
  await requests.close(request.id, { decision: 'refused', article: '12(6)', outcome: 'scritto alla signora Neri', by })
  const types = told.map((event) => (event as { type: string }).type)
  expect(types.slice(-4)).toEqual(['caller_link.made', 'caller_link.revoked', 'rights.asked', 'rights.closed'])
  expect(JSON.stringify(told)).not.toContain(token)
  expect(JSON.stringify(told)).not.toContain('Neri')
})
