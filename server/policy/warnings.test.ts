import { describe, expect, it } from 'vitest'
import type { PolicyRule } from '../../contract/models/policy.ts'
import { newId } from '../platform/ids.ts'
import { firstRules } from './first.ts'
import { rule } from './testkit/fixtures.ts'
import { flaws, requirePublishable } from './validate.ts'
import { warningsOf } from './warnings.ts'

const codes = (rules: PolicyRule[], ruleId: string | null | undefined = rules[0]?.id) =>
  warningsOf(rules)
    .filter((w) => w.ruleId === ruleId)
    .map((w) => w.code)
const italian = { callerCountries: ['IT'], agentCountries: ['IT'] }

describe('what cannot be published', () => {
  it.each<[string, Parameters<typeof rule>[0]]>([
    ['policy_basis_missing', { legalBasis: null }],
    ['policy_never_has_purposes', { action: { kind: 'never' } }],
    ['policy_purposes_missing', { purposes: [] }],
    ['policy_purpose_repeated', { purposes: ['training', 'training'] }],
    ['policy_percent', { action: { kind: 'random', percent: 101 } }],
    ['policy_percent', { action: { kind: 'random', percent: Number.NaN } }],
    ['policy_time_zone', { when: { hours: { days: [1], from: '08:00', to: '09:00', timeZone: 'Mars/Olympus' } } }],
    ['policy_day_repeated', { when: { hours: { days: [1, 1], from: '08:00', to: '09:00', timeZone: 'UTC' } } }],
  ])('%s', (code, draft) => {
    const bad = rule(draft)
    expect(() => requirePublishable([rule(), bad])).toThrowError(
      expect.objectContaining({ code, status: 422, params: { rule: 2, ruleId: bad.id } }),
    )
    expect(codes([bad])).toContain(code)
  })

  it('two rules of one id', () => {
    const one = rule()
    expect(flaws([one, { ...one, name: 'Copy' }]).map((f) => f.code)).toEqual(['policy_rule_repeated'])
  })

  it('only `all` needs a legal basis', () => {
    const others = [{ kind: 'random', percent: 5 }, { kind: 'agent' }, { kind: 'contract_window' }] as const
    const rules = others.map((action) => rule({ action, legalBasis: null }))
    expect(flaws([...rules, rule({ action: { kind: 'never' }, purposes: [], legalBasis: null })])).toEqual([])
  })
})

describe('warnings', () => {
  it('an Italian, announced, pausable sample is unremarkable', () => {
    expect(codes([rule({ when: italian, action: { kind: 'random', percent: 10 } })])).toEqual([])
  })

  it('permanent recording in France without a law', () => {
    const french = { callerCountries: ['FR'], agentCountries: ['FR'] }
    expect(codes([rule({ when: french })])).toContain('all_france')
    expect(codes([rule({ when: french, action: { kind: 'random', percent: 100 } })])).toContain('all_france')
    expect(
      codes([rule({ when: french, legalBasis: 'legal_obligation', legalText: 'art. L. 533-10 CMF' })]),
    ).not.toContain('all_france')
    expect(codes([rule({ when: french, action: { kind: 'random', percent: 20 } })])).not.toContain('all_france')
    expect(codes([rule({ when: { agentCountries: ['IT'] } })])).toContain('all_france_possible')
    expect(codes([rule({ when: { protocols: ['upload'] } })])).not.toContain('all_france_possible')
  })

  it('countries where a yes comes first', () => {
    const named = warningsOf([rule({ when: { callerCountries: ['DE', 'CH', 'DK', 'IT'], agentCountries: ['IT'] } })])
    expect(named).toContainEqual(
      expect.objectContaining({ code: 'opt_in_country', params: { countries: 'CH, DE, DK' } }),
    )
    expect(
      codes([rule({ when: { callerCountries: ['DK'], agentCountries: ['IT'] }, purposes: ['evidence'] })]),
    ).not.toContain('opt_in_country')
    expect(codes([rule({ when: { callerCountries: ['DE'] }, consent: 'opt_in' })])).not.toContain('opt_in_country')
    expect(codes([rule({ when: { agentCountries: ['IT'] } })])).toContain('opt_in_unknown_country')
    expect(codes([rule({ when: italian })])).not.toContain('opt_in_unknown_country')
  })

  it('consent as legal basis is a yes, not the absence of a no', () => {
    expect(codes([rule({ when: italian, legalBasis: 'consent' })])).toContain('consent_basis_objection')
    expect(codes([rule({ when: italian, legalBasis: 'consent', consent: 'opt_in' })])).not.toContain(
      'consent_basis_objection',
    )
  })

  it('a contract window used for training', () => {
    expect(
      codes([rule({ when: italian, action: { kind: 'contract_window' }, purposes: ['evidence', 'training'] })]),
    ).toEqual(['contract_with_training'])
    expect(codes([rule({ when: italian, action: { kind: 'contract_window' }, purposes: ['evidence'] })])).toEqual([])
  })
})

