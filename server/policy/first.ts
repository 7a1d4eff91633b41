import type { PolicyRule } from '../../contract/models/policy.ts'
import { anyCall, firstRuleName } from '../../contract/rules.ts'
import { newId } from '../platform/ids.ts'

export const firstNote =
  'First version, made at installation. Recordings that staff add are kept for evidence and training. No rule covers calls in progress: nothing of them is recorded until somebody writes a rule that says why.'

/** The policy a new installation starts from: what is brought in is kept, what is spoken is not recorded. */
export function firstRules(): PolicyRule[] {
  return [
    {
      id: newId(),
      name: firstRuleName,
      when: { ...anyCall, protocols: ['upload', 'vcon'] },
      action: { kind: 'all' },
      legalBasis: 'legitimate_interests',
      legalText: '',
      purposes: ['evidence', 'training'],
      pause: { agent: true, platform: true, detector: false, autoResumeSeconds: 120, reachBackSeconds: 0 },
      consent: 'objection',
    },
  ]
}
