import type { OpenedEvent } from '../../../proof/package/build.ts'
import { parseNote } from '../../../proof/note.ts'
import { isProblem } from '../../platform/problem.ts'
import type { Opening } from '../events.ts'
import type { EventProof } from '../log/proofs.ts'
import type { Stamps } from '../stamps/index.ts'

export type PlacePorts = {
  /** Proves an event under the checkpoint of `size` leaves, else a late one. Throws Problem `event_not_logged`. */
  prove(eventId: string, size?: number): Promise<EventProof>
  stamps: Pick<Stamps, 'covering'>
}

/** The states of the log a package refers to, and the call's events proved under them, in the order of the log. */
export type Places = {
  checkpoints: { origin: string; size: number; note: string; token: Buffer | null }[]
  events: OpenedEvent[]
}

type Placed = { opening: Opening; proof: EventProof }

/**
 * Chooses the checkpoints. The first is the earliest stamped one over the event that seals the audio: its stamp came soon after the
 * call, and covers all that happened before. What it does not cover stands under a later one, of the same log or the next.
 */
export async function placeEvents(ports: PlacePorts, openings: readonly Opening[], sealing: Opening): Promise<Places> {
  const proofs = await Promise.all(openings.map((opening) => proofOf(ports, opening, sealing)))
  const placed = proofs.filter((each) => each !== null)
  const seal = placed.find(({ opening }) => opening.id === sealing.id)!
  const places: Places = { checkpoints: [], events: [] }
  let left: Placed[] = placed
  for (let leading = seal; left.length > 0; leading = latestOfFirst(left)) {
    const checkpoint = await checkpointOver(ports, leading.proof)
    const covered = left.filter(({ proof }) => proof.origin === checkpoint.origin && proof.index < checkpoint.size)
    places.checkpoints.push(checkpoint)
    for (const { opening, proof } of covered.toSorted((a, b) => a.proof.index - b.proof.index)) {
      const { proof: text } = await ports.prove(opening.id, checkpoint.size)
      places.events.push({ index: proof.index, salt: opening.salt, event: opening.event, proof: text })
    }
    left = left.filter((each) => !covered.includes(each))
  }
  return places
}

/** What happened in the last moments is not in the log yet, and in no package: the sealing has to be. */
async function proofOf(ports: PlacePorts, opening: Opening, sealing: Opening): Promise<Placed | null> {
  try {
    return { opening, proof: await ports.prove(opening.id) }
  } catch (e) {
    if (isProblem(e) && e.code === 'event_not_logged' && opening.id !== sealing.id) return null
    throw e
  }
}

/** The last event in the log of the first one: its checkpoint covers all of them there. */
function latestOfFirst(left: readonly Placed[]): Placed {
  const first = left[0]!
  const same = left.filter(({ proof }) => proof.origin === first.proof.origin)
  return same.reduce((a, b) => (a.proof.index > b.proof.index ? a : b), first)
}

async function checkpointOver(ports: PlacePorts, proof: EventProof): Promise<Places['checkpoints'][number]> {
  const { origin, index, size, checkpoint } = proof
  const stamped = await ports.stamps.covering({ origin, index })
  if (stamped) return { origin, size: stamped.size, note: stamped.checkpoint, token: stamped.token }
  return { origin, size, note: ownNote(checkpoint, origin), token: null }
}

/** A checkpoint without the lines of witnesses: what a stamp is over. */
function ownNote(checkpoint: string, origin: string): string {
  const { text } = parseNote(checkpoint)
  const line = checkpoint
    .slice(text.length + 1)
    .split('\n')
    .find((each) => each.split(' ')[1] === origin)
  return `${text}\n${line ?? ''}\n`
}
