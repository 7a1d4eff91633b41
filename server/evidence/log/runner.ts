import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import { codeOf } from '../../platform/db/code.ts'
import type { Logger } from '../../platform/log.ts'
import { isProblem } from '../../platform/problem.ts'
import type { EvidenceTables, LogRow } from '../store.ts'
import type { Alarm, Alarms } from './alarm.ts'
import { checkLog, requireSigned } from './check.ts'
import { Inconsistency } from './inconsistency.ts'
import type { Sequencer } from './sequencer.ts'

export type RunnerSettings = {
  /** Pause between batches, ms. */
  batchMs: number
  /** Between two recomputations of all logs, ms. */
  checkEveryMs: number
  /** Pause between slices of 4,096 entries in a recomputation, ms. */
  checkPauseMs: number
}

export type Runner = {
  start(): Promise<void>
  /** Ends after a last turn. */
  stop(): Promise<void>
  /** One turn of the sequencer, unless there is an alarm. An inconsistency raises it; other failures are thrown. */
  turn(always: boolean): Promise<void>
  check(): Promise<Alarm | null>
  /** When everything was last recomputed to the end, ms; null before the first time. */
  checkedMs(): number | null
  /** Runs work while no turn runs. */
  exclusive<T>(work: () => Promise<T>): Promise<T>
}

export type RunnerDeps = {
  db: Kysely<EvidenceTables>
  clock: Clock
  log: Logger
  settings: RunnerSettings
  alarms: Alarms
  sequencer: Sequencer
}

/** Pause after a failed turn, ms. */
const failurePauseMs = 1000

/** Keeps the sequencer turning and the logs checked. */
export function createRunner(deps: RunnerDeps): Runner {
  const { db, settings, alarms, sequencer } = deps
  const stopping = new AbortController()
  let last: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let checking: Promise<unknown> = Promise.resolve()
  let failure: string | null = null
  let checkedMs: number | null = null

  function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }

  const turn = (always: boolean): Promise<void> =>
    exclusive(async () => {
      if (alarms.current()) return
      try {
        await sequencer.turn(always)
      } catch (e) {
        if (!(e instanceof Inconsistency)) throw e
        alarms.raise(e)
      }
    })

  /** A turn whose failure is told once and tried again: the database restarts, a disk is full. */
  async function attempt(always: boolean): Promise<void> {
    try {
      await turn(always)
      failure = null
    } catch (e) {
      const code = isProblem(e) ? e.code : (codeOf(e) ?? 'internal')
      if (failure !== code) deps.log.warn({ source: 'evidence', code }, 'the log could not be continued and will be')
      failure = code
    }
  }

  function plan(): void {
    if (stopping.signal.aborted) return
    const pause = failure === null ? settings.batchMs : failurePauseMs
    timer = setTimeout(() => void attempt(false).then(plan), pause)
  }

  const pause = (): Promise<void> => sleep(settings.checkPauseMs, undefined, { signal: stopping.signal })

  /** The first thing wrong with any log, or null. */
  async function findWrong(): Promise<Inconsistency | null> {
    try {
      await exclusive(() => sequencer.verify())
    } catch (e) {
      if (e instanceof Inconsistency) return e
      throw e
    }
    for (const log of await logsInUse(db)) {
      const wrong = await wrongWith(log)
      if (wrong && (await logsInUse(db)).some(({ id }) => id === log.id)) return wrong
    }
    return null
  }

  async function wrongWith(log: LogRow): Promise<Inconsistency | null> {
    try {
      await requireSigned(db, log)
      await checkLog(db, log, pause)
      return null
    } catch (e) {
      if (e instanceof Inconsistency) return e
      throw e
    }
  }

  async function check(): Promise<Alarm | null> {
    const before = alarms.current()
    const wrong = await findWrong()
    checkedMs = deps.clock.now()
    if (wrong) alarms.raise(wrong)
    else if (before && alarms.current() === before) alarms.clear()
    return alarms.current()
  }

  async function keepChecking(): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      await check().catch((e: unknown) => {
        if (!signal.aborted)
          deps.log.warn({ source: 'evidence', code: codeOf(e) ?? 'internal' }, 'the log was not checked')
      })
      await sleep(settings.checkEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  return {
    exclusive,
    turn,
    check,
    checkedMs: () => checkedMs,
    async start() {
      await attempt(true)
      plan()
      checking = keepChecking()
    },
    async stop() {
      stopping.abort()
      clearTimeout(timer)
      await checking
      await attempt(true)
    },
  }
}

/** Logs that must be what was signed. */
const logsInUse = (db: Kysely<EvidenceTables>): Promise<LogRow[]> =>
  db.selectFrom('log').selectAll().where('abandoned', '=', false).orderBy('id').execute()
