import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { isProblem, messageOf } from '../../platform/problem.ts'
import type { SignedCheckpoint } from './sign.ts'
import type { Witness } from './witness.ts'

/** How a witness is doing. `size` and `at` (ISO 8601) of what it cosigned last; `problem` is the code of the last failure. */
export type WitnessStatus = { name: string; size: number; at: string | null; problem: string | null }

export type Witnesses = {
  /** Asks all for cosignatures, in the background. Of each log only the latest checkpoint is asked for. */
  cosign(checkpoint: SignedCheckpoint): void
  status(): WitnessStatus[]
  /** Ends when what is under way is done; nothing is asked afterwards. */
  stop(): Promise<void>
}

export type WitnessesDeps = {
  witnesses: Witness[]
  clock: Clock
  log: Logger
  /** Pause after a first failure, ms; it doubles up to ten minutes. */
  retryMs: number
}

const maxRetryMs = 600_000

/** The log goes on whatever witnesses do: a checkpoint without cosignatures is a checkpoint (fail open). */
export function createWitnesses(deps: WitnessesDeps): Witnesses {
  const askers = deps.witnesses.map((witness) => createAsker(witness, deps))
  return {
    cosign: (checkpoint) => askers.forEach((asker) => asker.want(checkpoint)),
    status: () => askers.map((asker) => asker.status()),
    stop: async () => void (await Promise.all(askers.map((asker) => asker.stop()))),
  }
}

/** One request at a time to one witness, with growing pauses after failures. */
function createAsker(witness: Witness, { clock, log, retryMs }: WitnessesDeps) {
  const wanted = new Map<string, SignedCheckpoint>()
  const state: WitnessStatus = { name: witness.name, size: 0, at: null, problem: null }
  let failures = 0
  let running: Promise<void> | null = null
  let pause: NodeJS.Timeout | null = null
  let stopped = false

  async function next(): Promise<void> {
    const [checkpoint] = wanted.values()
    if (!checkpoint) return
    try {
      await witness.cosign(checkpoint)
      failures = 0
      Object.assign(state, { size: checkpoint.size, at: new Date(clock.now()).toISOString(), problem: null })
      if (wanted.get(checkpoint.origin) === checkpoint) wanted.delete(checkpoint.origin)
    } catch (e) {
      note(isProblem(e) ? e.code : 'internal', messageOf(e))
      failures++
      pause = setTimeout(resume, Math.min(maxRetryMs, retryMs * 2 ** (failures - 1))).unref()
    }
  }

  function note(code: string, detail: string): void {
    if (state.problem !== code) log.warn({ source: 'evidence', code, witness: witness.name }, detail)
    state.problem = code
  }

  function resume(): void {
    pause = null
    if (running || stopped) return
    running = next().finally(() => {
      running = null
      if (!pause && wanted.size > 0) resume()
    })
  }

  return {
    want(checkpoint: SignedCheckpoint): void {
      wanted.set(checkpoint.origin, checkpoint)
      if (!pause) resume()
    },
    status: (): WitnessStatus => ({ ...state }),
    async stop(): Promise<void> {
      stopped = true
      if (pause) clearTimeout(pause)
      await running
    },
  }
}
