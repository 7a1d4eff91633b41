import type { CallFacts, Direction, Party } from '../../source.ts'

/** Longest text taken over from a source, in characters; longer values are not facts but noise. */
const MAX_TEXT = 512

/** A short text or number as text; undefined for anything else and for emptiness. */
export function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  return text !== '' && text.length <= MAX_TEXT ? text : undefined
}

/** `inbound`, `outbound-api`, `internal`, … as sources write them. */
export function directionOf(value: unknown): Direction | undefined {
  const text = textOf(value)?.toLowerCase() ?? ''
  if (/^(in$|inbound|incoming)/.test(text)) return 'inbound'
  if (/^(out$|outbound|outgoing|trunking-originating)/.test(text)) return 'outbound'
  return text === 'internal' ? 'internal' : undefined
}

/** Consent as sources write it. Anything not understood is undefined, never a yes. */
export function consentOf(value: unknown): CallFacts['consent'] {
  const text = typeof value === 'boolean' ? String(value) : (textOf(value)?.toLowerCase() ?? '')
  if (['yes', 'true', 'granted', '1'].includes(text)) return 'yes'
  if (['no', 'false', 'denied', 'refused', '0'].includes(text)) return 'no'
  return ['not_asked', 'not-asked', 'none'].includes(text) ? 'not_asked' : undefined
}

/** ISO 3166-1 alpha-2 in upper case. */
export function countryOf(value: unknown): string | undefined {
  const text = textOf(value) ?? ''
  return /^[A-Za-z]{2}$/.test(text) ? text.toUpperCase() : undefined
}

export type Numbers = { from?: unknown; to?: unknown; fromName?: unknown; toName?: unknown }

/**
 * The facts our documentation asks administrators to pass as custom parameters: `direction`, `queue`, `skill`, `agent`,
 * `consent`, `customer`, `customer_name`, `customer_country`, `agent_name`, `agent_country`. Unknown keys stay in the raw metadata only.
 */
export function wellKnownFacts(values: Record<string, unknown>, numbers: Numbers = {}): CallFacts {
  const direction = directionOf(values['direction'])
  return {
    direction,
    queue: textOf(values['queue']),
    skill: textOf(values['skill']),
    agent: textOf(values['agent']),
    consent: consentOf(values['consent']),
    parties: partiesOf(values, numbers, direction),
  }
}

function partiesOf(values: Record<string, unknown>, numbers: Numbers, direction: Direction | undefined): Party[] {
  const [from, to] = [textOf(numbers.from), textOf(numbers.to)]
  const [fromName, toName] = [textOf(numbers.fromName), textOf(numbers.toName)]
  // The far end of an outbound call is the called number; without a direction the caller is taken for the customer.
  const outbound = direction === 'outbound'
  const customer: Party = {
    role: 'customer',
    address: textOf(values['customer']) ?? (outbound ? to : from),
    name: textOf(values['customer_name']) ?? (outbound ? toName : fromName),
    country: countryOf(values['customer_country'] ?? values['country']),
  }
  const agent: Party = {
    role: 'agent',
    address: textOf(values['agent']),
    name: textOf(values['agent_name']),
    country: countryOf(values['agent_country']),
  }
  const line: Party = { role: 'unknown', address: outbound ? from : to, name: outbound ? fromName : toName }
  return [customer, agent, line].filter((p) => p.address ?? p.name ?? p.country)
}
