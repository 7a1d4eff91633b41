import { EventEmitter } from 'node:events'
import { Logger as WorkerLogger, type Runner, type WorkerEvents, run, runMigrations } from 'graphile-worker'
import { type Kysely, sql } from 'kysely'
import type pg from 'pg'
import { codeOf } from '../db/code.ts'
import type { Logger } from '../log.ts'
import { isProblem } from '../problem.ts'
import { retriedPool } from './patience.ts'

/** Job names and what each is told: ids, never personal data (payloads are stored in clear). */
export type JobMap = Record<string, Record<string, unknown>>

export type JobContext = {
  jobId: string
  /** 1 for the first try. */
  attempt: number
  /** Aborted when the program stops. */
  signal: AbortSignal | undefined
}

export type Handlers<Map extends JobMap> = {
  [Name in keyof Map]: (payload: Map[Name], context: JobContext) => Promise<void>
}

export type EnqueueOptions = {
  /** Not before this time. */
  runAt?: Date
  /** A later job with the same key replaces one that has not started. */
  key?: string
  /** Default 25, with growing pauses (about 3 days). */
  maxAttempts?: number
  /** Jobs of one queue run one after the other. */
  queue?: string
}

/** Adds a job within the caller's transaction: it exists exactly if the transaction commits. */
export type Enqueue<Map extends JobMap> = <Name extends keyof Map & string>(
  // oxlint-disable-next-line typescript/no-explicit-any
  tx: Kysely<any>,
  name: Name,
  payload: Map[Name],
  options?: EnqueueOptions,
) => Promise<void>

export type Jobs<Map extends JobMap> = {
  enqueue: Enqueue<Map>
  /** Starts working. Jobs left over from a killed process are taken up again. */
  start: () => Promise<void>
  /** Lets running jobs finish (5 s), then stops. */
  stop: () => Promise<void>
}

export type JobsDeps<Map extends JobMap> = {
  pool: pg.Pool
  log: Logger
  handlers: Handlers<Map>
  /** Jobs at once. Default 4. */
  concurrency?: number
  /** How long after the database came back jobs nobody works on are taken up again, ms. Default 15 s. */
  settleMs?: number
}

/** Creates or updates the tables of the job queue. Part of migrating a database. */
export async function installJobs(pool: pg.Pool): Promise<void> {
  await runMigrations({ pgPool: pool, logger: silentWorkerLog })
}

/** `Enqueue` for one set of jobs; needs no running worker. */
export function createEnqueue<Map extends JobMap>(): Enqueue<Map> {
  return async (tx, name, payload, options = {}) => {
    await sql`select graphile_worker.add_job(
      identifier => ${name}, payload => ${JSON.stringify(payload)}::json, run_at => ${options.runAt ?? null}::timestamptz,
      max_attempts => ${options.maxAttempts ?? null}::integer, job_key => ${options.key ?? null}, queue_name => ${options.queue ?? null})`.execute(
      tx,
    )
  }
}

/**
 * The job queue: graphile-worker in our database. One process works on a database at a time, so at start every lock is a
 * dead worker's and is released. A restart of the database interrupts no handler; its end is recorded afterwards.
 * A handler may run again after a crash and must bear it.
 */
export function createJobs<Map extends JobMap>(deps: JobsDeps<Map>): Jobs<Map> {
  let runner: Runner | undefined
  const start = async (): Promise<void> => {
    await installJobs(deps.pool)
    await unlock(deps.pool, new Set())
    runner = await run({
      pgPool: retriedPool(deps.pool),
      concurrency: deps.concurrency ?? 4,
      pollInterval: 1000,
      noHandleSignals: true,
      logger: silentWorkerLog,
      events: watchedEvents(deps),
      taskList: taskList(deps.handlers),
    })
    runner.promise.catch((e: unknown) =>
      deps.log.error({ source: 'jobs', code: codeOf(e) ?? 'jobs_stopped' }, 'the job queue stopped'),
    )
  }
  const stop = async (): Promise<void> => {
    await runner?.stop().catch(() => undefined)
    runner = undefined
  }
  return { enqueue: createEnqueue<Map>(), start, stop }
}

/** Its messages quote errors and payloads; what we log comes from its events. */
const silentWorkerLog = new WorkerLogger(() => () => undefined)

function taskList<Map extends JobMap>(handlers: Handlers<Map>) {
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handle]) => [
      name,
      async (payload: unknown, helpers: { job: { id: string; attempts: number }; abortSignal?: AbortSignal }) => {
        const context = { jobId: helpers.job.id, attempt: helpers.job.attempts, signal: helpers.abortSignal }
        try {
          await handle(payload as Map[string], context)
        } catch (e) {
          throw new JobFailure(e)
        }
      },
    ]),
  )
}

/** What the queue stores about a failure: a code only, for a message may quote personal data. */
class JobFailure extends Error {
  readonly code: string
  constructor(cause: unknown) {
    const code = isProblem(cause) ? cause.code : (codeOf(cause) ?? (cause instanceof Error ? cause.name : 'unknown'))
    super(code)
    this.code = code
    this.stack = ''
  }
}

function watchedEvents<Map extends JobMap>(deps: JobsDeps<Map>): WorkerEvents {
  const { log } = deps
  const events: WorkerEvents = new EventEmitter()
  events.on('job:error', ({ job, error }) =>
    log.warn(
      { source: 'jobs', job: job.task_identifier, jobId: job.id, attempt: job.attempts, code: codeOf(error) },
      'a job failed',
    ),
  )
  events.on('job:failed', ({ job, error }) =>
    log.error(
      { source: 'jobs', job: job.task_identifier, jobId: job.id, code: codeOf(error) },
      'a job failed for the last time',
    ),
  )
  unlockAfterReconnect(events, deps)
  return events
}

/** A job taken while the connection broke is locked, yet nobody works on it: released once the database is back. */
function unlockAfterReconnect<Map extends JobMap>(events: WorkerEvents, deps: JobsDeps<Map>): void {
  const active = new Set<string>()
  let lost = false
  events.on('job:start', ({ job }) => active.add(job.id))
  events.on('job:complete', ({ job }) => active.delete(job.id))
  events.on('pool:listen:error', ({ error }) => {
    lost = true
    deps.log.warn(
      { source: 'jobs', code: codeOf(error) ?? 'connection' },
      'the job queue lost the database and will try again',
    )
  })
  events.on('pool:listen:success', () => {
    if (!lost) return
    lost = false
    const later = (): void => {
      if (!deps.pool.ending) unlock(deps.pool, active).catch(() => (lost = true))
    }
    setTimeout(later, deps.settleMs ?? 15_000).unref()
  })
}

/** Releases every locked job (and named queue) but those being worked on. */
async function unlock(pool: pg.Pool, active: Set<string>): Promise<void> {
  await pool.query(
    'update graphile_worker._private_jobs set locked_at = null, locked_by = null where locked_at is not null and id <> all($1::bigint[])',
    [[...active]],
  )
  if (active.size === 0)
    await pool.query(
      'update graphile_worker._private_job_queues set locked_at = null, locked_by = null where locked_at is not null',
    )
}
