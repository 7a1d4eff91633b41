import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../platform/ids.ts'
import { silentLog } from '../../platform/log.ts'
import { callTermsOf } from '../../retention/terms/view.ts'
import { callsOf } from '../../retention/terms/terms.ts'
import { house, type House } from '../../retention/testkit/house.ts'
import type { RightsDb } from '../store.ts'
import { createRequestCalls, type RequestCalls } from './calls.ts'
import { createCarrying } from './carry.ts'
import { createMarks } from './marks.ts'
import { createRequests } from './requests.ts'

let h: House
let db: RightsDb
beforeAll(async () => {
  h = await house()
  db = h.db as never
})
afterAll(() => h.close())

/** The room over the house; `note` stands in for writing down what became of a call. */
function room(note?: (write: () => Promise<void>) => Promise<void>) {
  const jobs: string[] = []
  const append = async (): Promise<void> => undefined
  const { clock, vault } = h
  const { box } = vault
  const terms = (callId: string) => callTermsOf({ db: h.db, holds: h.holds }, callId)
  const stored = createRequestCalls({
    db,
    clock,
    terms,
    callsOf: (caller, after, limit) => callsOf(h.db, caller, { after, limit }),
    workingCopies: async () => [],
  })
  const calls: RequestCalls = {
    ...stored,
    note: (...of) => (note ? note(() => stored.note(...of)) : stored.note(...of)),
  }
  const requests = createRequests({ db, box, clock, append, calls })
  const carrying = createCarrying({
    db,
    box,
    clock,
    log: silentLog,
    requests,
    calls,
    terms,
    marks: createMarks({ db, box, clock, append }),
    consents: { record: async () => ({}) as never },
    callerOf: async () => null,
    hold: async () => undefined,
    inProgress: async () => false,
    workingCopies: async () => [],
    endTerms: (ids, of) => h.lapse.lapse({ terms: ids, ...of }),
    enqueue: async (_, name, { requestId }) => void jobs.push(`${name} ${requestId}`),
  })
  return { requests, calls, carrying, jobs }
}

async function erasureOf(who: Buffer): Promise<string> {
  const { requests, carrying } = room()
  const { id } = await requests.file({
    about: { scope: 'caller', callId: null, caller: who },
    kind: 'erasure',
    channel: 'letter',
    language: 'it',
    details: '',
    askedMs: h.clock.now(),
  })
  await requests.identify(id, 'document', null)
  await carrying.carryOut(id, { by: null })
  return id
}
const run = (of: ReturnType<typeof room>, requestId: string): Promise<void> =>
  of.carrying.jobs['carry-out']({ requestId }, { signal: undefined })

it('killed anywhere between calls, an erasure goes on where it was and tells the truth of every call', async () => {
  for (const [what, deaths] of [
    ['destroying', 12],
    ['writing down', 5],
  ] as const)
    for (let n = 0; n < deaths; n++) {
      const who = h.someone()
      const mine = [
        await h.callWithInterests(who),
        await h.callWithInterests(who),
        await h.callWithInterests(who),
      ].toSorted()
      const other = await h.callWithInterests(h.someone())
      const id = await erasureOf(who)
      let lives = what === 'writing down' ? n : Number.POSITIVE_INFINITY
      if (what === 'destroying') h.dieAfter(n)
      const dying = room(async (write) => {
        if (lives-- <= 0) throw new Error('killed here')
        await write()
        if (lives-- <= 0) throw new Error('killed here')
      })
      await run(dying, id).catch(() => undefined)
      await h.restart()
      const again = room()
      await run(again, id)
      const rows = await again.calls.page(id, { limit: 10 })
      expect([what, n, rows.map((row) => row.call_id)]).toEqual([what, n, mine])
      for (const { report, done_at } of rows) {
        expect(report).toMatchObject({ ended: [{ purpose: 'training' }], kept: [{ purpose: 'evidence', why: 'law' }] })
        expect([report?.failed, done_at === null]).toEqual([[], false])
      }
      expect((await again.requests.one(id)).actedAt).not.toBeNull()
      for (const callId of mine) expect(await h.states(callId)).toEqual({ evidence: 'live', training: 'ended erasure' })
      expect(await h.states(other)).toEqual({ evidence: 'live', training: 'live' })
    }
}, 120_000)

it('a call that fails does not stop the others, is told, and is tried again', async () => {
  const who = h.someone()
  const mine = [
    await h.callWithInterests(who),
    await h.callWithInterests(who),
    await h.callWithInterests(who),
  ].toSorted()
  const id = await erasureOf(who)
  const failing = room()
  const lapse = h.lapse.lapse
  h.lapse.lapse = (ask) => (ask.terms[0]?.callId === mine[1] ? Promise.reject(new Error('disk')) : lapse(ask))
  await run(failing, id)
  h.lapse.lapse = lapse
  expect((await failing.calls.totals(id)).failed).toEqual([{ purpose: 'training', calls: 1 }])
  expect((await failing.calls.totals(id)).ended).toEqual([{ purpose: 'training', calls: 2 }])
  // asked for again, by itself
  expect(failing.jobs).toEqual([`carry-out ${id}`])
  await run(failing, id)
  expect(await failing.calls.totals(id)).toMatchObject({ done: 3, failed: [], ended: [{ calls: 3 }] })
})

it('a request of a kind is open once for a caller, beside one about a single call', async () => {
  const { requests } = room()
  const who = h.someone()
  const callId = await h.callWithInterests(who)
  const asked = { kind: 'copy', channel: 'letter', language: 'it', details: '', askedMs: h.clock.now() } as const
  const one = await requests.file({ ...asked, about: { scope: 'call', callId } })
  const all = await requests.file({ ...asked, about: { scope: 'caller', callId, caller: who } })
  expect(all.id).not.toBe(one.id)
  expect((await requests.file({ ...asked, about: { scope: 'caller', callId: null, caller: who } })).id).toBe(all.id)
  expect((await requests.file({ ...asked, about: { scope: 'call', callId } })).id).toBe(one.id)
  await requests.identify(one.id, 'call_back', null)
  await expect(requests.widen(one.id, { caller: who, by: null })).rejects.toMatchObject({
    code: 'request_open_already',
  })
})

it('thousands of calls are found page by page', async () => {
  const who = h.someone()
  const card = newId()
  await sql`insert into term (call_id, purpose, segment, card_id, basis, customer_index, started_at, last_day, state)
    select gen_random_uuid(), 'training', 0, ${card}::uuid, 'consent', ${who}, now(), current_date + 9, 'live'
    from generate_series(1, 1234)`.execute(h.db)
  const { requests, calls } = room()
  const request = await requests.file({
    about: { scope: 'caller', callId: null, caller: who },
    kind: 'access',
    channel: 'letter',
    language: 'it',
    details: '',
    askedMs: h.clock.now(),
  })
  expect(request.calls).toEqual({ all: 1234, done: 0 })
  let seen = 0
  for await (const _ of calls.all(request.id)) seen++
  expect(seen).toBe(1234)
  await sql`delete from term where customer_index = ${who}`.execute(h.db)
})
