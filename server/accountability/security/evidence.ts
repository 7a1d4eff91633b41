import type { SecurityControl, SecurityEvidence, SecurityStatus } from '../../../contract/models/security.ts'
import { type Control, type ControlKey, controls } from './controls.ts'
import type { SecurityFacts } from './facts.ts'
import { readAll } from './measures.ts'
import type { Reading } from './reading.ts'
import { inWords, type OutsideKey, securityWords } from './words/index.ts'

/** Every control with its live evidence. Pure: the same facts give the same evidence. */
export function securityEvidence(facts: SecurityFacts): SecurityEvidence {
  const readings = readAll(facts)
  const shown = controls.map((control) => controlOf(control, readings))
  const count = (status: SecurityStatus): number => shown.filter((one) => one.status === status).length
  return {
    madeAt: new Date(Math.max(...Object.values(facts).map(({ atMs }) => atMs))).toISOString(),
    product: facts.installation.product,
    counts: { shown: count('shown'), attention: count('attention'), outside: count('outside') },
    controls: shown,
  }
}

/** Without anything measured it is for the organisation to show; one bad reading asks for attention. */
export function statusOf(readings: readonly Pick<Reading, 'good'>[]): SecurityStatus {
  if (readings.length === 0) return 'outside'
  return readings.some(({ good }) => good === false) ? 'attention' : 'shown'
}

function controlOf(control: Control & { key: ControlKey }, readings: ReturnType<typeof readAll>): SecurityControl {
  const { key, measures, checks, ...named } = control
  const evidence = measures.map((measure) => {
    const { value, good, atMs } = readings[measure]
    return {
      key: measure,
      label: inWords((w) => w.measures[measure]),
      value,
      good,
      at: new Date(atMs).toISOString(),
    }
  })
  return {
    ...named,
    key,
    subject: inWords((w) => w.subjects[key]),
    status: statusOf(evidence),
    evidence,
    checks: checks.map((check) => inWords((w) => w.checkSteps[check])),
    provide: isOutside(key) ? inWords((w) => w.toProvide[key]) : null,
  }
}

const isOutside = (key: ControlKey): key is OutsideKey => key in securityWords.en.toProvide
