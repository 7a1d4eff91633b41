import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/*
 * Encrypted container: C2SP chunked-encryption, instantiation Cobblestone-256 (c2sp.org/chunked-encryption, text of July 2026):
 * HKDF-Expand-SHA512 and AES-256-GCM.
 *
 *   message = salt 24 ‖ commitment 32 ‖ chunk 0 ‖ chunk 1 …
 *
 * Plaintext is cut in chunks of 16,384 bytes and the last one is always shorter (it may be empty), so that a length is
 * proved by opening the last chunk alone. Chunk k stands at byte 56 + k·16,400.
 */

/** Plaintext bytes of every chunk but the last. */
export const CHUNK_BYTES = 16_384
/** Authentication tag, bytes. Shorter tags are never accepted. */
export const TAG_BYTES = 16
/** Ciphertext bytes of every chunk but the last. */
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
export const SALT_BYTES = 24
/** Salt and key commitment. */
export const HEADER_BYTES = 56

/** What messages are made with, as OpenSSL names it: key derivation by HKDF-Expand over this hash. */
export const algorithms = { cipher: 'aes-256-gcm', hash: 'sha512' } as const

const KEY_BYTES = 32
const NONCE_BYTES = 12
const MAX_CHUNKS = 2 ** 38
const READ_CHUNKS = 64
const INFO = Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0', 'latin1')

export type ContainerErrorCode = 'truncated' | 'wrong_key' | 'tampered' | 'too_long'

/** Why a message cannot be opened. `wrong_key` covers another context and a damaged header too. */
export class ContainerError extends Error {
  readonly code: ContainerErrorCode
  constructor(code: ContainerErrorCode, message: string) {
    super(message)
    this.name = 'ContainerError'
    this.code = code
  }
}

/** What one message is sealed with. Zero it with `forget` when done. */
export type MessageKey = { readonly key: Buffer; readonly base: Buffer; readonly commitment: Buffer }

/** Ciphertext with random access. `read` must return exactly `length` bytes or throw. */
export type MessageSource = { readonly size: number; read(position: number, length: number): Promise<Buffer> }

/** Authenticated plaintext with random access. */
export type MessageReader = { readonly size: number; read(from: number, to: number): Promise<Buffer>; forget(): void }

/** HKDF-Expand-SHA512 (RFC 5869 §2.3) with the specification's info. Throws RangeError on a wrong key or salt length. */
export function deriveMessageKey(inputKey: Buffer, salt: Buffer, context: Buffer): MessageKey {
  if (inputKey.length !== KEY_BYTES || salt.length !== SALT_BYTES) throw new RangeError('key must be 32 bytes, salt 24')
  const info = [INFO, salt, context]
  const first = expandBlock(inputKey, Buffer.alloc(0), info, 1)
  const second = expandBlock(inputKey, first, info, 2)
  const key = Buffer.from(first.subarray(0, 32))
  const base = Buffer.from(first.subarray(32, 44))
  const commitment = Buffer.concat([first.subarray(44), second.subarray(0, 12)])
  first.fill(0)
  second.fill(0)
  return { key, base, commitment }
}

function expandBlock(prk: Buffer, previous: Buffer, info: Buffer[], counter: number): Buffer {
  const mac = createHmac(algorithms.hash, prk).update(previous)
  for (const part of info) mac.update(part)
  return mac.update(Buffer.of(counter)).digest()
}

/** Zeroes a message key. */
export function forget(keys: MessageKey): void {
  keys.key.fill(0)
  keys.base.fill(0)
}

/** Starts a message: its key and its 56 header bytes. A salt must never repeat under one input key; leave it out. */
export function newMessage(
  inputKey: Buffer,
  context: Buffer,
  salt: Buffer = randomBytes(SALT_BYTES),
): { keys: MessageKey; header: Buffer } {
  const keys = deriveMessageKey(inputKey, salt, context)
  return { keys, header: Buffer.concat([salt, keys.commitment]) }
}

