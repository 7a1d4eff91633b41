export type Unconfirmed = {
  /**
   * A place for one new INVITE of `peer`, kept until it is confirmed or over; null when the peer has none left. An INVITE
   * with more than two media lines takes as many places as its ports are worth. What is returned gives the place back, once.
   */
  take(peer: string, mediaLines: number): (() => void) | null
}

/** What a usual session needs: one line for each direction. */
const LINES_PER_PLACE = 2

/**
 * Counts, for each peer address, new INVITEs that were taken up and whose ACK has not come. They hold media ports until 64 T1
 * have passed, so one peer may have `limit` of them and no more: the other ports are for other peers.
 */
export function createUnconfirmed(limit: number): Unconfirmed {
  const taken = new Map<string, number>()
  return {
    take(peer, mediaLines) {
      const before = taken.get(peer) ?? 0
      if (before >= limit) return null
      const places = Math.ceil(mediaLines / LINES_PER_PLACE)
      taken.set(peer, before + places)
      let held = true
      return () => {
        if (!held) return
        held = false
        const left = (taken.get(peer) ?? 0) - places
        if (left > 0) taken.set(peer, left)
        else taken.delete(peer)
      }
    },
  }
}
