import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CHUNK_BYTES,
  ContainerError,
  chunkPosition,
  decrypt,
  deriveMessageKey,
  encrypt,
  encryptStream,
  HEADER_BYTES,
  type MessageSource,
  messageBytes,
  messageLayout,
  openChunk,
  openMessage,
  SEALED_CHUNK_BYTES,
  sealChunk,
  TAG_BYTES,
} from './container.ts'

const KEY = createHash('sha256').update('test key').digest()
const CONTEXT = Buffer.from('test context')

/** Deterministic bytes that do not repeat at chunk distance. */
function pattern(length: number): Buffer {
  const out = Buffer.allocUnsafe(length)
  for (let i = 0; i < length; i++) out[i] = (i * 31 + Math.floor(i / 256) * 7) & 255
  return out
}

const inMemory = (message: Buffer): MessageSource => ({
  size: message.length,
  read: async (position, length) => message.subarray(position, position + length),
})

function refusal(work: () => unknown): string {
  try {
    work()
  } catch (e) {
    if (e instanceof ContainerError) return e.code
    throw e
  }
  return 'accepted'
}

type Vector = {
  plainBytes: number
  key: string
  context: string
  salt: string
  commitment: string
  sha256: string
  message?: string
}
const vectors = JSON.parse(readFileSync(new URL('container.vectors.json', import.meta.url), 'utf8')) as {
  vectors: Vector[]
}

describe('vectors of an independent implementation', () => {
  for (const v of vectors.vectors) {
    it(`${v.plainBytes} bytes`, () => {
      const [key, context, salt] = [v.key, v.context, v.salt].map((h) => Buffer.from(h, 'hex')) as [
        Buffer,
        Buffer,
        Buffer,
      ]
      const plain = pattern(v.plainBytes)
      expect(deriveMessageKey(key, salt, context).commitment.toString('hex')).toBe(v.commitment)
      const message = encrypt(key, context, plain, salt)
      expect(createHash('sha256').update(message).digest('hex')).toBe(v.sha256)
      expect(message.toString('hex')).toBe(v.message ?? message.toString('hex'))
      expect(decrypt(key, context, message).equals(plain)).toBe(true)
    })
  }
})

/** Lengths around chunk borders as well as anywhere. */
const length = fc.oneof(
  fc.integer({ min: 0, max: 3 * CHUNK_BYTES }),
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -2, max: 2 }))
    .map(([k, d]) => Math.max(0, k * CHUNK_BYTES + d)),
)

