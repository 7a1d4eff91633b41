import type { RawMetadata } from '../../source.ts'
import { mediaType, splitMultipart, type Part } from './multipart.ts'
import { first, type SipRequest } from './sip/message.ts'

/** What a request's body holds for us. */
export type SessionBody = {
  sdp: Buffer | null
  metadata: RawMetadata | null
}

/** Media types we read, as the Accept header lists them. */
export const ACCEPTED_TYPES = 'application/sdp, application/rs-metadata+xml, application/rs-metadata, multipart/mixed'

const NO_BODY: SessionBody = { sdp: null, metadata: null }
const METADATA_TYPE = /^application\/rs-metadata(\+xml)?$/
const METADATA_ROOT = /<(?:[\w-]+:)?recording(?:[_-]metadata)?[\s>]/i

const looksLikeSdp = (content: Buffer): boolean => /^\s*v=0\r?\n/.test(content.toString('latin1', 0, 64))

const looksLikeMetadata = (content: Buffer): boolean =>
  METADATA_ROOT.test(content.toString('latin1', 0, 2048).replaceAll('\0', ''))

/**
 * Finds SDP and recording metadata in a body, by type first and by content where the type is broken. Null when the body is
 * of a type we do not read (415).
 */
export function readBody(request: SipRequest): SessionBody | null {
  const { body, headers } = request
  if (body.length === 0) return NO_BODY
  const contentType = first(headers, 'content-type') ?? ''
  const encoding = first(headers, 'content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return null
  const type = mediaType(contentType)
  if (type.startsWith('multipart/')) return pick(splitMultipart(body, contentType))
  const whole: Part = { type, disposition: mediaType(first(headers, 'content-disposition')), content: body }
  const found = pick([whole])
  return found.sdp || found.metadata || isOptional(headers) ? found : null
}

const isOptional = (headers: SipRequest['headers']): boolean =>
  /handling\s*=\s*optional/i.test(first(headers, 'content-disposition') ?? '')

function pick(parts: readonly Part[]): SessionBody {
  const sdp = parts.find((part) => part.type === 'application/sdp') ?? parts.find((part) => looksLikeSdp(part.content))
  const others = parts.filter((part) => part !== sdp)
  const metadata =
    others.find((part) => METADATA_TYPE.test(part.type)) ??
    others.find((part) => part.disposition === 'recording-session') ??
    others.find((part) => looksLikeMetadata(part.content))
  return {
    sdp: sdp?.content ?? null,
    metadata: metadata
      ? { mediaType: metadata.type || 'application/rs-metadata+xml', bytes: Buffer.from(metadata.content) }
      : null,
  }
}

const SIGNALS = ['10', '11', '12', '13', '14', '15']

/** The key an INFO reports (`application/dtmf-relay`, `application/dtmf`); null when it reports none. */
export function readKey({ body, headers }: SipRequest): string | null {
  const type = mediaType(first(headers, 'content-type') ?? '')
  const text = body.toString('latin1', 0, 256)
  const relayed = /^\s*signal\s*=\s*(1[0-5]|[0-9A-D*#])\s*$/im.exec(text)?.[1]
  const signal = type === 'application/dtmf-relay' ? relayed : type === 'application/dtmf' ? text.trim() : undefined
  if (signal === undefined || !/^(1[0-5]|[0-9A-D*#])$/i.test(signal)) return null
  return SIGNALS.includes(signal) ? ('*#ABCD'[SIGNALS.indexOf(signal)] as string) : signal.toUpperCase()
}
