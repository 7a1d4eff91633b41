import { createCipheriv, createDecipheriv, hash, timingSafeEqual, type CipherGCMTypes } from 'node:crypto'
import { deriveKeys, type SessionKeys } from './kdf.ts'
import { PacketIndex } from './replay.ts'
import { SUITES, type SrtpKey, type Suite, type SuiteName } from './srtp-suites.ts'

export type Unprotected = Buffer | 'unauthentic' | 'replayed' | 'malformed'

/** Sources remembered per stream; the oldest gives way. Only an authentic packet makes one. */
const MAX_SOURCES = 32

/** Length of the RTP header with contributing sources and extension; -1 when it does not fit. */
export function headerBytes(packet: Buffer): number {
  if (packet.length < 12) return -1
  const first = packet[0] as number
  let length = 12 + (first & 15) * 4
  if (first & 0x10) {
    if (packet.length < length + 4) return -1
    length += 4 + packet.readUInt16BE(length + 2) * 4
  }
  return length <= packet.length ? length : -1
}

/**
 * The receiving side of SRTP (RFC 3711, 6188, 7714) for one stream and its keys. Authenticates before it decrypts, keeps a
 * replay window and roll-over counter per SSRC. `rolloverHint` is the counter a re-keyed source may carry on with.
 */
export class SrtpReceiver {
  readonly suite: SuiteName
  #profile: Suite
  #keys: { mki: Buffer | null; context: KeyContext }[]
  #sources = new Map<number, PacketIndex>()
  #hint: (ssrc: number) => number

  constructor(suite: SuiteName, keys: readonly SrtpKey[], rolloverHint: (ssrc: number) => number = () => 0) {
    this.suite = suite
    this.#profile = SUITES[suite]
    this.#keys = keys.map(({ key, salt, mki }) => ({
      mki,
      context: createContext(this.#profile, deriveKeys(this.#profile, key, salt)),
    }))
    this.#hint = rolloverHint
  }

  rolloverOf(ssrc: number): number {
    return this.#sources.get(ssrc)?.rollover ?? 0
  }

  /** The packet as plain RTP in a buffer of its own: header and payload, tag and MKI removed. */
  unprotect(packet: Buffer): Unprotected {
    const header = headerBytes(packet)
    const mkiBytes = this.#keys[0]?.mki?.length ?? 0
    if (header < 0 || packet.length < header + this.#profile.tagBytes + mkiBytes) return 'malformed'
    const context = this.#contextOf(packet, mkiBytes)
    if (!context) return 'unauthentic'
    const ssrc = packet.readUInt32BE(8)
    const sequence = packet.readUInt16BE(2)
    const source = this.#sources.get(ssrc)
    const shape = { header, mkiBytes }
    if (!source) return this.#firstOf(packet, { ssrc, sequence, context, shape })
    const index = source.guess(sequence)
    if (index < 0 || source.replayed(index)) return 'replayed'
    const plain = context.open(packet, index, shape)
    if (plain) source.accept(index)
    return plain ?? 'unauthentic'
  }

  #firstOf(packet: Buffer, first: { ssrc: number; sequence: number; context: KeyContext; shape: Shape }): Unprotected {
    const { ssrc, sequence, context, shape } = first
    const hint = this.#hint(ssrc)
    for (const rollover of hint > 0 ? [0, hint, hint + 1] : [0]) {
      const index = rollover * 65_536 + sequence
      const plain = context.open(packet, index, shape)
      if (!plain) continue
      if (this.#sources.size >= MAX_SOURCES) this.#sources.delete(this.#sources.keys().next().value as number)
      this.#sources.set(ssrc, new PacketIndex(index))
      return plain
    }
    return 'unauthentic'
  }

  #contextOf(packet: Buffer, mkiBytes: number): KeyContext | undefined {
    if (mkiBytes === 0) return this.#keys[0]?.context
    // RFC 3711 §3.1: MKI before the tag. RFC 7714 §8.2: the tag belongs to the ciphertext, so the MKI is last.
    const end = this.#profile.aead ? packet.length : packet.length - this.#profile.tagBytes
    const mki = packet.subarray(end - mkiBytes, end)
    return this.#keys.find((one) => one.mki?.equals(mki))?.context
  }
}

type Shape = { header: number; mkiBytes: number }

/** One master key at work. `open` returns null when the packet is not authentic. */
type KeyContext = { open(packet: Buffer, index: number, shape: Shape): Buffer | null }

