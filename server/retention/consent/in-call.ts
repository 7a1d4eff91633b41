import type { ConsentChannel } from '../../../contract/models/consent.ts'
import type { NewConsent } from './consents.ts'

/** A caller's answer in a call, as the recorder tells it. */
export type SaidInCall = {
  callId: string
  caller: Buffer | null
  kind: 'given' | 'refused' | 'withdrawn' | 'objected'
  protocol: string
  by: string
  atMs: number
  recordedBy: string | null
}

/** Protocols with a field for consent; others are told by the platform's own programs. */
const channels: Record<string, ConsentChannel> = {
  siprec: 'siprec',
  audiohook: 'audiohook',
  upload: 'import',
  vcon: 'import',
}

/** The record of an answer about one call and all its purposes. */
export function consentOf({ protocol, by, ...said }: SaidInCall): Omit<NewConsent, 'announcement'> {
  const heard = by === 'agent' || by === 'supervisor'
  const told = by === 'api' ? 'ivr_api' : (channels[protocol] ?? 'ivr_api')
  const channel = heard ? 'spoken' : by === 'caller_key' ? 'dtmf' : told
  return { ...said, purpose: null, channel }
}
