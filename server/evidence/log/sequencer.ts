import type { KeyObject } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import type { Vault } from '../../vault/index.ts'
import { eventRow } from '../events.ts'
import type { EvidenceEvent } from '../event-types.ts'
import type { EvidenceTables, LogRow } from '../store.ts'
import type { Alarms } from './alarm.ts'
import { type Guard, requireContinues } from './guard.ts'
import { integrate, type Reached, takeQueued } from './integrate.ts'
import { beginLog, type Beginning, currentLog, endLog, lockWriter, openKey } from './logs.ts'
import { beganEvent, emptyState, nextOf, queueAgain, restartedEvent, yearOf } from './succession.ts'
import { lastCheckpoint, type SignedCheckpoint, signState } from './sign.ts'

export type SequencerSettings = {
  /** Pause between batches, ms. */
  batchMs: number
  /** Events in a batch at most. */
  batchEvents: number
  /** Shortest time between two checkpoints, ms. */
  checkpointMs: number
}
export const sequencerSettings: SequencerSettings = { batchMs: 200, batchEvents: 4096, checkpointMs: 1000 }

export type SequencerDeps = {
  db: Kysely<EvidenceTables>
  vault: Pick<Vault, 'sealValue' | 'box'>
  clock: Clock
  guard: Guard
  /** First part of a new log's origin. */
  operator: string
  alarms: Alarms
  settings: SequencerSettings
  published(checkpoint: SignedCheckpoint): void
  /** Told between the steps of a batch: a test throws there. */
  reached?: Reached | undefined
}

export type Sequencer = {
  /** Does everything that is due. `always`: signs without waiting for the time between checkpoints. Throws Inconsistency. */
  turn(always: boolean): Promise<void>
  /** Checks the log that is written against the guard, and returns it. Throws Inconsistency. */
  verify(): Promise<LogRow>
  /** Gives the log up and begins another one, whose first entry says what was signed last and what was found. */
  restart(reason: string, actor: string | null): Promise<void>
}

type Tx = Transaction<EvidenceTables>

/**
 * Takes events from the queue into the log and signs its states. Every step is a transaction under the writer's lock and reads
 * what it continues: a process may die between any two of them, and another one may do the next.
 */
export function createSequencer(deps: SequencerDeps): Sequencer {
  const { db, clock, guard, settings } = deps
  const reached = deps.reached ?? ((): void => undefined)
  const keys = new Map<number, KeyObject>()
  /** The state this process left or checked last. Any other is checked against the guard before it is continued. */
  let known: LogRow | null = null
  let signed: { logId: number; size: number } | null = null
  let signedAt: bigint | null = null

  /** One transaction under the writer's lock, with the log that is written. */
  const writing = <T>(work: (tx: Tx, log: LogRow) => Promise<T>): Promise<T> =>
    db.transaction().execute(async (tx) => {
      await lockWriter(tx)
      const first = { year: yearOf(clock), after: null }
      return work(tx, (await currentLog(tx)) ?? (await begin(tx, first, beganEvent(null))))
    })

  async function begin(tx: Tx, how: Pick<Beginning, 'year' | 'after' | 'not'>, event: EvidenceEvent): Promise<LogRow> {
    const log = await beginLog(tx, deps.vault.box, { ...how, operator: deps.operator, atMs: clock.now() })
    const row = eventRow(deps, event, null)
    await tx.insertInto('evidence_event').values(row).execute()
    return integrate(tx, log, [row])
  }

  async function requireKnown(tx: Tx, log: LogRow): Promise<void> {
    if (known?.id === log.id && known.size === log.size && known.root.equals(log.root)) return
    await requireContinues(tx, log, await guard.read())
  }

  async function batch(): Promise<number> {
    const { rows } = await sql`select 1 from log_queue limit 1`.execute(db)
    if (rows.length === 0 && known) return 0
    const { log, taken } = await writing(async (tx, before) => {
      await requireKnown(tx, before)
      const events = await takeQueued(tx, settings.batchEvents)
      if (events.length === 0) return { log: before, taken: 0 }
      reached('taken')
      return { log: await integrate(tx, before, events, reached), taken: events.length }
    })
    known = log
    if (taken > 0) reached('integrated')
    return taken
  }

  async function sign(): Promise<void> {
    const { log, checkpoint } = await writing(async (tx, state) => {
      const key = keys.get(state.id) ?? (await openKey(tx, deps.vault.box, state))
      keys.set(state.id, key)
      return { log: state, checkpoint: await signState(tx, state, { guard, key, nowMs: clock.now(), reached }) }
    })
    signed = { logId: log.id, size: log.size }
    signedAt = clock.monotonic()
    if (!checkpoint) return
    reached('published')
    deps.published(checkpoint)
  }

  /** The old log is signed a last time, then a new one begins. */
  async function turnYear(year: number): Promise<void> {
    await sign()
    const log = await writing(async (tx, old) => {
      const last = await lastCheckpoint(tx, old.origin)
      if (old.year >= year || last?.size !== old.size) return null
      await requireKnown(tx, old)
      const guarded = await guard.read()
      await endLog(tx, old, { atMs: clock.now(), abandoned: false })
      return begin(tx, { year, after: guarded?.text ?? null }, beganEvent(old))
    })
    known = log ?? known
  }

  const isDue = (): boolean =>
    signedAt === null || clock.monotonic() - signedAt >= BigInt(settings.checkpointMs) * 1_000_000n
  const isSigned = (): boolean => signed !== null && signed.logId === known?.id && signed.size === known.size

  return {
    async turn(always) {
      while ((await batch()) === settings.batchEvents);
      // A clock that was set back changes nothing: years only go forward.
      if (known && yearOf(clock) > known.year) await turnYear(yearOf(clock))
      if (always || (isDue() && !isSigned())) await sign()
    },

    verify: () =>
      writing(async (tx, log) => {
        await requireContinues(tx, log, await guard.read())
        return log
      }),

    async restart(reason, actor) {
      const guarded = await guard.read().catch(() => null)
      const alarm = deps.alarms.current()?.code ?? null
      known = await writing(async (tx, old) => {
        await endLog(tx, old, { atMs: clock.now(), abandoned: true })
        const event = restartedEvent({ reason, actor, alarm, old, guarded })
        const log = await begin(tx, { ...nextOf(clock, old, guarded), after: guarded?.text ?? null }, event)
        await queueAgain(tx)
        return log
      })
      // Where this fails, a guard that could be read still agrees: the new log follows what it says.
      await guard.write(emptyState(known.origin))
      deps.alarms.clear()
    },
  }
}
