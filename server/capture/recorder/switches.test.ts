import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Decision } from '../../../contract/models/policy.ts'
import { Masks } from './masks.ts'
import {
  applyControl,
  controlsBehind,
  controlsOf,
  initialSwitches,
  leftOutBecause,
  statusOf,
  type Switches,
} from './switches.ts'

const decision = (over: Partial<Decision> = {}): Decision => ({
  policyVersion: 1,
  ruleId: null,
  mode: 'all',
  record: true,
  reason: 'rule',
  draw: null,
  percent: null,
  purposes: ['training'],
  legalBasis: 'contract',
  pause: { agent: true, platform: true, detector: false, autoResumeSeconds: 60, reachBackSeconds: 0 },
  consent: 'objection',
  ...over,
})

const anySwitches: fc.Arbitrary<Switches> = fc.record({
  consent: fc.constantFrom('yes', 'no', 'not_asked'),
  agentOn: fc.boolean(),
  inContract: fc.boolean(),
  paused: fc.boolean(),
  sourcePaused: fc.boolean(),
  masked: fc.boolean(),
})

test('a pause is never overruled by any other switch or mode', () => {
  fc.assert(
    fc.property(anySwitches, fc.constantFrom('all', 'random', 'agent', 'contract_window'), (s, mode) => {
      expect(leftOutBecause(decision({ mode }), { ...s, paused: true })).toBe('paused')
    }),
  )
})

test('without the caller’s yes nothing is kept under opt-in, and never after a no', () => {
  fc.assert(
    fc.property(anySwitches, (s) => {
      if (s.consent !== 'yes') expect(leftOutBecause(decision({ consent: 'opt_in' }), s)).not.toBeNull()
      if (s.consent === 'no') expect(leftOutBecause(decision(), s)).not.toBeNull()
    }),
  )
})

test('the modes start off and open with their own switch only', () => {
  const start = initialSwitches('not_asked')
  expect(statusOf(decision({ mode: 'agent' }), start)).toBe('off')
  expect(statusOf(decision({ mode: 'agent' }), applyControl(start, 'recording_on'))).toBe('recording')
  expect(statusOf(decision({ mode: 'contract_window' }), start)).toBe('waiting_contract')
  expect(statusOf(decision({ mode: 'contract_window' }), applyControl(start, 'recording_on'))).toBe('waiting_contract')
  expect(statusOf(decision({ mode: 'contract_window' }), applyControl(start, 'contract_start'))).toBe('recording')
  expect(statusOf(decision({ record: false }), start)).toBe('not_recorded')
  expect(controlsOf(decision({ record: false }), start, false)).toEqual(['difficult'])
})

test('the controls behind any switches lead there again; what the source itself paused, or a detector masks, is no control', () => {
  fc.assert(
    fc.property(anySwitches, (s) => {
      const again = controlsBehind(s).reduce(applyControl, initialSwitches('not_asked'))
      expect(again).toEqual({ ...s, sourcePaused: false, masked: false })
    }),
  )
})

test('a mask that reaches back replaces what was planned after it', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ at: fc.integer({ min: 0, max: 1000 }), kind: fc.constantFrom(null, 'paused', 'agent_off') }),
        { maxLength: 20 },
      ),
      (steps) => {
        const masks = new Masks()
        // The model: every ns from `at` on takes the kind of the latest call.
        const model: (string | null)[] = Array.from({ length: 1100 }, () => null)
        for (const step of steps) {
          masks.set(step.kind as 'paused' | null, BigInt(step.at))
          model.fill(step.kind, step.at)
        }
        for (let ns = 0; ns < 1100; ns += 7) expect(masks.at(BigInt(ns))).toBe(model[ns])
      },
    ),
  )
})