describe('warnings on how a rule works', () => {
  it('card data: nobody may pause, a pause without end, reaching back', () => {
    const nobody = { agent: false, platform: false, detector: false }
    expect(codes([rule({ when: italian, pause: nobody })])).toEqual(['card_pause_missing'])
    expect(codes([rule({ when: italian, pause: nobody, action: { kind: 'never' }, purposes: [] })])).toEqual([])
    expect(codes([rule({ when: italian, pause: { autoResumeSeconds: 0 } })])).toEqual(['pause_without_end'])
    expect(warningsOf([rule({ when: italian, pause: { reachBackSeconds: 3 } })])).toContainEqual(
      expect.objectContaining({ code: 'reach_back_loss', params: { seconds: 3 } }),
    )
  })

  it('shares that are none', () => {
    expect(codes([rule({ when: italian, action: { kind: 'random', percent: 100 } })])).toEqual(['random_hundred'])
    expect(codes([rule({ when: italian, action: { kind: 'random', percent: 0 } })])).toEqual(['random_zero'])
  })

  it('a law or contract that is not named', () => {
    expect(codes([rule({ when: italian, legalBasis: 'legal_obligation', legalText: ' ' })])).toEqual([
      'basis_text_missing',
    ])
    expect(
      codes([rule({ when: italian, legalBasis: 'contract', legalText: 'Art. 51(6) Codice del consumo' })]),
    ).toEqual([])
  })

  it('a rule an earlier one always wins over', () => {
    const rules = [
      rule({ when: { ...italian, queues: ['sales*'] } }),
      rule({ when: { ...italian, queues: ['Sales-*', 'sales2'], directions: ['inbound'] } }),
      rule({ when: { ...italian, queues: ['help'] } }),
    ]
    expect(warningsOf(rules)).toContainEqual({
      ruleId: rules[1]!.id,
      code: 'never_reached',
      params: { by: rules[0]!.id, rule: 1 },
    })
    expect(codes(rules, rules[2]!.id)).not.toContain('never_reached')
    const hours = { days: [1, 2], from: '08:00', to: '18:00', timeZone: 'Europe/Rome' }
    const timed = [
      rule({ when: { ...italian, hours } }),
      rule({ when: { ...italian, hours: { ...hours, days: [2] } } }),
      rule({ when: italian }),
    ]
    expect(codes(timed, timed[1]!.id)).toContain('never_reached')
    expect(codes(timed, timed[2]!.id)).not.toContain('never_reached')
    const unknownQueue = [rule({ when: { ...italian, queues: ['*'] } }), rule({ when: italian })]
    expect(codes(unknownQueue, unknownQueue[1]!.id)).not.toContain('never_reached')
  })

  it('agents and teams that are gone', () => {
    const [agent, team] = [newId(), newId()]
    const rules = [rule({ when: { ...italian, agents: [agent], teams: [team] } })]
    const known = { agent: () => false, team: () => false, purpose: () => 'in_force' as const }
    const found = warningsOf(rules, known).map((w) => [w.code, w.params])
    expect(found).toContainEqual(['unknown_agent', { agentId: agent }])
    expect(found).toContainEqual(['unknown_team', { teamId: team }])
    expect(codes(rules)).toEqual([])
  })

  it('purposes that the register does not know, or has switched off', () => {
    const states: Record<string, 'in_force' | 'off'> = { training: 'in_force', complaints: 'off' }
    const known = { agent: () => true, team: () => true, purpose: (key: string) => states[key] ?? ('unknown' as const) }
    const rules = [rule({ when: italian, purposes: ['training', 'complaints', 'ghost'] })]
    const found = warningsOf(rules, known).filter((w) => w.params['purpose'])
    expect(found.map((w) => [w.code, w.params['purpose']])).toEqual([
      ['purpose_off', 'complaints'],
      ['unknown_purpose', 'ghost'],
    ])
  })

  it('of the whole: live calls uncovered, agreements with workers', () => {
    expect(warningsOf([])).toEqual([{ ruleId: null, code: 'live_uncovered', params: {} }])
    expect(codes([rule({ action: { kind: 'never' }, purposes: [] })], null)).toEqual(['live_uncovered'])
    expect(codes([rule({ when: italian })], null)).toEqual(['worker_agreement_it'])
    expect(warningsOf([rule(), rule({ when: { agentCountries: ['FR'] } })])).toContainEqual({
      ruleId: null,
      code: 'works_council_fr',
      params: { rules: 2 },
    })
    expect(codes([rule({ when: { agentCountries: ['DE'] } })], null)).toEqual(['works_council_de'])
  })

  it('a new installation can be published and records nothing live', () => {
    requirePublishable(firstRules())
    expect(warningsOf(firstRules())).toEqual([{ ruleId: null, code: 'live_uncovered', params: {} }])
  })
})
