import type { ControlAction, RecordingStatus } from '../../../contract/models/calls.ts'
import type { Decision } from '../../../contract/models/policy.ts'
import type { MaskKind } from '../media/index.ts'

/** What people, the platform and the caller have switched on one call. */
export type Switches = {
  consent: 'yes' | 'no' | 'not_asked'
  agentOn: boolean
  inContract: boolean
  paused: boolean
  sourcePaused: boolean
  /** A detector hears card or bank data. */
  masked: boolean
}

export const initialSwitches = (consent: Switches['consent']): Switches => ({
  consent,
  agentOn: false,
  inContract: false,
  paused: false,
  sourcePaused: false,
  masked: false,
})

/**
 * Why audio is left out right now, or null when it is kept. Pure; the order is the order of the reasons' weight: a pause
 * for sensitive data is named before anything else, then the caller's will, then the modes.
 */
export function leftOutBecause(decision: Decision, s: Switches): MaskKind | null {
  if (s.paused) return 'paused'
  if (s.masked) return 'sensitive'
  if (s.consent === 'no' || (decision.consent === 'opt_in' && s.consent !== 'yes')) return 'no_consent'
  if (decision.mode === 'agent' && !s.agentOn) return 'agent_off'
  if (decision.mode === 'contract_window' && !s.inContract) return 'outside_contract'
  return s.sourcePaused ? 'source_paused' : null
}

/** Whether anything of the call may be stored: live help alone keeps nothing. */
export const stores = (decision: Decision): boolean => decision.record && decision.purposes.some((p) => p !== 'assist')

/** What the agent's page shows. */
export function statusOf(decision: Decision, s: Switches): RecordingStatus {
  if (!stores(decision)) return 'not_recorded'
  const why = leftOutBecause(decision, s)
  if (why === null) return 'recording'
  if (why === 'paused' || why === 'source_paused') return 'paused'
  if (why === 'sensitive') return 'masked'
  if (why === 'no_consent') return 'no_consent'
  return why === 'agent_off' ? 'off' : 'waiting_contract'
}

/**
 * Why nobody listens right now, not even for assistance; null when somebody may. That the recording is off, or no contract is being
 * made, stops no help; that a detector leaves out card data does not stop it from hearing when that is over.
 */
export function unheardBecause(decision: Decision, s: Switches): MaskKind | null {
  const why = leftOutBecause(decision, { ...s, masked: false })
  return why === 'agent_off' || why === 'outside_contract' ? null : why
}

/** Which controls make sense now. A pause is offered only where the policy lets the agent pause. */
export function controlsOf(decision: Decision, s: Switches, difficult: boolean): ControlAction[] {
  const list: ControlAction[] = [difficult ? 'not_difficult' : 'difficult']
  if (!stores(decision)) return list
  if (decision.mode === 'agent') list.push(s.agentOn ? 'recording_off' : 'recording_on')
  if (decision.mode === 'contract_window' || decision.purposes.includes('evidence'))
    list.push(s.inContract ? 'contract_end' : 'contract_start')
  if (s.paused) list.push('resume')
  else if (decision.pause.agent) list.push('pause')
  if (s.consent !== 'no') list.push('consent_no')
  if (s.consent !== 'yes') list.push('consent_yes')
  return list
}

/** The controls that lead from fresh switches to these, for a source that joins a conversation under way. */
export const controlsBehind = (s: Switches): ControlAction[] => [
  ...(s.consent === 'not_asked' ? [] : [s.consent === 'yes' ? ('consent_yes' as const) : ('consent_no' as const)]),
  ...(s.agentOn ? (['recording_on'] as const) : []),
  ...(s.inContract ? (['contract_start'] as const) : []),
  ...(s.paused ? (['pause'] as const) : []),
]

/** The switches after a control. Controls that do not apply leave them as they are. */
export function applyControl(s: Switches, action: ControlAction): Switches {
  switch (action) {
    case 'recording_on':
      return { ...s, agentOn: true }
    case 'recording_off':
      return { ...s, agentOn: false }
    case 'pause':
      return { ...s, paused: true }
    case 'resume':
      return { ...s, paused: false }
    case 'contract_start':
      return { ...s, inContract: true }
    case 'contract_end':
      return { ...s, inContract: false }
    case 'consent_yes':
      return { ...s, consent: 'yes' }
    case 'consent_no':
      return { ...s, consent: 'no' }
    default:
      return s
  }
}
