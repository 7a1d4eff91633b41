import type { AudioFormat } from '../../../source.ts'
import type { CryptoLine } from './crypto-line.ts'
import type { Offer, OfferedLine, PayloadMap } from './offer.ts'

/** What we do with one m-line of an offer. */
export type LineChoice =
  | { accepted: false; line: OfferedLine }
  | {
      accepted: true
      line: OfferedLine
      audio: { pt: number; format: AudioFormat; rtpmap: string }
      /** The key lines are protected with; null for plain RTP. */
      crypto: CryptoLine | null
      /** The source will not send: hold. */
      inactive: boolean
    }

export type AcceptedLine = Extract<LineChoice, { accepted: true }>

const PLAIN = new Set(['RTP/AVP', 'RTP/AVPF'])
const SECURE = new Set(['RTP/SAVP', 'RTP/SAVPF'])

/** Decides line by line: audio we can keep is taken, in the offer's order of codecs; everything else is refused. */
export function chooseLines(offer: Offer): LineChoice[] {
  return offer.lines.map((line): LineChoice => {
    const protocol = line.protocol.toUpperCase()
    const audio = line.payloads.audio[0]
    const refused = { accepted: false, line } as const
    if (line.media !== 'audio' || line.port === 0 || !audio) return refused
    if (!PLAIN.has(protocol) && !SECURE.has(protocol)) return refused
    // The order of crypto lines is the offerer's preference (RFC 4568 §5.1.2). On RTP/AVP they mean nothing (§7.1.1).
    const crypto = SECURE.has(protocol) ? (line.crypto[0] ?? null) : null
    if (SECURE.has(protocol) && !crypto) return refused
    return {
      accepted: true,
      line,
      audio,
      crypto,
      inactive: line.direction === 'inactive' || line.direction === 'recvonly',
    }
  })
}

/** What the answer says about an accepted line, beside what its offer gives. */
export type AnswerLine =
  | { choice: AcceptedLine; port: number; crypto: string | null }
  | { choice: LineChoice & { accepted: false } }

export type AnswerHead = { sessionId: string; version: number; address: string }

const family = (address: string): string => (address.includes(':') ? 'IP6' : 'IP4')

/**
 * Writes our SDP: as many m-lines as the offer, in its order, each with its label; `recvonly`, or `inactive` where the offer
 * will not send; refused lines have port 0.
 */
export function writeSdp(head: AnswerHead, lines: readonly AnswerLine[]): Buffer {
  const connection = `IN ${family(head.address)} ${head.address}`
  const out = ['v=0', `o=verbale ${head.sessionId} ${head.version} ${connection}`, 's=-', `c=${connection}`, 't=0 0']
  for (const one of lines) out.push(...('port' in one ? acceptedLine(one) : refusedLine(one.choice.line)))
  return Buffer.from(`${out.join('\r\n')}\r\n`, 'latin1')
}

function refusedLine(line: OfferedLine): string[] {
  const out = [`m=${line.media} 0 ${line.protocol} ${line.formats}`.trimEnd()]
  if (line.label !== null) out.push(`a=label:${line.label}`)
  return out
}

function acceptedLine({ choice, port, crypto }: Extract<AnswerLine, { port: number }>): string[] {
  const { line, audio } = choice
  const kept = [audio, ...line.payloads.dtmf, ...line.payloads.cn]
  const out = [`m=audio ${port} ${line.protocol} ${kept.map(({ pt }) => pt).join(' ')}`]
  for (const { pt, rtpmap } of kept) {
    out.push(`a=rtpmap:${pt} ${rtpmap}`)
    const fmtp = answeredFmtp(pt, audio, line)
    if (fmtp !== undefined) out.push(`a=fmtp:${pt} ${fmtp}`)
  }
  if (crypto !== null) out.push(`a=crypto:${crypto}`)
  if (line.rtcpMux) out.push('a=rtcp-mux')
  out.push(choice.inactive ? 'a=inactive' : 'a=recvonly')
  if (line.label !== null) out.push(`a=label:${line.label}`)
  return out
}

/** Opus parameters speak for the receiver (RFC 7587 §6.1): one channel. The others are agreed on, so the offer's stand. */
const answeredFmtp = (pt: number, audio: AcceptedLine['audio'], line: OfferedLine): string | undefined =>
  pt === audio.pt && audio.format.codec === 'opus' ? 'stereo=0;useinbandfec=1' : line.fmtp.get(pt)

/** Every payload type of a line that carries audio we know: a source may ignore which one we chose. */
export const audioFormats = (payloads: PayloadMap): Map<number, AudioFormat> =>
  new Map(payloads.audio.map(({ pt, format }) => [pt, format]))
