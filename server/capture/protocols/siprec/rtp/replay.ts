/** Packets behind the newest that are still accepted (RFC 3711 §3.3.2 asks for 64 at least). */
const WINDOW = 128
const WORDS = WINDOW / 32

const wordOf = (index: number): number => (index % WINDOW) >> 5
const bitOf = (index: number): number => 1 << (index % 32)

/**
 * The index of a packet that carries only 16 bits of it, and whether it has been seen: one per SSRC (RFC 3711 §3.3.1).
 * `guess` decides nothing; `accept` is called only for a packet that proved authentic.
 */
export class PacketIndex {
  #highest: number
  #seen = new Uint32Array(WORDS)

  constructor(first: number) {
    this.#highest = first
    this.#mark(first)
  }

  get rollover(): number {
    return Math.floor(this.#highest / 65_536)
  }

  /** The full index most likely meant by a sequence number; -1 when it would be before the first. */
  guess(sequence: number): number {
    const last = this.#highest & 0xffff
    let rollover = this.rollover
    if (last < 32_768 && sequence - last > 32_768) rollover--
    else if (last >= 32_768 && last - sequence > 32_768) rollover++
    return rollover < 0 ? -1 : rollover * 65_536 + sequence
  }

  /** Whether this index has been accepted before or is too old to tell. */
  replayed(index: number): boolean {
    const behind = this.#highest - index
    if (behind < 0) return false
    return behind >= WINDOW || ((this.#seen[wordOf(index)] as number) & bitOf(index)) !== 0
  }

  accept(index: number): void {
    if (index > this.#highest) this.#advance(index)
    this.#mark(index)
  }

  #advance(index: number): void {
    const ahead = index - this.#highest
    if (ahead >= WINDOW) this.#seen.fill(0)
    else for (let i = this.#highest + 1; i <= index; i++) this.#clear(i)
    this.#highest = index
  }

  #mark(index: number): void {
    const word = wordOf(index)
    this.#seen[word] = (this.#seen[word] as number) | bitOf(index)
  }

  #clear(index: number): void {
    const word = wordOf(index)
    this.#seen[word] = (this.#seen[word] as number) & ~bitOf(index)
  }
}
