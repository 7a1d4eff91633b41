import { isFull } from '../../platform/objects/index.ts'
import { messageOf } from '../../platform/problem.ts'
import type { VaultFault } from '../types.ts'
import type { State } from './state.ts'
import { fault, faultOver, forgetStream, type LiveStream } from './stream.ts'
import { settleCheckpoint } from './turn.ts'

/*
 * A disk that refuses: who is told of it, when it is over, and how long a program that wants to stop waits for it.
 */

export const kindOf = (e: unknown): VaultFault['kind'] => (isFull(e) ? 'disk_full' : 'io')

/** The disk refused a stream's segment: its bytes stay in memory. */
export function segmentRefused(s: LiveStream, e: unknown): void {
  s.refused = true
  fault(s, { kind: kindOf(e), lost: false, detail: `The segment cannot be written: ${messageOf(e)}` })
}

/** Something was written: the trouble of this stream is over when nothing else refuses its bytes. */
export function settleFault(state: State, s: LiveStream): void {
  if (!s.refused && s.rescues === 0 && !state.journalRefused) faultOver(s)
}

/** After a turn of the journal: `refusal` is why it took nothing, undefined when it did. */
export function journalTurned(state: State, refusal: VaultFault['kind'] | undefined): void {
  state.journalRefused = refusal !== undefined
  for (const s of state.streams) {
    if (!refusal) settleFault(state, s)
    else if (s.appended > s.durable) fault(s, { kind: refusal, lost: false, detail: 'The journal cannot be written.' })
  }
}

/** Gives up every stream that has waited for the disk longer than a stopping program may. */
export function giveUpLate(state: State): void {
  if (state.windingDownAt === undefined) return
  for (const s of state.streams) {
    if (!s.told) continue
    const waited = performance.now() - Math.max(s.told.since, state.windingDownAt)
    if (waited >= state.settings.stopMs) giveUpStream(state, s, s.told.kind)
  }
}

function giveUpStream(state: State, s: LiveStream, kind: VaultFault['kind']): void {
  const lost = s.durable < s.appended
  fault(s, { kind, lost, detail: 'The program stops before the disk took the last bytes.' })
  s.givenUp = true
  // Recovery finds there what no segment holds.
  state.keepsJournals = true
  const { file } = s.segment
  closeStream(state, s)
  void Promise.all([state.writers.idle(), state.syncers.idle()]).then(() => file?.close().catch(() => undefined))
}

/** Forgets a stream: nothing more is written to it. */
export function closeStream(state: State, s: LiveStream): void {
  state.waiting -= s.waiting
  s.waiting = 0
  state.streams.delete(s)
  state.refused.delete(s)
  forgetStream(s)
  settleCheckpoint(state)
}
