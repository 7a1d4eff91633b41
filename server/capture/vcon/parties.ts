import type { PartyRole } from '../source.ts'
import { isObject, type JsonObject } from './json.ts'
import { malformed } from './problems.ts'
import type { VconParty, VconRecording } from './types.ts'

/** Words seen for roles (contact-centre extension and older libraries). Supervisors and experts stay unknown. */
const roles: Record<string, PartyRole> = {
  agent: 'agent',
  operator: 'agent',
  representative: 'agent',
  customer: 'customer',
  client: 'customer',
  consumer: 'customer',
  contact: 'customer',
}

const some = (value: unknown): string | undefined => {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw malformed('a party')
  return value
}

/** Reads a party: its first address of tel, sip, mailto (`email` in older libraries), or our own login. */
export function readParty(party: JsonObject): VconParty {
  const own = isObject(party['verbale']) ? party['verbale'] : {}
  const civic = isObject(party['civicaddress']) ? party['civicaddress'] : {}
  const address =
    some(party['tel']) ?? some(party['sip']) ?? some(party['mailto']) ?? some(party['email']) ?? some(own['login'])
  const name = some(party['name'])
  const country = some(civic['country'])
  return {
    role: roles[some(party['role'])?.toLowerCase() ?? ''] ?? 'unknown',
    ...(address !== undefined && { address }),
    ...(name !== undefined && { name }),
    ...(country !== undefined && /^[A-Za-z]{2}$/.test(country) && { country: country.toUpperCase() }),
  }
}

/** Writes a party, its address under the name that fits. */
export function writeParty(party: VconParty): JsonObject {
  const { address } = party
  return {
    ...(address !== undefined && writeAddress(address)),
    ...(party.name !== undefined && { name: party.name }),
    ...(party.role !== 'unknown' && { role: party.role }),
    ...(party.country !== undefined && { civicaddress: { country: party.country } }),
  }
}

function writeAddress(address: string): JsonObject {
  if (/^(tel:)?\+?[\d*#][\d*#() .-]*$/i.test(address)) return { tel: address }
  if (/^mailto:/i.test(address)) return { mailto: address }
  if (/^sips?:/i.test(address) || address.includes('@')) return { sip: address }
  return { verbale: { login: address } }
}

/**
 * Parties on each of a file's channels. A mono file holds everyone the vCon lists; when a list and the channels do not match
 * otherwise, nobody can be placed.
 */
export function partiesByChannel(recording: Pick<VconRecording, 'channels'>, channels: number): number[][] {
  if (recording.channels.length === channels) return recording.channels
  if (channels === 1) return [[...new Set(recording.channels.flat())]]
  return Array.from({ length: channels }, () => [])
}
