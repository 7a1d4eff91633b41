import type { AudioFormat } from '../../../source.ts'
import { parseCryptoLine, type CryptoLine } from './crypto-line.ts'

/** Payload types of a line that we understand, in the offer's order. */
export type PayloadMap = {
  audio: { pt: number; format: AudioFormat; rtpmap: string }[]
  dtmf: { pt: number; rtpmap: string }[]
  cn: { pt: number; rtpmap: string }[]
}

type SdpDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** One m-line of an offer. */
export type OfferedLine = {
  media: string
  port: number
  protocol: string
  /** The formats exactly as written, for the answer to a refused line. */
  formats: string
  payloads: PayloadMap
  fmtp: Map<number, string>
  direction: SdpDirection
  /** `a=label` exactly as written (RFC 4574). */
  label: string | null
  /** Address the media is said to come from; null when absent or unspecified. */
  address: string | null
  rtcpMux: boolean
  /** Crypto lines we can use, in the offer's order. */
  crypto: CryptoLine[]
}

export type Offer = { lines: OfferedLine[] }

/** SDP that cannot be used. The message says why; it carries nothing personal. */
export class SdpFault extends Error {}

const MAX_LINES = 64
const STATIC_TYPES: Record<number, string> = {
  0: 'PCMU/8000',
  8: 'PCMA/8000',
  9: 'G722/8000',
  13: 'CN/8000',
  18: 'G729/8000',
  19: 'CN/8000',
}
const FORMATS: Record<string, AudioFormat> = {
  'pcmu/8000': { codec: 'PCMU', rate: 8000, channels: 1 },
  'pcma/8000': { codec: 'PCMA', rate: 8000, channels: 1 },
  'g722/8000': { codec: 'G722', rate: 8000, channels: 1 },
  'g729/8000': { codec: 'G729', rate: 8000, channels: 1 },
  'opus/48000/2': { codec: 'opus', rate: 48_000, channels: 1 },
  'opus/48000': { codec: 'opus', rate: 48_000, channels: 1 },
}

type Section = { first: string; attributes: string[]; connection: string | null }

/**
 * Reads an SDP offer (RFC 8866), CRLF or LF, far enough to answer it: every m-line is kept, in order, understood or not.
 * Throws SdpFault when it is not SDP or has an m-line that cannot be answered.
 */
export function parseOffer(sdp: Buffer): Offer {
  const [session, ...sections] = sectionsOf(sdp.toString('latin1'))
  if (!session || sections.length === 0) throw new SdpFault('no media line')
  if (sections.length > MAX_LINES) throw new SdpFault(`more than ${MAX_LINES} media lines`)
  return { lines: sections.map((section) => lineOf(section, session)) }
}

function sectionsOf(text: string): Section[] {
  const lines = text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '')
  if (!lines[0]?.startsWith('v=0')) throw new SdpFault('not SDP')
  const found: Section[] = []
  for (const line of lines) {
    const value = line.slice(2).trimEnd()
    const section = found.at(-1)
    if (line.startsWith('v=') && !section) found.push({ first: '', attributes: [], connection: null })
    else if (line.startsWith('m=')) found.push({ first: value, attributes: [], connection: null })
    else if (line.startsWith('a=')) section?.attributes.push(value)
    else if (line.startsWith('c=') && section) section.connection ??= value
  }
  return found
}

function lineOf(section: Section, session: Section): OfferedLine {
  const match = /^(\S+)\s+(\d{1,5})(?:\/\d+)?\s+(\S+)(?:\s+(.+))?$/.exec(section.first)
  if (!match || Number(match[2]) > 65_535) throw new SdpFault('malformed media line')
  const [media, port, protocol, formats = ''] = match.slice(1) as [string, string, string, string | undefined]
  const value = (name: string): string | null => attribute(section, name) ?? null
  const fmtp = new Map<number, string>()
  for (const one of valuesOf(section, 'fmtp')) {
    const parts = /^(\d{1,3})\s+(.+)$/.exec(one)
    if (parts) fmtp.set(Number(parts[1]), parts[2] as string)
  }
  return {
    media: media.toLowerCase(),
    port: Number(port),
    protocol,
    formats,
    payloads: payloadsOf(section, formats),
    fmtp,
    direction: directionOf(section) ?? directionOf(session) ?? 'sendrecv',
    label: value('label'),
    address: addressOf(section.connection ?? session.connection),
    rtcpMux: section.attributes.includes('rtcp-mux'),
    crypto: valuesOf(section, 'crypto')
      .map(parseCryptoLine)
      .filter((line) => line !== null),
  }
}

const valuesOf = (section: Section, name: string): string[] =>
  section.attributes.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim())

const attribute = (section: Section, name: string): string | undefined =>
  valuesOf(section, name).find((value) => value !== '')

const isDirection = (text: string): text is SdpDirection => /^(sendrecv|sendonly|recvonly|inactive)$/.test(text)

const directionOf = (section: Section): SdpDirection | undefined => section.attributes.findLast(isDirection)

function addressOf(connection: string | null): string | null {
  const address = /^IN\s+IP[46]\s+([^\s/]+)/i.exec(connection ?? '')?.[1]
  return address === undefined || address === '0.0.0.0' || address === '::' ? null : address
}

function payloadsOf(section: Section, formats: string): PayloadMap {
  const maps = new Map<number, string>()
  for (const one of valuesOf(section, 'rtpmap')) {
    const parts = /^(\d{1,3})\s+(\S+)/.exec(one)
    if (parts) maps.set(Number(parts[1]), parts[2] as string)
  }
  const payloads: PayloadMap = { audio: [], dtmf: [], cn: [] }
  for (const text of new Set(formats.split(/\s+/))) {
    const pt = Number(text)
    const rtpmap = maps.get(pt) ?? STATIC_TYPES[pt]
    if (!/^\d{1,3}$/.test(text) || pt > 127 || rtpmap === undefined) continue
    // One channel may be written out: PCMU/8000/1.
    const name = rtpmap.toLowerCase().replace(/^([^/]+\/\d+)\/1$/, '$1')
    const format = FORMATS[name]
    if (format) payloads.audio.push({ pt, format, rtpmap })
    else if (name.startsWith('telephone-event/')) payloads.dtmf.push({ pt, rtpmap })
    else if (name.startsWith('cn/')) payloads.cn.push({ pt, rtpmap })
  }
  return payloads
}
