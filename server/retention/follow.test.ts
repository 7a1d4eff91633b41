import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../platform/ids.ts'
import type { Consent } from './consent/standing.ts'
import { type FollowDeps, followConsent, settleCall } from './follow.ts'
import { house, type House } from './testkit/house.ts'

let h: House
beforeAll(async () => {
  h = await house()
})
afterAll(() => h.close())

const said = (over: Partial<Consent> = {}): Consent => ({
  id: newId(),
  callId: null,
  purpose: null,
  value: 'no',
  kind: 'objected',
  channel: 'caller_page',
  atMs: h.clock.now(),
  announcement: null,
  ...over,
})
const deps = (records: Consent[] = [], live: string[] = []): FollowDeps => ({
  db: h.db,
  lapse: h.lapse,
  about: async () => records,
  stopLive: (id) => live.includes(id),
})

it('an objection ends what rests on interests, in every call of the caller, and says what stays and why', async () => {
  const who = h.someone()
  const [one, two, other] = [
    await h.callWithInterests(who),
    await h.callWithInterests(who),
    await h.callWithInterests(h.someone()),
  ]
  const followed = await followConsent(deps(), { ...said(), caller: who })
  expect(new Set(followed.ended.map((e) => `${e.callId} ${e.purpose}`))).toEqual(
    new Set([one, two].map((id) => `${id} training`)),
  )
  expect(followed.stays.map((s) => [s.purpose, s.article])).toEqual([
    ['evidence', 'GDPR art. 6(1)(b)'],
    ['evidence', 'GDPR art. 6(1)(b)'],
  ])
  expect([await h.states(one), await h.states(two), await h.states(other)]).toEqual([
    { evidence: 'live', training: 'ended objection' },
    { evidence: 'live', training: 'ended objection' },
    { evidence: 'live', training: 'live' },
  ])
})

it('a yes ends nothing, and a no about one call touches that call alone', async () => {
  const who = h.someone()
  const [one, two] = [await h.callWithInterests(who), await h.callWithInterests(who)]
  await followConsent(deps(), { ...said({ value: 'yes', kind: 'given' }), caller: who })
  await followConsent(deps(), { ...said({ callId: one, kind: 'withdrawn' }), caller: who })
  expect([await h.states(one), await h.states(two)]).toEqual([
    { evidence: 'live', training: 'ended withdrawal' },
    { evidence: 'live', training: 'live' },
  ])
})

it('what is under a hold is told as held', async () => {
  const who = h.someone()
  const id = await h.callWithInterests(who)
  await h.holds.place({ kind: 'calls', callIds: [id] }, { reason: 'a claim in court', reference: '', personId: null })
  const followed = await followConsent(deps(), { ...said(), caller: who })
  expect(followed.held).toEqual([{ callId: id, purpose: 'training', segment: 0 }])
  expect((await h.states(id))['training']).toBe('live')
})

it('a call in progress is stopped when nothing would stay; its terms end when it is sealed', async () => {
  const who = h.someone()
  const { id } = await h.call({ training: 50 }, who)
  await h.db.updateTable('term').set({ basis: 'consent' }).where('call_id', '=', id).execute()
  const no = said({ kind: 'withdrawn' })
  const followed = await followConsent(deps([], [id]), { ...no, caller: who })
  expect(followed).toMatchObject({ inProgress: [id], ended: [] })
  expect(await h.states(id)).toEqual({ training: 'live' })
  expect((await settleCall(deps([no]), id)).destroyed).toEqual([id])
  expect(await h.states(id)).toEqual({ training: 'ended withdrawal' })
})

it('an earlier objection of the caller ends the purpose of a later call once it is sealed', async () => {
  const id = await h.callWithInterests(h.someone())
  expect((await settleCall(deps([said({ purpose: 'training' })]), id)).ended.map((t) => t.purpose)).toEqual([
    'training',
  ])
  expect((await settleCall(deps([said({ purpose: 'training' })]), id)).ended).toEqual([])
})