describe('round trip', () => {
  it('holds for every length, in memory and streamed in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(length, fc.integer({ min: 1, max: 40_000 }), async (n, piece) => {
        const plain = pattern(n)
        expect(decrypt(KEY, CONTEXT, encrypt(KEY, CONTEXT, plain)).equals(plain)).toBe(true)
        const pieces: Buffer[] = []
        for (let at = 0; at < n; at += piece) pieces.push(plain.subarray(at, at + piece))
        const out: Buffer[] = []
        for await (const part of encryptStream(KEY, CONTEXT, pieces)) out.push(part)
        const message = Buffer.concat(out)
        expect(message.length).toBe(messageBytes(n))
        expect(messageLayout(message.length).bytes).toBe(n)
        expect(decrypt(KEY, CONTEXT, message).equals(plain)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('reads any range', async () => {
    const plain = pattern(70 * CHUNK_BYTES + 5)
    const reader = await openMessage(KEY, CONTEXT, inMemory(encrypt(KEY, CONTEXT, plain)))
    expect(reader.size).toBe(plain.length)
    const at = fc.integer({ min: 0, max: plain.length + 10 })
    await fc.assert(
      fc.asyncProperty(at, at, async (from, to) => {
        expect((await reader.read(from, to)).equals(plain.subarray(from, Math.max(from, to)))).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('never repeats a nonce: the counter reaches beyond 32 bits', () => {
    const keys = deriveMessageKey(KEY, Buffer.alloc(24, 1), CONTEXT)
    const at = [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 38 - 1]
    const sealed = at.map((k) => sealChunk(keys, k, Buffer.alloc(8)).toString('hex'))
    expect(new Set(sealed).size).toBe(at.length)
    expect(refusal(() => sealChunk(keys, 2 ** 38, Buffer.alloc(8)))).toBe('too_long')
  })
})

describe('refusals', () => {
  const plain = pattern(3 * CHUNK_BYTES + 100)
  const message = encrypt(KEY, CONTEXT, plain)
  const chunk = (m: Buffer, k: number): Buffer => m.subarray(chunkPosition(k), chunkPosition(k + 1))
  const rebuild = (chunks: Buffer[]): Buffer => Buffer.concat([message.subarray(0, HEADER_BYTES), ...chunks])

  it('refuses every truncation', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: message.length - 1 }), (n) => {
        expect(refusal(() => decrypt(KEY, CONTEXT, message.subarray(0, n)))).not.toBe('accepted')
      }),
    )
    for (let k = 0; k < 4; k++)
      expect(refusal(() => decrypt(KEY, CONTEXT, message.subarray(0, chunkPosition(k))))).toBe('truncated')
  })

  it('refuses a truncation when opening, before any chunk is read', async () => {
    for (const n of [10, HEADER_BYTES, chunkPosition(1), chunkPosition(2) + 40, message.length - 1]) {
      await expect(openMessage(KEY, CONTEXT, inMemory(message.subarray(0, n)))).rejects.toBeInstanceOf(ContainerError)
    }
  })

  it('refuses any flipped bit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: message.length * 8 - 1 }), (bit) => {
        const bad = Buffer.from(message)
        bad[bit >> 3]! ^= 1 << (bit & 7)
        expect(refusal(() => decrypt(KEY, CONTEXT, bad))).not.toBe('accepted')
      }),
      { numRuns: 200 },
    )
  })

  it('refuses swapped, dropped, repeated and added chunks', () => {
    const [a, b, c, d] = [0, 1, 2, 3].map((k) => chunk(message, k)) as [Buffer, Buffer, Buffer, Buffer]
    const bad = [
      [b, a, c, d],
      [a, c, b, d],
      [a, c, d],
      [b, c, d],
      [a, a, b, c, d],
      [a, b, c, c, d],
      [a, b, c, d, d],
      [d],
    ]
    for (const chunks of bad) expect(refusal(() => decrypt(KEY, CONTEXT, rebuild(chunks)))).not.toBe('accepted')
    expect(refusal(() => decrypt(KEY, CONTEXT, Buffer.concat([message, Buffer.alloc(1)])))).not.toBe('accepted')
    expect(refusal(() => decrypt(KEY, CONTEXT, Buffer.concat([message, Buffer.alloc(SEALED_CHUNK_BYTES)])))).not.toBe(
      'accepted',
    )
  })

  it('refuses chunks of another message under the same key', () => {
    const other = encrypt(KEY, CONTEXT, plain)
    const spliced = rebuild([chunk(message, 0), chunk(other, 1), chunk(message, 2), chunk(message, 3)])
    expect(refusal(() => decrypt(KEY, CONTEXT, spliced))).toBe('tampered')
  })

  it('refuses another key and another context by the commitment', () => {
    expect(refusal(() => decrypt(Buffer.alloc(32), CONTEXT, message))).toBe('wrong_key')
    expect(refusal(() => decrypt(KEY, Buffer.from('other'), message))).toBe('wrong_key')
    expect(() => decrypt(Buffer.alloc(31), CONTEXT, message)).toThrow(RangeError)
  })

  it('never takes a short tag', () => {
    const keys = deriveMessageKey(KEY, message.subarray(0, 24), CONTEXT)
    const sealed = sealChunk(keys, 0, Buffer.alloc(0))
    for (let n = 0; n < TAG_BYTES; n++)
      expect(refusal(() => openChunk(keys, 0, sealed.subarray(0, n)))).toBe('truncated')
  })

  it('gives back no bytes of a range that reaches into a damaged chunk', async () => {
    const bad = Buffer.from(message)
    bad[chunkPosition(1) + 7]! ^= 1
    const reader = await openMessage(KEY, CONTEXT, inMemory(bad))
    expect((await reader.read(0, 100)).length).toBe(100)
    await expect(reader.read(CHUNK_BYTES - 1, CHUNK_BYTES + 1)).rejects.toMatchObject({ code: 'tampered' })
  })
})
