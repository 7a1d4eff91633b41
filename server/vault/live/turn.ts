import { messageOf } from '../../platform/problem.ts'
import { JOURNAL_HEADER_BYTES } from './format.ts'
import type { VaultFault } from '../types.ts'
import type { State } from './state.ts'
import { breakCoverage, chunkStart, type LiveStream, sealRecord, updateDurable } from './stream.ts'
import { journalTurned, kindOf } from './trouble.ts'

/*
 * Turns of the loop, one at a time: the journal, and the checkpoints that let its older generations go.
 */

/** Streams sealed before other work of the process gets a chance. */
const SLICE = 64

/** One turn of the loop: perhaps a new generation, then one record for each stream with news, one write, one sync. */
export function flushOnce(state: State, checkpoint: boolean): Promise<void> {
  const turn = (state.flushing ?? Promise.resolve()).then(() => flushTurn(state, checkpoint))
  state.flushing = turn.catch((e: unknown) => state.log.error({ error: messageOf(e) }, 'vault: journal turn failed'))
  return state.flushing
}

async function flushTurn(state: State, checkpoint: boolean): Promise<void> {
  for (const s of state.refused) {
    state.refused.delete(s)
    state.writers.add(s)
  }
  if (state.checkpoint) syncLaggards(state)
  const refusal = needsGeneration(state, checkpoint) ? await nextGeneration(state) : undefined
  const complete = await sealRecords(state)
  const result = await state.journal.flush()
  if (result === 'broken') journalBroken(state)
  if (result === 'broken' || result === 'full') return journalTurned(state, result === 'full' ? 'disk_full' : 'io')
  for (const { stream, from, to } of result.marks) {
    if (stream.journalSpan.from !== from || stream.journalSpan.to < to) stream.journalSpan = { from, to }
    updateDurable(stream)
  }
  journalTurned(state, state.journal.open ? undefined : refusal)
  if (complete && state.checkpoint) state.checkpoint.journaled = true
  settleCheckpoint(state)
}

/** One record for each stream with news, in slices so that packets are read in between. False when some were refused. */
async function sealRecords(state: State): Promise<boolean> {
  let count = 0
  for (const s of state.streams) {
    if (s.state === 'closed') continue
    if (!state.journal.accepts()) return false
    if (sealRecord(s, state.journal)) state.journal.mark(s)
    if (++count % SLICE === 0) await new Promise(setImmediate)
  }
  return true
}

function needsGeneration({ journal, streams, checkpoint: running }: State, checkpoint: boolean): boolean {
  if (!journal.open) return streams.size > 0
  return checkpoint && !running && !journal.stuck && journal.position > JOURNAL_HEADER_BYTES
}

/** Why the disk refused it, undefined when it did not. */
async function nextGeneration(state: State): Promise<VaultFault['kind'] | undefined> {
  try {
    await state.journal.start()
  } catch (e) {
    state.log.warn({ error: messageOf(e) }, 'vault: no new journal generation')
    return kindOf(e)
  }
  state.checkpointAt = performance.now()
  beginCheckpoint(state)
  return undefined
}

function journalBroken(state: State): void {
  for (const s of state.streams) breakCoverage(s)
}

function beginCheckpoint(state: State): void {
  const targets = new Map<LiveStream, number>()
  for (const s of state.streams) targets.set(s, chunkStart(s))
  state.checkpoint = { generation: state.journal.generation, targets, journaled: false }
  syncLaggards(state)
}

function syncLaggards(state: State): void {
  for (const s of state.checkpoint?.targets.keys() ?? []) state.syncers.add(s)
}

/** Deletes older generations once every stream's segments hold what they held alone. */
export function settleCheckpoint(state: State): void {
  const checkpoint = state.checkpoint
  if (!checkpoint || state.keepsJournals) return
  for (const [s, target] of checkpoint.targets) {
    if (s.state === 'closed' || (s.rescues === 0 && s.segmentDurable >= target && s.segment.folderSynced)) {
      checkpoint.targets.delete(s)
    }
  }
  if (checkpoint.targets.size > 0 || !checkpoint.journaled) return
  state.checkpoint = undefined
  state.journal.deleteBefore(checkpoint.generation).catch((e: unknown) => {
    state.log.warn({ error: messageOf(e) }, 'vault: an old journal generation stays')
  })
}