/** The key of a message from its header. Throws ContainerError `truncated` or `wrong_key`. */
export function openHeader(inputKey: Buffer, context: Buffer, header: Buffer): MessageKey {
  if (header.length < HEADER_BYTES) throw new ContainerError('truncated', 'the header is incomplete')
  const keys = deriveMessageKey(inputKey, header.subarray(0, SALT_BYTES), context)
  if (!timingSafeEqual(keys.commitment, header.subarray(SALT_BYTES, HEADER_BYTES))) {
    forget(keys)
    throw new ContainerError(
      'wrong_key',
      'the key commitment does not match: another key or context, or a damaged header',
    )
  }
  return keys
}

function nonceOf(base: Buffer, counter: number): Buffer {
  if (!Number.isInteger(counter) || counter < 0) throw new RangeError('chunk counter')
  if (counter >= MAX_CHUNKS) throw new ContainerError('too_long', 'a message holds at most 2^38 chunks')
  const nonce = Buffer.from(base)
  const end = NONCE_BYTES - 4
  nonce.writeUInt32BE((nonce.readUInt32BE(end) ^ (counter >>> 0)) >>> 0, end)
  nonce.writeUInt32BE((nonce.readUInt32BE(end - 4) ^ Math.floor(counter / 2 ** 32)) >>> 0, end - 4)
  return nonce
}

/** Seals one chunk. Never call twice with one key and counter unless the plaintext is the same. */
export function sealChunk(keys: MessageKey, counter: number, plain: Buffer): Buffer {
  const sealed = Buffer.allocUnsafe(plain.length + TAG_BYTES)
  sealChunkInto(keys, counter, plain, sealed)
  return sealed
}

/** Like `sealChunk`, into the first `plain.length + 16` bytes of `target`. */
export function sealChunkInto(keys: MessageKey, counter: number, plain: Buffer, target: Buffer): void {
  const cipher = createCipheriv(algorithms.cipher, keys.key, nonceOf(keys.base, counter), { authTagLength: TAG_BYTES })
  cipher.update(plain).copy(target)
  cipher.final()
  cipher.getAuthTag().copy(target, plain.length)
}

/** Opens one chunk. Throws ContainerError `truncated` or `tampered`. */
export function openChunk(keys: MessageKey, counter: number, sealed: Buffer): Buffer {
  const end = sealed.length - TAG_BYTES
  if (end < 0) throw new ContainerError('truncated', `chunk ${counter} is shorter than its tag`)
  const decipher = createDecipheriv(algorithms.cipher, keys.key, nonceOf(keys.base, counter), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAuthTag(sealed.subarray(end))
  const plain = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final()
  } catch {
    plain.fill(0)
    throw new ContainerError('tampered', `chunk ${counter} is not what was written`)
  }
  return plain
}

/** Where chunk k starts in the message. */
export const chunkPosition = (k: number): number => HEADER_BYTES + k * SEALED_CHUNK_BYTES

/** Message bytes for that many plaintext bytes. */
export const messageBytes = (plainBytes: number): number =>
  HEADER_BYTES + plainBytes + TAG_BYTES * (Math.floor(plainBytes / CHUNK_BYTES) + 1)

/** Chunks and plaintext bytes of a message of `size` bytes. Throws ContainerError `truncated` when no message has that size. */
export function messageLayout(size: number): { chunks: number; bytes: number } {
  const body = size - HEADER_BYTES
  const full = Math.floor(body / SEALED_CHUNK_BYTES)
  const rest = body - full * SEALED_CHUNK_BYTES
  if (body < TAG_BYTES || rest < TAG_BYTES) throw new ContainerError('truncated', 'the short last chunk is missing')
  return { chunks: full + 1, bytes: full * CHUNK_BYTES + rest - TAG_BYTES }
}

