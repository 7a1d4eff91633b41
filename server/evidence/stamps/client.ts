import { createHash, randomBytes } from 'node:crypto'
import {
  type Certificate,
  encodeRequest,
  newNonce,
  readAnchors,
  type Timestamp,
  TimestampError,
  verifyResponse,
} from '../../../proof/timestamp/index.ts'
import type { Clock } from '../../platform/clock.ts'
import { messageOf, Problem } from '../../platform/problem.ts'

/** Where stamps are asked for and whom to believe. */
export type AuthoritySettings = {
  url: string
  /** PEM text of the roots. */
  anchors: string
  /** Object identifier of the one policy accepted. */
  policy?: string | undefined
  /** Further request headers, such as `Authorization`. */
  headers?: Record<string, string> | undefined
  /** Longest wait for the whole answer, ms. */
  timeoutMs: number
}

export type Stamp = { token: Buffer; timestamp: Timestamp }

/** A time stamp authority, seen from here. */
export type Authority = {
  /**
   * A checked stamp over a SHA-256. Throws Problem `stamp_unreachable` (no answer, or not one of an authority) or
   * `stamp_refused` (an answer that must not be believed; `reason` is the TimestampCode). `giveUp` ends the wait.
   */
  stamp(digest: Buffer, giveUp?: AbortSignal): Promise<Stamp>
}

export const sha256 = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest()

const replyType = 'application/timestamp-reply'
/** An answer is a token and a few certificates. */
const maxReplyBytes = 65_536

/** The client of one authority (RFC 3161 §3.4: HTTP). Throws Problem `config_invalid` when the roots cannot be read. */
export function createAuthority(
  settings: AuthoritySettings,
  deps: { clock: Clock; random?: typeof randomBytes },
): Authority {
  const anchors = anchorsOf(settings.anchors)
  const { clock, random = randomBytes } = deps
  return {
    async stamp(digest, giveUp) {
      const { policy } = settings
      const nonce = newNonce((bytes) => random(bytes))
      const reply = await post(settings, encodeRequest({ digest, nonce, policy }), giveUp)
      try {
        return verifyResponse(reply, { digest, nonce, policy, anchors, nowMs: clock.now() })
      } catch (e) {
        if (!(e instanceof TimestampError)) throw e
        throw new Problem('stamp_refused', 502, `The time stamp was not accepted: ${e.message}.`, { reason: e.code })
      }
    },
  }
}

function anchorsOf(pem: string): Certificate[] {
  try {
    return readAnchors(pem)
  } catch (e) {
    throw new Problem(
      'config_invalid',
      500,
      `Configuration: evidence.timestamp.anchors must be a PEM file with the authority's root certificates (${messageOf(e)}).`,
    )
  }
}

async function post(settings: AuthoritySettings, request: Buffer, giveUp?: AbortSignal): Promise<Buffer> {
  const unreachable = (why: string): Problem =>
    new Problem('stamp_unreachable', 502, `The time stamp authority gave no stamp: ${why}.`)
  const timeout = AbortSignal.timeout(settings.timeoutMs)
  try {
    const response = await fetch(settings.url, {
      method: 'POST',
      headers: { ...settings.headers, 'content-type': 'application/timestamp-query', accept: replyType },
      body: Uint8Array.from(request),
      redirect: 'error',
      signal: giveUp ? AbortSignal.any([timeout, giveUp]) : timeout,
    })
    const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
    if (response.status === 200 && type === replyType) return await bodyOf(response)
    await response.body?.cancel()
    throw unreachable(response.status === 200 ? `its answer is ${type ?? 'of no type'}` : `HTTP ${response.status}`)
  } catch (e) {
    if (e instanceof Problem) throw e
    throw unreachable(reasonOf(e))
  }
}

/** Reads at most `maxReplyBytes`: an authority that goes on sending is left. */
async function bodyOf(response: Response): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of response.body ?? []) {
    length += piece.length
    if (length > maxReplyBytes) throw new Error(`its answer is over ${maxReplyBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** What fetch keeps in the error's cause: the socket's own words. */
function reasonOf(e: unknown): string {
  const cause = e instanceof Error ? e.cause : undefined
  return cause === undefined ? messageOf(e) : messageOf(cause)
}