/** The work of one set of session keys; exported for the standards' vectors. */
export const createContext = (profile: Suite, keys: SessionKeys): KeyContext =>
  profile.aead ? gcmContext(profile, keys) : counterContext(profile, keys)

function gcmContext(profile: Suite, keys: SessionKeys): KeyContext {
  const algorithm: CipherGCMTypes = profile.keyBytes === 32 ? 'aes-256-gcm' : 'aes-128-gcm'
  const iv = Buffer.alloc(12)
  return {
    open(packet, index, { header, mkiBytes }) {
      const end = packet.length - mkiBytes - profile.tagBytes
      // RFC 7714 §8.1: 00 00 | SSRC | ROC | SEQ, exclusive-or the salt.
      iv.fill(0, 0, 2)
      packet.copy(iv, 2, 8, 12)
      iv.writeUIntBE(index, 6, 6)
      for (let i = 0; i < 12; i++) iv[i] = (iv[i] as number) ^ (keys.salt[i] as number)
      const decipher = createDecipheriv(algorithm, keys.cipherKey, iv, { authTagLength: 16 })
      decipher.setAAD(packet.subarray(0, header)).setAuthTag(packet.subarray(end, end + profile.tagBytes))
      const plain = decipher.update(packet.subarray(header, end))
      try {
        decipher.final()
      } catch {
        return null
      }
      const out = Buffer.allocUnsafe(end)
      packet.copy(out, 0, 0, header)
      plain.copy(out, header)
      return out
    },
  }
}

/** Largest packet whose key stream is made in one go, bytes. */
const MAX_PACKET = 65_536

/**
 * Counter mode over one long-lived block cipher: making the key stream with a cipher that keeps its key schedule costs a
 * fraction of a new cipher per packet. Likewise HMAC over two one-shot hashes with the padded keys made once.
 */
function counterContext(profile: Suite, keys: SessionKeys): KeyContext {
  const blocks = createCipheriv(`aes-${profile.keyBytes * 8}-ecb`, keys.cipherKey, null).setAutoPadding(false)
  const innerPad = Buffer.alloc(64)
  const outer = Buffer.alloc(64 + 20)
  for (let i = 0; i < 64; i++) {
    innerPad[i] = (keys.authKey[i] ?? 0) ^ 0x36
    outer[i] = (keys.authKey[i] ?? 0) ^ 0x5c
  }
  return {
    open(packet, index, { header, mkiBytes }) {
      const tagAt = packet.length - profile.tagBytes
      const end = tagAt - mkiBytes
      innerPad.copy(inner)
      packet.copy(inner, 64, 0, end)
      inner.writeUInt32BE(Math.floor(index / 65_536) >>> 0, 64 + end)
      hash('sha1', inner.subarray(0, 64 + end + 4), 'buffer').copy(outer, 64)
      const mac = hash('sha1', outer, 'buffer')
      if (!timingSafeEqual(mac.subarray(0, profile.tagBytes), packet.subarray(tagAt))) return null
      const out = Buffer.allocUnsafe(end)
      packet.copy(out, 0, 0, end)
      applyKeyStream(out, header, blocks.update(counters(packet, index, keys.salt, end - header)))
      return out
    },
  }
}

/** Scratch for one packet at a time: nothing here outlives a call. */
const inner = Buffer.alloc(64 + MAX_PACKET + 4)
const counterBlocks = Buffer.alloc(MAX_PACKET + 16)

/** The counter blocks of one packet (RFC 3711 §4.1.1): salt ⊕ SSRC ⊕ index, then a 16-bit block count. */
function counters(packet: Buffer, index: number, salt: Buffer, length: number): Buffer {
  const count = Math.ceil(length / 16)
  salt.copy(counterBlocks, 0, 0, 14)
  for (let i = 0; i < 4; i++) counterBlocks[4 + i] = (counterBlocks[4 + i] as number) ^ (packet[8 + i] as number)
  for (let i = 0, rest = index; i < 6; i++) {
    counterBlocks[13 - i] = (counterBlocks[13 - i] as number) ^ (rest % 256)
    rest = Math.floor(rest / 256)
  }
  for (let block = 0; block < count; block++) {
    if (block > 0) counterBlocks.copy(counterBlocks, block * 16, 0, 14)
    counterBlocks.writeUInt16BE(block, block * 16 + 14)
  }
  return counterBlocks.subarray(0, count * 16)
}

function applyKeyStream(out: Buffer, from: number, stream: Buffer): void {
  for (let i = from; i < out.length; i++) out[i] = (out[i] as number) ^ (stream[i - from] as number)
}
