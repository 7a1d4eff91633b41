import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import { Problem } from '../platform/problem.ts'

/** scrypt's parameters (RFC 7914): `ln` = log2 of the cost, block size, parallelism. */
export type ScryptCost = { ln: number; r: number; p: number }

/** OWASP's equivalent of N = 2^17 in a quarter of the memory (32 MiB); 0.1 to 0.25 s of one core. */
export const defaultCost: ScryptCost = { ln: 15, r: 8, p: 3 }

/** scrypt runs in the thread pool that also writes recordings: never take more than half of its four threads. */
const CONCURRENT = 2
const WAITING = 64

/** The slow part: node's scrypt, or a stand-in that tests count. */
export type Kdf = (password: string, salt: Buffer, bytes: number, options: ScryptOptions) => Promise<Buffer>

const nodeScrypt: Kdf = (password, salt, bytes, options) =>
  new Promise((resolve, reject) =>
    scrypt(password, salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key))),
  )

/** Runs at most `concurrent` tasks; refuses with Problem `busy` (503) when `waiting` more are queued. */
export function limiter(concurrent: number, waiting: number) {
  let running = 0
  const queue: (() => void)[] = []
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (running >= concurrent) {
      if (queue.length >= waiting)
        throw new Problem('busy', 503, 'too many sign-ins at once; try again in a few seconds')
      await new Promise<void>((go) => queue.push(go))
    } else running++
    try {
      return await task()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running--
    }
  }
}

type Parsed = { cost: ScryptCost; salt: Buffer; hash: Buffer }

function parse(stored: string): Parsed {
  const m = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([\w+/=-]+)\$([\w+/=-]+)$/.exec(stored)
  if (!m) throw new Error('stored password hash has an unknown form')
  const salt = Buffer.from(m[4]!, 'base64')
  const hash = Buffer.from(m[5]!, 'base64')
  return { cost: { ln: Number(m[1]), r: Number(m[2]), p: Number(m[3]) }, salt, hash }
}

export type Passwords = {
  hash(password: string): Promise<string>
  /** `stored` null (nobody, or no password yet) costs the same and is false. `stale` = hash again with today's cost. */
  verify(password: string, stored: string | null): Promise<{ right: boolean; stale: boolean }>
}

/** Password hashing in the PHC string form `$scrypt$ln=15,r=8,p=3$salt$hash`. `kdf` is replaced only by tests. */
export function createPasswords(cost: ScryptCost = defaultCost, kdf: Kdf = nodeScrypt): Passwords {
  const limit = limiter(CONCURRENT, WAITING)
  const derive = (password: string, salt: Buffer, c: ScryptCost): Promise<Buffer> =>
    limit(() =>
      kdf(password.normalize('NFKC'), salt, 32, { N: 2 ** c.ln, r: c.r, p: c.p, maxmem: 256 * 2 ** c.ln * c.r }),
    )
  const nobody = { cost, salt: randomBytes(16), hash: randomBytes(32) }
  return {
    async hash(password) {
      const salt = randomBytes(16)
      const hash = await derive(password, salt, cost)
      return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${salt.toString('base64')}$${hash.toString('base64')}`
    },
    async verify(password, stored) {
      const known = stored === null ? nobody : parse(stored)
      const same = timingSafeEqual(await derive(password, known.salt, known.cost), known.hash)
      const stale = known.cost.ln !== cost.ln || known.cost.r !== cost.r || known.cost.p !== cost.p
      return { right: same && stored !== null, stale }
    },
  }
}
