import type { Announcement, Party } from '../../source.ts'
import { textOf, wellKnownFacts } from '../websocket/well-known.ts'
import { NULL_UUID, type OpenParameters } from './messages.ts'

/** A connection probe: Genesys checks that we answer; no call stands behind it. */
export const isProbe = (open: OpenParameters): boolean => open.conversationId === NULL_UUID

/**
 * The announcement of a session. Positions count every sample sent, so a loss shows (`sequenced`). Queue, skill, agent,
 * direction and consent are not part of AudioHook: they come from `customConfig` or `inputVariables` when configured there.
 */
export function announcementOf(sessionId: string, open: OpenParameters, raw: string): Announcement {
  const given = { ...open.customConfig, ...open.inputVariables }
  const { ani, aniName, dnis } = open.participant
  const facts = wellKnownFacts(given)
  const customer: Party = { role: 'customer', address: textOf(ani), name: textOf(aniName) }
  const told = facts.parties?.find((p) => p.role === 'customer')
  const others = facts.parties?.filter((p) => p.role !== 'customer') ?? []
  const line: Party = { role: 'unknown', address: textOf(dnis) }
  return {
    ...facts,
    protocol: 'audiohook',
    sessionKey: sessionId.toLowerCase(),
    conversationKey: open.conversationId.toLowerCase(),
    sequenced: true,
    parties: [merge(customer, told), ...others, line].filter((p) => p.address ?? p.name ?? p.country),
    raw: { mediaType: 'application/json', bytes: Buffer.from(raw) },
  }
}

function merge(signalled: Party, told: Party | undefined): Party {
  return {
    role: signalled.role,
    address: signalled.address ?? told?.address,
    name: signalled.name ?? told?.name,
    country: told?.country,
  }
}
