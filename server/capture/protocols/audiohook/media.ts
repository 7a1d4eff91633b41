import type { PartyRole } from '../../source.ts'
import { splitChannels } from '../websocket/channels.ts'
import { mediaOffer, type MediaOffer } from './messages.ts'

/** Largest audio message, in bytes: two seconds of two-channel L16. Genesys sends 100 to 200 ms at a time. */
export const MAX_FRAME = 65_536

/** `external` is the participant outside the contact centre, `internal` the agent (or whoever stands in for one). */
export const roleOf = (channel: 'external' | 'internal'): PartyRole => (channel === 'external' ? 'customer' : 'agent')

const rank = (o: MediaOffer): number =>
  (o.channels.length === 2 ? 0 : o.channels[0] === 'external' ? 2 : 4) + (o.format === 'PCMU' ? 0 : 1)

/**
 * The offer we take: both channels before one, the customer's before the agent's, PCMU before L16; null when none fits.
 * The entry is returned as offered, because the client compares it.
 */
export function selectMedia(offers: unknown[]): MediaOffer | null {
  const usable = offers.flatMap((offer) => {
    const read = mediaOffer.safeParse(offer)
    return read.success ? [read.data] : []
  })
  return usable.toSorted((a, b) => rank(a) - rank(b))[0] ?? null
}

const bytesPerSample = (media: MediaOffer): number => (media.format === 'L16' ? 2 : 1)

/** Samples per channel in a message, or null when it does not hold whole samples of every channel. */
export function samplesIn(bytes: Buffer, media: MediaOffer): number | null {
  const block = bytesPerSample(media) * media.channels.length
  return bytes.length % block === 0 ? bytes.length / block : null
}

/** One buffer per channel, in the order of `media.channels`. */
export const splitFrame = (bytes: Buffer, media: MediaOffer): Buffer[] =>
  splitChannels(bytes, media.channels.length, media.format === 'L16' ? 2 : 1)
