import type { Endpoint } from '../sip/flow.ts'

/** A latched source that has been quiet this long may be replaced, ns. */
const SILENCE_NS = 2_000_000_000n

/**
 * Decides whose packets a leg takes. The first authentic packet from an acceptable address fixes the source; anything else
 * is dropped until the session is renegotiated, or until the source has been silent for 2 s and the newcomer is exactly the
 * address the session names.
 */
export class SourceLatch {
  #source: Endpoint | null = null
  #named: Endpoint | null = null
  #lastNs = 0n
  #renegotiated = false
  #acceptable: (address: string) => boolean

  /** `acceptable`: addresses that may be the first source, beside the one the session names. */
  constructor(acceptable: (address: string) => boolean) {
    this.#acceptable = acceptable
  }

  /** A new offer names this source: one change of address is allowed. */
  renegotiate(named: Endpoint | null): void {
    this.#named = named
    this.#renegotiated = true
  }

  /** Whether a packet from there may be looked at. */
  admits(address: string, port: number, nowNs: bigint): boolean {
    const source = this.#source
    if (source && source.port === port && source.address === address) return true
    if (!source || this.#renegotiated) return this.#isNamedAddress(address) || this.#acceptable(address)
    return nowNs - this.#lastNs > SILENCE_NS && this.#isNamedAddress(address) && this.#named?.port === port
  }

  /** An admitted packet proved to be good media. */
  confirm(address: string, port: number, nowNs: bigint): void {
    this.#lastNs = nowNs
    const source = this.#source
    if (source && source.port === port && source.address === address) return
    this.#source = { address, port }
    this.#renegotiated = false
  }

  #isNamedAddress(address: string): boolean {
    return this.#named?.address === address
  }
}
