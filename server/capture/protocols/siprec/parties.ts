import type { CallFacts, Direction, LegFacts, Party, PartyRole } from '../../source.ts'
import type { Participant, Snapshot } from './metadata/snapshot.ts'
import type { AgentPattern, SiprecSettings } from './settings.ts'
import { parseNameAddr, parseUri } from './sip/values.ts'

/** What the metadata means for the recorder. Unknown stays unknown: SIPREC does not say who is the agent. */
export type Interpretation = {
  facts: Pick<CallFacts, 'direction' | 'agent' | 'parties'>
  /** Whoever is heard on the line with this `a=label`: the role, and the address when it is one person. */
  heardOn(label: string | null): Pick<LegFacts, 'role' | 'address'>
  /** Identity of the recorded conversation, when the source gives one. */
  conversationKey: string | undefined
}

type Rules = Pick<SiprecSettings, 'agentPatterns' | 'direction'>

/** User part of an address, without password or parameters, unescaped: what two spellings of one address share. */
export function userOf(address: string | undefined): string {
  if (address === undefined) return ''
  const uri = parseNameAddr(address)?.uri ?? address
  const user = parseUri(uri)?.user ?? uri.replace(/^[a-z][\w+.-]*:/i, '').split('@')[0] ?? ''
  const bare = user.split(/[;:]/)[0] ?? ''
  try {
    return decodeURIComponent(bare).trim()
  } catch {
    return bare.trim()
  }
}

/** Whether an address is one of the agents', by the administrator's patterns. */
export function isAgent(address: string | undefined, patterns: readonly AgentPattern[]): boolean {
  if (address === undefined) return false
  const host = (parseUri(address)?.host ?? address.split('@')[1] ?? '').toLowerCase()
  const user = userOf(address)
  return patterns.some((pattern) => {
    if ('domain' in pattern) return host === pattern.domain.toLowerCase()
    if ('regex' in pattern) return new RegExp(pattern.regex, 'i').test(address)
    return new RegExp(`^\\d{${pattern.extensionLength}}$`).test(user)
  })
}

/**
 * Roles, in this order: the administrator's patterns; the subscriber a vendor names; caller and callee together with a known
 * direction. Where these say nothing the role is `unknown`; document order and label numbers are never used.
 */
export function interpret(snapshot: Snapshot, rules: Rules): Interpretation {
  const { participants } = snapshot
  const callers = callersOf(snapshot)
  const roles = rolesOf(snapshot, rules, callers)
  const agents = participants.filter(({ id }) => roles.get(id) === 'agent')
  return {
    facts: {
      direction: directionOf(snapshot, rules, { roles, callers }),
      agent: agents.length === 1 ? userOf(agents[0]?.address) || undefined : snapshot.vendor.subscriber,
      parties: participants
        .slice(0, 64)
        .map((one): Party => ({ role: roles.get(one.id) ?? 'unknown', address: one.address, name: one.name })),
    },
    heardOn: (label) => heardOnLine(snapshot, roles, label),
    conversationKey: conversationOf(snapshot),
  }
}

type Roles = ReadonlyMap<string, PartyRole>
/** Participants known to be, or not to be, the caller. */
type Callers = ReadonlyMap<string, boolean>

function callersOf({ participants, vendor }: Snapshot): Callers {
  const callers = new Map<string, boolean>()
  const [from, to] = [userOf(vendor.from), userOf(vendor.to)]
  for (const one of participants) {
    const user = userOf(one.address)
    if (one.calling !== undefined) callers.set(one.id, one.calling)
    else if (user !== '' && from !== to && (user === from || user === to)) callers.set(one.id, user === from)
  }
  return callers
}

function rolesOf({ participants, vendor }: Snapshot, rules: Rules, callers: Callers): Roles {
  const roles = new Map<string, PartyRole>()
  const subscriber = userOf(vendor.subscriber)
  for (const one of participants) {
    const named = subscriber !== '' && userOf(one.address) === subscriber
    if (named || isAgent(one.address, rules.agentPatterns)) roles.set(one.id, 'agent')
  }
  if (roles.size > 0) {
    // Someone is known to be an agent, so whoever has an address and is not one is the other side.
    for (const one of participants) if (!roles.has(one.id) && one.address !== undefined) roles.set(one.id, 'customer')
    return roles
  }
  const direction = vendor.direction ?? (rules.direction === 'unknown' ? undefined : rules.direction)
  if (direction === undefined) return roles
  for (const [id, calling] of callers) roles.set(id, calling === (direction === 'inbound') ? 'customer' : 'agent')
  return roles
}

function directionOf(
  { participants, vendor }: Snapshot,
  rules: Rules,
  known: { roles: Roles; callers: Callers },
): Direction | undefined {
  const roles = participants.map(({ id }) => known.roles.get(id))
  if (participants.length > 1 && roles.every((role) => role === 'agent')) return 'internal'
  if (vendor.direction !== undefined) return vendor.direction
  const caller = participants.find(({ id }) => known.callers.get(id) === true)
  const role = caller === undefined ? undefined : known.roles.get(caller.id)
  if (role === 'agent') return 'outbound'
  if (role === 'customer') return 'inbound'
  return rules.direction === 'unknown' ? undefined : rules.direction
}

/** Label → stream → participants whose `send` names it. Several on one line (a mixed stream) must agree. */
function heardOnLine(
  { streams, participants }: Snapshot,
  roles: Roles,
  label: string | null,
): Pick<LegFacts, 'role' | 'address'> {
  const wanted = label?.trim() ?? ''
  const stream = wanted === '' ? undefined : streams.find((one) => one.label === wanted)
  if (!stream) return { role: 'unknown' }
  const people = participants.filter((one: Participant) => one.sends.includes(stream.id))
  const heard = people.map(({ id }) => roles.get(id) ?? 'unknown')
  const [first] = heard
  const role = first !== undefined && heard.every((one) => one === first) ? first : 'unknown'
  return { role, address: people.length === 1 ? people[0]?.address : undefined }
}

function conversationOf({ groups, sessions, vendor }: Snapshot): string | undefined {
  if (groups.length === 1) return `group:${groups[0]}`
  const sessionId = sessions.find((one) => one.sipSessionId !== undefined)?.sipSessionId
  if (sessionId !== undefined) return `session:${normalSessionId(sessionId)}`
  return vendor.callId === undefined ? undefined : `call:${vendor.callId}`
}

/** A Session-ID (RFC 7989) reads `mine;remote=yours` on one side and the reverse on the other: ordered, both agree. */
function normalSessionId(value: string): string {
  const [local = '', ...params] = value.split(';').map((part) => part.trim())
  const remote = params.find((param) => /^remote=/i.test(param))?.slice(7) ?? ''
  return [local, remote]
    .filter((half) => half !== '' && !/^0+$/.test(half))
    .toSorted()
    .join('+')
}
