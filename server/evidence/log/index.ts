import { type Kysely, sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Objects } from '../../platform/objects/index.ts'
import { Problem } from '../../platform/problem.ts'
import type { Vault } from '../../vault/index.ts'
import type { EvidenceTables } from '../store.ts'
import { type Alarm, type Alarms, createAlarms } from './alarm.ts'
import { createGuard } from './guard.ts'
import type { Reached } from './integrate.ts'
import { type EventProof, proveConsistency, proveEvent } from './proofs.ts'
import { currentLog } from './logs.ts'
import { createRunner, type RunnerSettings } from './runner.ts'
import { createSequencer, sequencerSettings, type SequencerSettings } from './sequencer.ts'
import { lastCheckpoint, type SignedCheckpoint } from './sign.ts'
import { createWitness, type WitnessSettings } from './witness.ts'
import { createWitnesses, type Witnesses, type WitnessStatus } from './witnesses.ts'

export type LogSettings = SequencerSettings &
  RunnerSettings & {
    /** Longest wait for a witness, and pause after its first failure, ms. */
    witnessTimeoutMs: number
    witnessRetryMs: number
  }
export const logSettings: LogSettings = {
  ...sequencerSettings,
  checkEveryMs: 86_400_000,
  checkPauseMs: 20,
  witnessTimeoutMs: 10_000,
  witnessRetryMs: 5_000,
}

export type LogDeps = {
  db: Kysely<EvidenceTables>
  vault: Pick<Vault, 'sealValue' | 'box'>
  clock: Clock
  log: Logger
  /** Folder of the guard, outside the database and its backups. */
  guard: Objects
  /** First part of the origin of new logs, such as `verbale.example.com`. */
  operator: string
  witnesses?: WitnessSettings[] | undefined
  settings?: Partial<LogSettings> | undefined
  /** Told between the steps of a batch: a test throws there. */
  reached?: Reached | undefined
}

/** Name, origin and public key are null before the first log. */
export type LogStatus = {
  name: string | null
  origin: string | null
  vkey: string | null
  /** Entries integrated; those of `checkpoint` are signed too. */
  size: number
  checkpoint: { size: number; signedAt: string } | null
  /** Events that no log holds yet. */
  queued: number
  alarm: Alarm | null
  witnesses: WitnessStatus[]
}

export type Log = {
  /** Begins to integrate and sign, and checks what is there in the background. An inconsistency does not stop the start. */
  start(): Promise<void>
  /** Integrates and signs what is queued, then ends. */
  stop(): Promise<void>
  /** Integrates and signs what is queued now. An inconsistency raises the alarm; under one nothing happens. */
  drain(): Promise<void>
  status(): Promise<LogStatus>
  proofOf(eventId: string, size?: number): Promise<EventProof>
  consistency(ask: { log: string; from: number; to: number }): Promise<Buffer[]>
  /** Recomputes every log from its entries and compares guard, tiles and state; raises the alarm, or ends it when all is well again. */
  check(): Promise<Alarm | null>
  /** When that was last done to the end, ms; null before the first time since the start. */
  checkedMs(): number | null
  /** Public key of the log that is written. Throws Problem `log_not_begun` (503). */
  vkey(): Promise<string>
  /** Gives an inconsistent log up and begins another. Throws Problem `log_sound` (409) without an alarm. */
  restart(reason: string, actor: string | null): Promise<void>
  /** Told of every checkpoint once it is stored. Returns what ends it. */
  onCheckpoint(listener: (checkpoint: SignedCheckpoint) => void): () => void
}

/** The transparency log of the room. */
export function createLog(deps: LogDeps): Log {
  const { db, clock } = deps
  const settings = { ...logSettings, ...deps.settings }
  const alarms = createAlarms(deps)
  const listeners = new Set<(checkpoint: SignedCheckpoint) => void>()
  const witnesses = createWitnesses({
    witnesses: (deps.witnesses ?? []).map((w) => createWitness(w, { db, timeoutMs: settings.witnessTimeoutMs })),
    clock,
    log: deps.log,
    retryMs: settings.witnessRetryMs,
  })
  const sequencer = createSequencer({
    ...deps,
    settings,
    guard: createGuard(deps.guard),
    alarms,
    published(checkpoint) {
      witnesses.cosign(checkpoint)
      for (const listener of listeners) listener(checkpoint)
    },
  })
  const runner = createRunner({ ...deps, settings, alarms, sequencer })

  return {
    async start() {
      await runner.start()
      await cosignLast(db, witnesses)
    },
    async stop() {
      await runner.stop()
      await witnesses.stop()
    },
    drain: () => runner.turn(true),
    status: () => statusOf(db, alarms, witnesses),
    proofOf: (eventId, size) => proveEvent(db, eventId, size),
    consistency: (ask) => proveConsistency(db, ask),
    check: () => runner.check(),
    checkedMs: () => runner.checkedMs(),
    vkey: () => vkeyOf(db),
    async restart(reason, actor) {
      if (!alarms.current())
        throw new Problem('log_sound', 409, 'The log is what was signed: there is nothing to restart.')
      await runner.exclusive(() => sequencer.restart(reason, actor))
      await runner.turn(true)
    },
    onCheckpoint(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

async function statusOf(db: Kysely<EvidenceTables>, alarms: Alarms, witnesses: Witnesses): Promise<LogStatus> {
  const log = await currentLog(db)
  const last = log && (await lastCheckpoint(db, log.origin))
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from log_queue`.execute(db)
  return {
    name: log?.name ?? null,
    origin: log?.origin ?? null,
    vkey: log?.vkey ?? null,
    size: log?.size ?? 0,
    checkpoint: last ? { size: last.size, signedAt: last.signed_at.toISOString() } : null,
    queued: rows[0]?.n ?? 0,
    alarm: alarms.current(),
    witnesses: witnesses.status(),
  }
}

async function vkeyOf(db: Kysely<EvidenceTables>): Promise<string> {
  const log = await currentLog(db)
  if (!log) throw new Problem('log_not_begun', 503, 'The log has not begun yet. Try again shortly.')
  return log.vkey
}

/** The last checkpoint before a stop may still want cosignatures. */
async function cosignLast(db: Kysely<EvidenceTables>, witnesses: Witnesses): Promise<void> {
  const log = await currentLog(db)
  const last = log && (await lastCheckpoint(db, log.origin))
  if (last) witnesses.cosign({ ...last, signedAt: last.signed_at.getTime() })
}
