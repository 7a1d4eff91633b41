import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import type { CallCircumstances, PolicyRule, RuleConditions } from '../../../contract/models/policy.ts'
import { anyCall } from '../../../contract/rules.ts'
import { newId } from '../../platform/ids.ts'

type Draft = Omit<Partial<PolicyRule>, 'when' | 'pause'> & {
  when?: Partial<RuleConditions>
  pause?: Partial<PolicyRule['pause']>
}

/** A lawful, unremarkable rule, changed as the test needs. */
export const rule = ({ when, pause, ...rest }: Draft = {}): PolicyRule => ({
  id: newId(),
  name: 'A rule',
  action: { kind: 'all' },
  legalBasis: 'legitimate_interests',
  legalText: '',
  purposes: ['training'],
  consent: 'objection',
  ...rest,
  when: { ...anyCall, ...when },
  pause: { agent: true, platform: true, detector: false, autoResumeSeconds: 120, reachBackSeconds: 0, ...pause },
})

export const call = (facts: Partial<CallCircumstances> = {}): CallCircumstances => ({
  protocol: 'siprec',
  direction: 'inbound',
  queue: 'Sales-IT',
  agentId: null,
  teamIds: [],
  callerCountry: 'IT',
  agentCountry: 'IT',
  startedAt: '2026-03-04T10:00:00Z',
  ...facts,
})

export const selectionHash = (input: string): Buffer => createHmac('sha256', 'a key for tests').update(input).digest()

const ids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
const few = <T>(...values: T[]): fc.Arbitrary<T[]> => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 2 })
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '*', '-', 'é'), minLength: 1, maxLength: 6 })
const time = fc.constantFrom('00:00', '08:00', '12:30', '18:00', '23:59')
const hours = fc.record({
  days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
  from: time,
  to: time,
  timeZone: fc.constantFrom('Europe/Rome', 'UTC'),
})
const country = ['IT', 'FR', 'DE'] as const

export const anyConditions: fc.Arbitrary<RuleConditions> = fc.record({
  protocols: few('siprec' as const, 'upload' as const),
  directions: few('inbound' as const, 'outbound' as const),
  queues: fc.array(text, { maxLength: 2 }),
  agents: few(...ids),
  teams: few(...ids),
  callerCountries: few<string>(...country),
  agentCountries: few<string>(...country),
  hours: fc.option(hours),
})

export const anyCircumstances: fc.Arbitrary<CallCircumstances> = fc.record({
  protocol: fc.constantFrom('siprec' as const, 'upload' as const, 'twilio' as const),
  direction: fc.constantFrom('inbound' as const, 'outbound' as const, null),
  queue: fc.option(text.map((t) => t.replaceAll('*', 'x'))),
  agentId: fc.constantFrom(...ids, null),
  teamIds: fc.subarray(ids),
  callerCountry: fc.constantFrom(...country, null),
  agentCountry: fc.constantFrom(...country, null),
  startedAt: fc
    .date({ min: new Date('2025-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
    .map((d) => d.toISOString()),
})
