import type { ObjectFile, Objects } from '../../platform/objects/index.ts'

type Inode = { now: Buffer; safe: Buffer; writes: { at: number; bytes: Buffer }[] }
type NameChange = { from?: string; to?: string; inode?: Inode }
type Operation = 'create' | 'write' | 'sync' | 'read'

const SECTOR = 512
const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/')
const systemError = (code: string): Error => Object.assign(new Error(code), { code })

/**
 * A disk in memory whose power can be cut. Bytes not synced are, per 512-byte sector, written, lost, zeroed or garbled; names not
 * synced are there or not. After the cut every operation hangs for good, like those of a dead process.
 */
export class MemoryDisk implements Objects {
  /** Operations left before the power goes. */
  budget = Number.POSITIVE_INFINITY
  /** Called at the cut, before anything else happens. */
  onCut: () => void = () => {}
  /** Names the system error an operation fails with. */
  fail: (operation: Operation, path: string) => string | undefined = () => undefined
  /** Bytes the disk takes; a write past it is short, then ENOSPC. */
  capacity = Number.POSITIVE_INFINITY
  /** Mutants: syncs that do nothing. */
  ignoreSync = false
  ignoreFolderSync = false
  /** Every file that ever was, removed ones too. */
  readonly history: { path: string; inode: Inode }[] = []
  /** Files in which a byte was written twice with different values. */
  readonly rewrites = new Set<string>()

  readonly #random: () => number
  readonly #names = new Map<string, Inode>()
  readonly #safeNames = new Map<string, Inode>()
  readonly #pending = new Map<string, NameChange[]>()
  readonly #folders = new Set<string>([''])
  #dead = false

  constructor(random: () => number) {
    this.#random = random
  }

