import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCall } from '../../contract/rules.ts'
import { newId } from '../platform/ids.ts'
import { covers } from './covers.ts'
import { globMatches } from './glob.ts'
import { decideBy, drawOf, failedConditions, verdictsOf } from './rules.ts'
import { anyCircumstances, anyConditions, call, rule, selectionHash } from './testkit/fixtures.ts'

const decide = (rules: ReturnType<typeof rule>[], circumstances = call(), callId: string | null = newId()) =>
  decideBy({ version: 3, rules }, circumstances, { callId, selectionHash })

describe('glob', () => {
  it.each([
    ['sales', 'SALES', true],
    ['sales*', 'Sales-IT', true],
    ['*-it', 'sales-IT', true],
    ['s*s-*t', 'sales-it', true],
    ['*', '', true],
    ['sales', 'sales-it', false],
    ['sales*', 'presales', false],
    ['caffè', 'CAFFE\u0300', true],
    ['a.c', 'abc', false],
  ])('%s against %s: %s', (pattern, text, fits) => expect(globMatches(pattern, text)).toBe(fits))

  it('agrees with a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 })
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const expression = pattern
          .split('*')
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.*')
        expect(globMatches(pattern, text)).toBe(new RegExp(`^${expression}$`).test(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('stays fast where a regular expression would not end', () => {
    expect(globMatches(`${'*a'.repeat(60)}*b`, 'a'.repeat(10_000))).toBe(false)
  })
})

describe('conditions', () => {
  it('an unknown value satisfies no condition that names values, and every other one', () => {
    const unknown = call({
      direction: null,
      queue: null,
      agentId: null,
      teamIds: [],
      callerCountry: null,
      agentCountry: null,
    })
    expect(failedConditions(anyCall, unknown)).toEqual([])
    const strict = {
      ...anyCall,
      directions: ['inbound' as const],
      queues: ['*'],
      agents: [newId()],
      teams: [newId()],
      callerCountries: ['IT'],
      agentCountries: ['IT'],
    }
    expect(failedConditions(strict, unknown)).toEqual([
      'directions',
      'queues',
      'agents',
      'teams',
      'callerCountries',
      'agentCountries',
    ])
  })

  it('one shared team is enough', () => {
    const team = newId()
    expect(failedConditions({ ...anyCall, teams: [newId(), team] }, call({ teamIds: [team, newId()] }))).toEqual([])
  })

  // one condition at a time: taken together, two random rules hardly ever cover each other
  it.each(Object.keys(anyCall) as (keyof typeof anyCall)[])('a cover of %s holds for every call', (key) => {
    let covered = 0
    fc.assert(
      fc.property(anyConditions, anyConditions, anyCircumstances, (a, b, circumstances) => {
        const [wider, narrower] = [
          { ...anyCall, [key]: a[key] },
          { ...anyCall, [key]: b[key] },
        ]
        if (!covers(wider, narrower) || failedConditions(narrower, circumstances).length > 0) return
        covered++
        expect(failedConditions(wider, circumstances)).toEqual([])
      }),
      { numRuns: 1500 },
    )
    expect(covered).toBeGreaterThan(20)
  })
})

describe('decision', () => {
  it('the first rule that applies wins, and every rule has its verdict', () => {
    const rules = [
      rule({ name: 'German', when: { callerCountries: ['DE'] } }),
      rule({ name: 'Sales', when: { queues: ['sales*'] } }),
      rule({ name: 'Rest' }),
    ]
    expect(decide(rules)).toMatchObject({
      policyVersion: 3,
      ruleId: rules[1]!.id,
      mode: 'all',
      record: true,
      reason: 'rule',
      purposes: ['training'],
    })
    expect(verdictsOf(rules, call())).toEqual([
      { ruleId: rules[0]!.id, name: 'German', matched: false, failed: ['callerCountries'] },
      { ruleId: rules[1]!.id, name: 'Sales', matched: true, failed: [] },
      { ruleId: rules[2]!.id, name: 'Rest', matched: true, failed: [] },
    ])
  })

  it('without a rule, nothing: no purpose, no basis', () => {
    expect(decide([])).toMatchObject({
      ruleId: null,
      mode: 'never',
      record: false,
      reason: 'no_rule',
      purposes: [],
      legalBasis: null,
      consent: 'opt_in',
    })
  })

  it('a rule that never records stops the rules after it', () => {
    const rules = [rule({ action: { kind: 'never' }, purposes: [] }), rule()]
    expect(decide(rules)).toMatchObject({ mode: 'never', record: false, reason: 'never', purposes: [] })
  })

  it('agent and contract window are recorded in their own way', () => {
    expect(decide([rule({ action: { kind: 'agent' } })])).toMatchObject({
      mode: 'agent',
      record: true,
      reason: 'rule',
      draw: null,
    })
    expect(decide([rule({ action: { kind: 'contract_window' } })])).toMatchObject({
      mode: 'contract_window',
      record: true,
    })
  })

  it('an undrawn explanation says whether recording is possible', () => {
    const sampled = (percent: number) => decide([rule({ action: { kind: 'random', percent } })], call(), null)
    expect(sampled(10)).toMatchObject({ record: true, draw: null, percent: 10 })
    expect(sampled(0)).toMatchObject({ record: false, reason: 'not_drawn', purposes: [] })
  })
})

describe('random choice', () => {
  const sampled = (percent: number) => [rule({ action: { kind: 'random', percent } })]

  it('records exactly when the draw is below the share', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.double({ min: 0, max: 100, noNaN: true }), (callId, percent) => {
        const decision = decide(sampled(percent), call(), callId)
        expect(decision.draw).toBe(drawOf(selectionHash, callId))
        expect(decision.draw! >= 0 && decision.draw! < 100).toBe(true)
        expect(decision.record).toBe(decision.draw! < percent)
        expect(decision.reason).toBe(decision.record ? 'drawn' : 'not_drawn')
        expect(decision.purposes).toEqual(decision.record ? ['training'] : [])
      }),
    )
  })

  it('can be repeated by whoever holds the key', () => {
    const callId = '019a0000-0000-7000-8000-000000000001'
    const bits = selectionHash(`verbale/policy/draw/v1\0${callId}`).subarray(0, 6)
    expect(decide(sampled(50), call(), callId).draw).toBe((Number.parseInt(bits.toString('hex'), 16) / 2 ** 48) * 100)
  })

  it('hangs on nothing but the call id', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        anyCircumstances,
        anyCircumstances,
        fc.integer({ min: 0, max: 100 }),
        (callId, a, b, percent) => {
          const first = decideBy({ version: 1, rules: sampled(percent) }, a, { callId, selectionHash })
          const second = decideBy({ version: 9, rules: sampled(percent) }, b, { callId, selectionHash })
          expect([second.draw, second.record]).toEqual([first.draw, first.record])
        },
      ),
    )
  })

  it.each([1, 10, 33.3, 50, 90])('records a share of %s of many calls', (percent) => {
    const many = 20_000
    const rules = sampled(percent)
    // ids as they come: consecutive in time
    const ids = Array.from({ length: many }, (_, i) => `019a0000-0000-7000-8000-${i.toString(16).padStart(12, '0')}`)
    const recorded = ids.filter((id) => decide(rules, call(), id).record).length
    const share = percent / 100
    const deviation = Math.sqrt(many * share * (1 - share))
    expect(Math.abs(recorded - many * share)).toBeLessThan(4 * deviation)
  })

  it('a larger share records all that a smaller one records', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(100), fc.nat(100), (callId, a, b) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)]
        const [few, many] = [small, large].map((percent) => decide(sampled(percent), call(), callId).record)
        expect(many || !few).toBe(true)
      }),
    )
  })
})