/** Encrypts a stream of plaintext pieces of any size; yields the header, then one chunk at a time. */
export async function* encryptStream(
  inputKey: Buffer,
  context: Buffer,
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer> {
  const { keys, header } = newMessage(inputKey, context)
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let fill = 0
  let counter = 0
  try {
    yield header
    for await (const piece of source) {
      for (let at = 0; at < piece.length;) {
        const n = piece.copy(chunk, fill, at)
        at += n
        fill += n
        if (fill < CHUNK_BYTES) continue
        yield sealChunk(keys, counter++, chunk)
        fill = 0
      }
    }
    yield sealChunk(keys, counter, chunk.subarray(0, fill))
  } finally {
    chunk.fill(0)
    forget(keys)
  }
}

/** Encrypts a whole plaintext in memory. `salt` only for test vectors. */
export function encrypt(inputKey: Buffer, context: Buffer, plain: Buffer, salt?: Buffer): Buffer {
  const { keys, header } = newMessage(inputKey, context, salt)
  const message = Buffer.allocUnsafe(messageBytes(plain.length))
  header.copy(message)
  for (let k = 0; k * CHUNK_BYTES <= plain.length; k++) {
    const part = plain.subarray(k * CHUNK_BYTES, (k + 1) * CHUNK_BYTES)
    sealChunkInto(keys, k, part, message.subarray(chunkPosition(k)))
  }
  forget(keys)
  return message
}

/** Decrypts a whole message in memory. Throws ContainerError. */
export function decrypt(inputKey: Buffer, context: Buffer, message: Buffer): Buffer {
  const keys = openHeader(inputKey, context, message.subarray(0, HEADER_BYTES))
  try {
    const { chunks } = messageLayout(message.length)
    const parts: Buffer[] = []
    for (let k = 0; k < chunks; k++) {
      parts.push(openChunk(keys, k, message.subarray(chunkPosition(k), chunkPosition(k + 1))))
    }
    return Buffer.concat(parts)
  } finally {
    forget(keys)
  }
}

/**
 * Opens a message for random access: checks the commitment, then authenticates the length by opening the last chunk.
 * Throws ContainerError; so does every later `read` that meets a damaged chunk. Ranges past the end are cut.
 */
export async function openMessage(inputKey: Buffer, context: Buffer, source: MessageSource): Promise<MessageReader> {
  if (source.size < HEADER_BYTES) throw new ContainerError('truncated', 'the header is incomplete')
  const keys = openHeader(inputKey, context, await source.read(0, HEADER_BYTES))
  try {
    const { chunks, bytes } = messageLayout(source.size)
    const last = chunkPosition(chunks - 1)
    openChunk(keys, chunks - 1, await source.read(last, source.size - last))
    return {
      size: bytes,
      read: (from, to) => readRange(keys, source, from, Math.min(to, bytes)),
      forget: () => forget(keys),
    }
  } catch (e) {
    forget(keys)
    throw e
  }
}

/**
 * Plaintext bytes `from` (included) to `to` (excluded) of chunks known to exist. Each chunk is authenticated; the length of the
 * message is not. For messages that were cut by a crash and whose chunk count is vouched for elsewhere.
 */
export async function readRange(keys: MessageKey, source: MessageSource, from: number, to: number): Promise<Buffer> {
  if (!(from >= 0) || from >= to) return Buffer.alloc(0)
  const plain = Buffer.allocUnsafe(to - from)
  const lastChunk = Math.floor((to - 1) / CHUNK_BYTES)
  for (let k = Math.floor(from / CHUNK_BYTES); k <= lastChunk;) {
    const stop = Math.min(k + READ_CHUNKS, lastChunk + 1)
    const start = chunkPosition(k)
    const block = await source.read(start, Math.min(chunkPosition(stop), source.size) - start)
    for (; k < stop; k++) {
      const chunk = openChunk(keys, k, block.subarray(chunkPosition(k) - start, chunkPosition(k + 1) - start))
      const offset = k * CHUNK_BYTES
      if (chunk.length < Math.min(CHUNK_BYTES, to - offset))
        throw new ContainerError('truncated', `chunk ${k} is short`)
      chunk.copy(plain, Math.max(0, offset - from), Math.max(0, from - offset), Math.min(chunk.length, to - offset))
    }
  }
  return plain
}