  async create(path: string): Promise<ObjectFile> {
    await this.#step('create', path)
    if (this.#names.has(path)) throw systemError('EEXIST')
    if (!this.#folders.has(folderOf(path))) throw systemError('ENOENT')
    const inode: Inode = { now: Buffer.alloc(0), safe: Buffer.alloc(0), writes: [] }
    this.#names.set(path, inode)
    this.history.push({ path, inode })
    this.#change(path, { to: path, inode })
    return this.#file(path, inode)
  }

  async open(path: string): Promise<ObjectFile> {
    await this.#step('read', path)
    const inode = this.#names.get(path)
    if (!inode) throw systemError('ENOENT')
    return this.#file(path, inode)
  }

  async makeFolder(path: string): Promise<boolean> {
    await this.#step('create', path)
    if (this.#folders.has(path)) return false
    this.#folders.add(path)
    return true
  }

  async list(path: string): Promise<string[]> {
    await this.#step('read', path)
    const inside = [...this.#names.keys(), ...this.#folders].filter((name) => name !== '' && folderOf(name) === path)
    return inside.map((name) => name.slice(path ? path.length + 1 : 0))
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step('create', to)
    const inode = this.#names.get(from)
    if (!inode) throw systemError('ENOENT')
    this.#names.delete(from)
    this.#names.set(to, inode)
    this.#change(to, { from, to, inode })
  }

  async remove(path: string): Promise<void> {
    await this.#step('create', path)
    if (this.#names.delete(path)) this.#change(path, { from: path })
  }

  async removeFolder(path: string): Promise<void> {
    await this.#step('create', path)
    for (const name of this.#names.keys()) if (folderOf(name) === path) this.#names.delete(name)
    this.#folders.delete(path)
  }

  async syncFolder(path: string): Promise<void> {
    await this.#step('sync', path)
    if (this.ignoreFolderSync) return
    for (const entry of this.#pending.get(path) ?? []) apply(this.#safeNames, entry)
    this.#pending.delete(path)
  }

  names(): string[] {
    return [...this.#names.keys()]
  }

  bytes(path: string): Buffer {
    return this.#names.get(path)?.now ?? Buffer.alloc(0)
  }

  /** What is left on the disk after the cut. */
  afterCut(): MemoryDisk {
    const next = new MemoryDisk(this.#random)
    for (const entries of this.#pending.values()) {
      // Either the first few changes reached the disk, or any of them.
      const first = this.#random() < 0.5 ? Math.floor(this.#random() * (entries.length + 1)) : undefined
      entries.forEach((entry, i) => {
        if (first === undefined ? this.#random() < 0.5 : i < first) apply(this.#safeNames, entry)
      })
    }
    for (const [path, inode] of this.#safeNames) next.#place(path, survivor(inode, this.#random))
    return next
  }

  #place(path: string, bytes: Buffer): void {
    const inode: Inode = { now: bytes, safe: Buffer.from(bytes), writes: [] }
    this.#names.set(path, inode)
    this.#safeNames.set(path, inode)
    this.#folders.add(folderOf(path))
  }

  #change(path: string, entry: NameChange): void {
    const list = this.#pending.get(folderOf(path)) ?? []
    this.#pending.set(folderOf(path), [...list, entry])
  }

  async #step(operation: Operation, path: string): Promise<void> {
    if (!this.#dead && --this.budget < 0) {
      this.#dead = true
      this.onCut()
    }
    if (this.#dead) await new Promise<never>(() => {})
    await Promise.resolve()
    const code = this.fail(operation, path)
    if (code) throw systemError(code)
  }

  #file(path: string, inode: Inode): ObjectFile {
    return {
      write: async (bytes, position) => {
        await this.#step('write', path)
        return this.#write(path, inode, bytes, position)
      },
      read: async (position, length) => {
        await this.#step('read', path)
        return Buffer.from(inode.now.subarray(position, position + length))
      },
      size: async () => {
        await this.#step('read', path)
        return inode.now.length
      },
      sync: async () => {
        await this.#step('sync', path)
        if (this.ignoreSync) return
        inode.safe = Buffer.from(inode.now)
        inode.writes = []
      },
      close: async () => {},
    }
  }

  #write(path: string, inode: Inode, bytes: Buffer, position: number): number {
    let used = 0
    if (this.capacity < Number.POSITIVE_INFINITY) for (const { now } of this.#names.values()) used += now.length
    const room = Math.max(0, this.capacity - used) + Math.max(0, inode.now.length - position)
    const n = Math.min(bytes.length, room)
    if (n === 0 && bytes.length > 0) throw systemError('ENOSPC')
    const part = Buffer.from(bytes.subarray(0, n))
    const old = inode.now.subarray(position, position + n)
    if (!old.equals(part.subarray(0, old.length))) this.rewrites.add(path)
    inode.now = overlay(inode.now, position, part)
    inode.writes.push({ at: position, bytes: part })
    return n
  }
}

function overlay(base: Buffer, at: number, bytes: Buffer): Buffer {
  const out = Buffer.alloc(Math.max(base.length, at + bytes.length))
  base.copy(out)
  bytes.copy(out, at)
  return out
}

function apply(names: Map<string, Inode>, { from, to, inode }: NameChange): void {
  if (from) names.delete(from)
  if (to && inode) names.set(to, inode)
}

/** The bytes of a file after the cut. */
function survivor(inode: Inode, random: () => number): Buffer {
  let bytes: Buffer = Buffer.from(inode.safe)
  for (const write of inode.writes) {
    for (let at = write.at; at < write.at + write.bytes.length;) {
      const end = Math.min(write.at + write.bytes.length, (Math.floor(at / SECTOR) + 1) * SECTOR)
      const fate = random()
      const piece = write.bytes.subarray(at - write.at, end - write.at)
      if (fate < 0.55) bytes = overlay(bytes, at, piece)
      else if (fate < 0.65) bytes = overlay(bytes, at, garbage(piece.length, random))
      else if (fate < 0.75) bytes = overlay(bytes, at, Buffer.alloc(piece.length))
      at = end
    }
  }
  return bytes
}

const garbage = (length: number, random: () => number): Buffer =>
  Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))

/** Deterministic numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
