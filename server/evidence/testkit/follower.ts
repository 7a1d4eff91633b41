import { createHash, createPublicKey, verify } from 'node:crypto'

/*
 * Someone who follows a log from outside: written from c2sp.org/signed-note, tlog-checkpoint, tlog-tiles and RFC 6962 alone, without
 * any code of the product.
 */

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const leaf = (entry: Uint8Array): Buffer => sha256(Buffer.of(0), entry)

/** RFC 6962 §2.1. */
function treeHash(leaves: Buffer[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leaves[0] as Buffer
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)))
}

export type Seen = { origin: string; size: number; root: string; note: string }

export type Follower = {
  /** Fetches and verifies the checkpoint, then every tile and bundle it needs. Throws at anything that does not fit. */
  follow(): Promise<Seen>
  /** Entries of the last state, in order. */
  entries(): string[]
  /** Requests made so far, with status, type and caching. */
  requests: { path: string; status: number; type: string | null; cache: string | null }[]
}

/** Follows the log at `prefix`. Every later state must begin with the earlier one. */
export function createFollower(prefix: string, vkey: string): Follower {
  const requests: Follower['requests'] = []
  let leaves: Buffer[] = []
  let entries: Buffer[] = []

  async function get(path: string): Promise<Buffer> {
    const response = await fetch(`${prefix}/${path}`)
    const { status, headers } = response
    requests.push({ path, status, type: headers.get('content-type'), cache: headers.get('cache-control') })
    if (status !== 200) throw new Error(`${path}: ${status}`)
    return Buffer.from(await response.arrayBuffer())
  }

  /** A row of a level: full tiles, then the partial one. */
  async function row(level: string, count: number): Promise<Buffer[]> {
    const tiles: Buffer[] = []
    for (let n = 0; n * 256 < count; n++) {
      const width = Math.min(256, count - n * 256)
      const name = n.toString().padStart(3, '0')
      tiles.push(await get(`tile/${level}/${name}${width < 256 ? `.p/${width}` : ''}`))
    }
    return tiles
  }

  async function hashes(level: number, count: number): Promise<Buffer[]> {
    const bytes = Buffer.concat(await row(String(level), count))
    if (bytes.length !== count * 32) throw new Error(`level ${level} has ${bytes.length} bytes`)
    return Array.from({ length: count }, (_, k) => bytes.subarray(k * 32, k * 32 + 32))
  }

  async function follow(): Promise<Seen> {
    const note = (await get('checkpoint')).toString('utf8')
    const [origin = '', sizeLine = '', root = ''] = verified(note, vkey).split('\n')
    const size = Number(sizeLine)
    const now = await hashes(0, size)
    if (treeHash(now).toString('base64') !== root) throw new Error('the tiles do not make the root')
    for (let level = 1, count = Math.floor(size / 256); count > 0; level++, count = Math.floor(count / 256)) {
      const width = 256 ** level
      for (const [k, hash] of (await hashes(level, count)).entries())
        if (!treeHash(now.slice(k * width, (k + 1) * width)).equals(hash)) throw new Error(`tile of level ${level}`)
    }
    entries = bundled(Buffer.concat(await row('entries', size)))
    if (entries.length !== size || entries.some((entry, k) => !leaf(entry).equals(now[k] as Buffer)))
      throw new Error('the entries are not those of the tiles')
    if (now.length < leaves.length || leaves.some((hash, k) => !hash.equals(now[k] as Buffer)))
      throw new Error('what was there before is there no more')
    leaves = now
    return { origin, size, root, note }
  }

  return { follow, entries: () => entries.map((entry) => entry.toString('utf8')), requests }
}

function bundled(bytes: Buffer): Buffer[] {
  const out: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 2 + bytes.readUInt16BE(at)
    out.push(bytes.subarray(at + 2, end))
    at = end
  }
  return out
}

/** The note's text, if the key of the vkey signed it. */
function verified(note: string, vkey: string): string {
  const [name = '', id = '', key = ''] = vkey.split('+')
  const raw = Buffer.from(vkey.slice(name.length + id.length + 2), 'base64')
  if (key === '' || raw[0] !== 1) throw new Error('not an Ed25519 vkey')
  const border = note.lastIndexOf('\n\n')
  const text = note.slice(0, border + 1)
  const x = raw.subarray(1).toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  for (const line of note.slice(border + 2).split('\n')) {
    const [dash, signer, base64 = ''] = line.split(' ')
    const bytes = Buffer.from(base64, 'base64')
    if (dash !== '\u2014' || signer !== name || bytes.subarray(0, 4).toString('hex') !== id) continue
    if (verify(null, Buffer.from(text), publicKey, bytes.subarray(4))) return text
  }
  throw new Error('the log has not signed its checkpoint')
}
