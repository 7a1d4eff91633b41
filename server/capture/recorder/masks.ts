import type { MaskKind } from '../media/index.ts'

export type MaskChange = { fromNs: bigint; kind: MaskKind | null }

/**
 * Which spans of a call are left out, by arrival time (monotonic ns). The recorder asks it for every packet that leaves the
 * delay buffer, so a mask acts before anything reaches a disk.
 */
export class Masks {
  #changes: MaskChange[] = []

  /** From `fromNs` on, audio is left out for `kind` (null = kept). A change that reaches back replaces later ones. */
  set(kind: MaskKind | null, fromNs: bigint): void {
    while (this.#changes.length > 0 && (this.#changes.at(-1)?.fromNs ?? 0n) >= fromNs) this.#changes.pop()
    if (this.at(fromNs) !== kind) this.#changes.push({ fromNs, kind })
  }

  at(ns: bigint): MaskKind | null {
    return this.#lastUntil(ns)?.kind ?? null
  }

  /** Changes with `after < fromNs <= until`, in order. */
  between(after: bigint, until: bigint): MaskChange[] {
    return this.#changes.filter((c) => c.fromNs > after && c.fromNs <= until)
  }

  #lastUntil(ns: bigint): MaskChange | undefined {
    for (let i = this.#changes.length - 1; i >= 0; i--) {
      const change = this.#changes[i]
      if (change && change.fromNs <= ns) return change
    }
    return undefined
  }
}
