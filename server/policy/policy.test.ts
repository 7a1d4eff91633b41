import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PolicyRule } from '../../contract/models/policy.ts'
import { manualClock } from '../platform/clock.ts'
import type { Actor } from '../platform/http/handlers.ts'
import { newId } from '../platform/ids.ts'
import { testDatabase, type TestDatabase } from '../platform/testkit/database.ts'
import { createPolicy, type PastCall, type Policy } from './index.ts'
import { decideBy } from './rules.ts'
import { call, rule, selectionHash } from './testkit/fixtures.ts'

const personId = newId()
const actor: Actor = { personId, tokenId: null, role: 'administrator', teamIds: [], sessionId: newId(), may: new Set() }
const http = { request: null as never, reply: null as never }

let database: TestDatabase
let policy: Policy
let past: PastCall[] = []
const clock = manualClock()
async function* pastCalls(): AsyncGenerator<PastCall> {
  yield* past
}
const open = () => createPolicy({ db: database.db, clock, selectionHash, pastCalls })
const publish = (rules: PolicyRule[], basedOn: number, on = policy) =>
  on.routes['POST /policy/versions']({ body: { rules, note: 'Because', basedOn }, actor, ...http })
const inForce = () => policy.routes['GET /policy']({ actor, ...http })

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

describe('versions', () => {
  it('a new installation keeps what staff add and records nothing live', async () => {
    policy = await open()
    const first = await inForce()
    expect(first).toMatchObject({
      version: 1,
      publishedBy: null,
      publishedAt: new Date(clock.now()).toISOString(),
      warnings: [{ code: 'live_uncovered' }],
    })
    expect(first.rules).toHaveLength(1)
    for (const protocol of ['upload', 'vcon'] as const)
      expect(policy.decide(newId(), call({ protocol }))).toMatchObject({
        record: true,
        mode: 'all',
        purposes: ['evidence', 'training'],
        consent: 'objection',
      })
    for (const protocol of ['siprec', 'audiohook', 'twilio', 'stream', 'audiosocket'] as const)
      expect(policy.decide(newId(), call({ protocol }))).toMatchObject({ record: false, reason: 'no_rule' })
  })

  it('opening it again changes nothing', async () => {
    policy = await open()
    expect((await policy.routes['GET /policy/versions']({ actor, ...http })).items.map((v) => v.version)).toEqual([1])
  })

  it('a published version decides at once, and the old ones stay', async () => {
    clock.advance(60_000)
    const mine = rule({ name: 'Everything', when: { protocols: ['siprec'] } })
    expect(await publish([mine], 1)).toMatchObject({ version: 2, publishedBy: personId, note: 'Because' })
    expect(policy.decide(newId(), call())).toMatchObject({ policyVersion: 2, ruleId: mine.id, record: true })
    const { items } = await policy.routes['GET /policy/versions']({ actor, ...http })
    expect(items.map((v) => v.version)).toEqual([2, 1])
    expect(await policy.ruleName(2, mine.id)).toBe('Everything')
    expect(await policy.ruleName(1, items[1]!.rules[0]!.id)).toBe('Recordings added by staff')
    expect(await policy.ruleName(1, mine.id)).toBeNull()
    expect(await policy.ruleName(77, mine.id)).toBeNull()
  })
})

describe('governed', () => {
  it('decides, explains and simulates by what is in force, not by the rules alone', async () => {
    const strict = await createPolicy({
      db: database.db,
      clock,
      selectionHash,
      pastCalls,
      govern: (decision) => ({
        ...decision,
        consent: 'opt_in',
        purposes: decision.purposes.filter((p) => p !== 'training'),
      }),
    })
    const rules = [rule({ purposes: ['evidence', 'training'] })]
    const explained = strict.explain({ rules, circumstances: call() })
    expect(explained).toMatchObject({ dropped: ['training'], decision: { purposes: ['evidence'], consent: 'opt_in' } })
    expect(strict.decide(newId(), call())).toMatchObject({ consent: 'opt_in' })
    past = [
      {
        callId: newId(),
        circumstances: call(),
        durationMs: 60_000,
        decision: decideBy({ version: 0, rules }, call(), { callId: null, selectionHash }),
      },
    ]
    const span = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }
    const simulated = await strict.routes['POST /policy/simulate']({ body: { rules, ...span }, actor, ...http })
    expect(simulated).toMatchObject({ changed: 1, purposes: [{ purpose: 'evidence', calls: 1, minutes: 1 }] })
    past = []
  })
})

