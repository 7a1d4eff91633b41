import type { PauseRule, PolicyRule } from '../../../contract/models/policy.ts'
import { anyCall } from '../../../contract/rules.ts'
import type { T } from '../../i18n.ts'

/** A random UUID; `crypto.randomUUID` is missing where the page is served without TLS. */
export const newRuleId = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const usualPause: PauseRule = {
  agent: true,
  platform: true,
  detector: false,
  autoResumeSeconds: 60,
  reachBackSeconds: 2,
}

export const templateKinds = ['all', 'random', 'agent', 'contract_window', 'never'] as const
export type TemplateKind = (typeof templateKinds)[number]

const parts: Record<TemplateKind, Pick<PolicyRule, 'action' | 'legalBasis' | 'purposes' | 'consent'>> = {
  all: { action: { kind: 'all' }, legalBasis: 'legal_obligation', purposes: ['evidence'], consent: 'objection' },
  random: {
    action: { kind: 'random', percent: 5 },
    legalBasis: 'legitimate_interests',
    purposes: ['training'],
    consent: 'objection',
  },
  agent: {
    action: { kind: 'agent' },
    legalBasis: 'legitimate_interests',
    purposes: ['training'],
    consent: 'objection',
  },
  contract_window: {
    action: { kind: 'contract_window' },
    legalBasis: 'contract',
    purposes: ['evidence'],
    consent: 'objection',
  },
  never: { action: { kind: 'never' }, legalBasis: null, purposes: [], consent: 'objection' },
}

/** A rule to start from. */
export const fromTemplate = (kind: TemplateKind, t: T): PolicyRule => ({
  id: newRuleId(),
  name: t(`policy.templates.${kind}.name`),
  when: anyCall,
  legalText: '',
  pause: usualPause,
  ...parts[kind],
})
