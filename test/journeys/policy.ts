import type { PolicyRule } from '../../contract/models/policy.ts'
import { anyCall } from '../../contract/rules.ts'
import { newId } from '../../server/platform/ids.ts'
import type { Client } from './server.ts'

/** A rule that records every call, bent as a test needs. */
export const rule = (over: Partial<PolicyRule> = {}): PolicyRule => ({
  id: newId(),
  name: 'Tutte',
  when: anyCall,
  action: { kind: 'all' },
  legalBasis: 'contract',
  legalText: '',
  purposes: ['evidence', 'training'],
  pause: { agent: true, platform: true, detector: false, autoResumeSeconds: 0, reachBackSeconds: 0 },
  consent: 'objection',
  ...over,
})

/** Publishes these rules as the next version. */
export async function publish(who: Client, rules: PolicyRule[]): Promise<void> {
  const { version } = await who.api('GET /policy')
  await who.api('POST /policy/versions', { body: { rules, note: 'prova', basedOn: version } })
}