describe('publishing', () => {
  it('refuses what rests on an older version, and takes up the newer one', async () => {
    const elsewhere = await open()
    await publish([rule()], 2, elsewhere)
    await expect(publish([rule()], 2)).rejects.toMatchObject({
      code: 'policy_changed',
      status: 409,
      params: { version: 3 },
    })
    expect((await inForce()).version).toBe(3)
    await expect(publish([rule()], 9)).rejects.toMatchObject({ code: 'policy_changed' })
  })

  it('of two publications at once one wins', async () => {
    const results = await Promise.allSettled([
      publish([rule({ name: 'A' })], 3),
      publish([rule({ name: 'B' })], 3),
      publish([rule({ name: 'C' })], 3),
    ])
    expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1)
    expect((await inForce()).version).toBe(4)
  })

  it('refuses an impossible rule and keeps the policy in force', async () => {
    await expect(publish([rule({ legalBasis: null })], 4)).rejects.toMatchObject({
      code: 'policy_basis_missing',
      status: 422,
    })
    expect((await inForce()).version).toBe(4)
  })

  it('the database itself refuses to change the past', async () => {
    for (const statement of [
      "update policy_versions set note = ''",
      'delete from policy_versions',
      'truncate policy_versions',
    ]) {
      await expect(sql.raw(statement).execute(database.db)).rejects.toThrow('kept as published')
    }
  })

  it('warns about drafts, explains them, and names them version 0', async () => {
    const draft = [
      rule({ when: { callerCountries: ['DE'] } }),
      rule({ name: 'Sample', action: { kind: 'random', percent: 20 }, legalBasis: null }),
    ]
    const { warnings } = await policy.routes['POST /policy/check']({ body: { rules: draft }, actor, ...http })
    expect(warnings.map((w) => w.code)).toContain('opt_in_country')
    const callId = newId()
    const explained = await policy.routes['POST /policy/explain']({
      body: { rules: draft, circumstances: call(), callId },
      actor,
      ...http,
    })
    expect(explained.decision).toMatchObject({ policyVersion: 0, ruleId: draft[1]!.id, percent: 20 })
    expect(explained.decision.draw).toBe(policy.explain({ rules: draft, circumstances: call(), callId }).decision.draw)
    expect(explained.verdicts[0]).toMatchObject({ matched: false, failed: ['callerCountries'] })
    const live = await policy.routes['POST /policy/explain']({ body: { circumstances: call() }, actor, ...http })
    expect(live.decision.policyVersion).toBe(4)
  })
})

const [north, south] = [newId(), newId()]
const span = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }
const simulate = (rules: PolicyRule[], range = span) =>
  policy.routes['POST /policy/simulate']({ body: { rules, ...range }, actor, ...http })
const before = rule()
const pastCall = (facts: Parameters<typeof call>[0], minutes: number): PastCall => {
  const callId = newId()
  const circumstances = call(facts)
  return {
    callId,
    circumstances,
    durationMs: minutes * 60_000,
    decision: decideBy({ version: 1, rules: [before] }, circumstances, { callId, selectionHash }),
  }
}

describe('simulation', () => {
  beforeEach(() => {
    past = [
      pastCall({ teamIds: [north] }, 2),
      pastCall({ teamIds: [north, south] }, 4),
      pastCall({ teamIds: [south], queue: 'Contracts' }, 6),
      pastCall({ teamIds: [], callerCountry: 'DE' }, 8),
    ]
  })

  it('counts per team, purpose and rule, and what would change', async () => {
    const never = rule({ when: { callerCountries: ['DE'] }, action: { kind: 'never' }, purposes: [] })
    const window = rule({
      when: { queues: ['contract*'] },
      action: { kind: 'contract_window' },
      purposes: ['evidence'],
    })
    const rest = rule({ purposes: ['training'] })
    const unused = rule({ when: { directions: ['outbound'] } })
    const result = await simulate([never, window, rest, unused])
    expect(result).toMatchObject({ ...span, calls: 4, changed: 2 })
    expect(new Map(result.teams.map(({ teamId, ...row }) => [teamId, row]))).toEqual(
      new Map([
        [north, { calls: 2, recorded: 2, byPerson: 0, minutes: 6, recordedMinutes: 6 }],
        [south, { calls: 2, recorded: 1, byPerson: 1, minutes: 10, recordedMinutes: 4 }],
        [null, { calls: 1, recorded: 0, byPerson: 0, minutes: 8, recordedMinutes: 0 }],
      ]),
    )
    expect(result.purposes).toEqual([{ purpose: 'training', calls: 2, minutes: 6 }])
    expect(result.rules).toEqual([
      { ruleId: never.id, calls: 1 },
      { ruleId: window.id, calls: 1 },
      { ruleId: rest.id, calls: 2 },
      { ruleId: unused.id, calls: 0 },
      { ruleId: null, calls: 0 },
    ])
  })

  it('tells a renamed rule from one with other purposes or consent; other purposes or consent do', async () => {
    expect((await simulate([rule({ ...before, id: newId(), name: 'Renamed' })])).changed).toBe(0)
    expect((await simulate([rule({ ...before, consent: 'opt_in' })])).changed).toBe(4)
    expect((await simulate([rule({ ...before, purposes: ['training', 'evidence'] })])).changed).toBe(4)
    expect((await simulate([])).changed).toBe(4)
  })

  it('draws as the calls were drawn', async () => {
    past = Array.from({ length: 2000 }, () => pastCall({ teamIds: [north] }, 1))
    const sampled = rule({ action: { kind: 'random', percent: 25 } })
    const result = await simulate([sampled])
    const drawn = past.filter(
      (p) => policy.explain({ rules: [sampled], circumstances: p.circumstances, callId: p.callId }).decision.record,
    )
    expect(result.teams[0]?.recorded).toBe(drawn.length)
    expect(result.changed).toBe(2000)
  })

  it('refuses spans that are empty, backwards or longer than 400 days', async () => {
    for (const to of ['2026-01-01T00:00:00Z', '2025-12-31T00:00:00Z', '2027-02-06T00:00:00Z']) {
      await expect(simulate([], { from: span.from, to })).rejects.toMatchObject({
        code: 'simulation_range',
        status: 422,
      })
    }
    await expect(simulate([], { from: span.from, to: '2027-02-05T00:00:00Z' })).resolves.toMatchObject({ calls: 4 })
  })
})
