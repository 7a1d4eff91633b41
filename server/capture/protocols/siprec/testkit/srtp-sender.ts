import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { SUITES, type SuiteName } from '../rtp/srtp-suites.ts'

/** The sending side of SRTP, written from the RFCs for tests: one cipher and one HMAC per packet, nothing shared. */
export class SrtpSender {
  readonly suite: SuiteName
  readonly masterKey: Buffer
  readonly masterSalt: Buffer
  readonly mki: Buffer
  #cipherKey: Buffer
  #authKey: Buffer
  #salt: Buffer

  constructor(suite: SuiteName, keys?: { key: Buffer; salt: Buffer; mki?: Buffer }) {
    const { keyBytes, saltBytes } = SUITES[suite]
    this.suite = suite
    this.masterKey = keys?.key ?? randomBytes(keyBytes)
    this.masterSalt = keys?.salt ?? randomBytes(saltBytes)
    this.mki = keys?.mki ?? Buffer.alloc(0)
    this.#cipherKey = this.#derive(0, keyBytes)
    this.#authKey = this.#derive(1, 20)
    this.#salt = this.#derive(2, saltBytes)
  }

  /** The value of the `a=crypto` line that announces this key. */
  cryptoLine(tag = 1, extra = ''): string {
    return `${tag} ${this.suite} inline:${Buffer.concat([this.masterKey, this.masterSalt]).toString('base64')}${extra}`
  }

  /** Protects an RTP packet whose roll-over counter is `roc`. */
  protect(packet: Buffer, roc: number): Buffer {
    let header = 12 + (packet.readUInt8(0) & 15) * 4
    if (packet.readUInt8(0) & 0x10) header += 4 + packet.readUInt16BE(header + 2) * 4
    const counter = Buffer.alloc(6)
    counter.writeUInt32BE(roc, 0)
    counter.writeUInt16BE(packet.readUInt16BE(2), 4)
    return SUITES[this.suite].aead ? this.#seal(packet, header, counter) : this.#encryptThenMac(packet, header, counter)
  }

  #seal(packet: Buffer, header: number, counter: Buffer): Buffer {
    const iv = Buffer.alloc(12)
    packet.copy(iv, 2, 8, 12)
    counter.copy(iv, 6)
    for (let i = 0; i < 12; i++) iv.writeUInt8(iv.readUInt8(i) ^ this.#salt.readUInt8(i), i)
    const bits = SUITES[this.suite].keyBytes === 32 ? 'aes-256-gcm' : 'aes-128-gcm'
    const cipher = createCipheriv(bits, this.#cipherKey, iv)
    cipher.setAAD(packet.subarray(0, header))
    const sealed = Buffer.concat([cipher.update(packet.subarray(header)), cipher.final()])
    return Buffer.concat([packet.subarray(0, header), sealed, cipher.getAuthTag(), this.mki])
  }

  #encryptThenMac(packet: Buffer, header: number, counter: Buffer): Buffer {
    const iv = Buffer.alloc(16)
    this.#salt.copy(iv)
    for (let i = 0; i < 4; i++) iv.writeUInt8(iv.readUInt8(4 + i) ^ packet.readUInt8(8 + i), 4 + i)
    for (let i = 0; i < 6; i++) iv.writeUInt8(iv.readUInt8(8 + i) ^ counter.readUInt8(i), 8 + i)
    const cipher = createCipheriv(`aes-${this.#cipherKey.length * 8}-ctr`, this.#cipherKey, iv)
    const out = Buffer.concat([packet.subarray(0, header), cipher.update(packet.subarray(header))])
    const mac = createHmac('sha1', this.#authKey).update(out).update(counter.subarray(0, 4)).digest()
    return Buffer.concat([out, this.mki, mac.subarray(0, SUITES[this.suite].tagBytes)])
  }

  #derive(label: number, length: number): Buffer {
    const x = Buffer.alloc(16)
    this.masterSalt.copy(x)
    x.writeUInt8(x.readUInt8(7) ^ label, 7)
    return createCipheriv(`aes-${this.masterKey.length * 8}-ctr`, this.masterKey, x).update(Buffer.alloc(length))
  }
}
