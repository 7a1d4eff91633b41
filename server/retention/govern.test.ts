import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CallCircumstances, Decision } from '../../contract/models/policy.ts'
import type { PurposeKey } from '../../contract/models/common.ts'
import { governed, type Governing } from './govern.ts'
import { shippedTable } from './organisation/countries.ts'
import { consentModeOf } from './organisation/jurisdiction.ts'

const decision = (over: Partial<Decision> = {}): Decision => ({
  policyVersion: 3,
  ruleId: null,
  mode: 'all',
  record: true,
  reason: 'rule',
  draw: null,
  percent: null,
  purposes: ['evidence', 'training'],
  legalBasis: 'contract',
  pause: { agent: false, platform: false, detector: false, autoResumeSeconds: 0, reachBackSeconds: 0 },
  consent: 'objection',
  ...over,
})
const between = (callerCountry: string | null, agentCountry: string | null) =>
  ({ callerCountry, agentCountry }) as CallCircumstances
const by = (over: Partial<Governing> = {}): Governing => ({
  inForce: () => true,
  consentMode: (places, purposes) =>
    consentModeOf(shippedTable, { country: 'IT', unknownCallers: 'controller' }, places, purposes),
  ...over,
})

it('asks for a yes where one country does, and says which', () => {
  expect(governed(decision(), between('IT', 'IT'), by())).toMatchObject({ consent: 'objection' })
  const german = governed(decision(), between('DE', 'IT'), by())
  expect(german).toMatchObject({ consent: 'opt_in', consentBy: [{ who: 'caller', country: 'DE' }] })
})

it('drops purposes that are not in force; with none left nothing is recorded', () => {
  const off = (...keys: string[]) => by({ inForce: (purpose) => !keys.includes(purpose) })
  expect(governed(decision(), between('IT', 'IT'), off('training')).purposes).toEqual(['evidence'])
  expect(governed(decision(), between('IT', 'IT'), off('training', 'evidence'))).toMatchObject({
    record: false,
    reason: 'no_purpose',
    purposes: [],
  })
})

it('is never laxer than the policy', () => {
  const country = fc.constantFrom('IT', 'FR', 'DE', 'CH', 'XX', null)
  const course = fc.record({
    caller: country,
    agent: country,
    purposes: fc.subarray<PurposeKey>(['evidence', 'training', 'analytics', 'assist']),
    consent: fc.constantFrom('objection' as const, 'opt_in' as const),
    record: fc.boolean(),
  })
  fc.assert(
    fc.property(course, ({ caller, agent, purposes, consent, record }) => {
      const before = decision({ purposes, consent, record })
      const after = governed(before, between(caller, agent), by({ inForce: (p) => p !== 'analytics' }))
      expect(after.purposes.every((p) => purposes.includes(p))).toBe(true)
      if (!record) expect(after).toEqual(before)
      if (consent === 'opt_in' && after.record) expect(after.consent).toBe('opt_in')
    }),
  )
})
