import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, silentLog } from '../log.ts'
import { Problem, isProblem, messageOf } from '../problem.ts'
import { clusterMajor, createCluster, createSocketFolder } from './cluster.ts'
import { prepareEngine } from './engine.ts'
import { chooseIdentity } from './identity.ts'
import { stopOrphan } from './orphan.ts'
import { type ServerPlan, type ServerProcess, startServer } from './server.ts'

export type SupervisorOptions = {
  /** The data folder; the database lives in its folder `postgres`. */
  dataDir: string
  log?: Logger
  /** Extra PostgreSQL settings (tests). */
  settings?: Record<string, string>
  /** Told after an unexpected end of the server, once it runs again. */
  onRestart?: () => void
}

/** Our own PostgreSQL server and its keeper. */
export type Supervisor = {
  /** Folder of the Unix socket: the `host` of a connection. */
  socketFolder: string
  version: string
  /** The server's process number; changes at a restart. */
  pid(): number
  /** Resolves once the server runs (again). */
  whenRunning(): Promise<void>
  /** Stops and starts the server; used by fault tests. */
  restart(): Promise<void>
  /** Kills the server as a crash would (SIGKILL); the supervisor then starts it again. */
  kill(): void
  stop(): Promise<void>
}

const FIRST_BACKOFF_MS = 100
const LONGEST_BACKOFF_MS = 10_000
/** How long a server may find its predecessor's processes still dying, ms. */
const BUSY_PATIENCE_MS = 15_000

/**
 * Starts the embedded database below `dataDir`, creating it when there is none, and keeps it running: an unexpected end
 * is logged and answered by a new start, with growing pauses.
 * @throws Problem with one line of advice when it cannot start
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const log = options.log ?? silentLog
  const home = join(options.dataDir, 'postgres')
  mkdirSync(home, { recursive: true, mode: 0o755 })
  const cluster = join(realpathSync(home), 'cluster')
  const identity = chooseIdentity(cluster)
  const engine = prepareEngine(realpathSync(home), clusterMajor(cluster), identity)
  if (!existsSync(cluster)) {
    log.info({ source: 'database', version: engine.version }, 'creating the database')
    createCluster(cluster, engine, identity)
  }
  const { foreign } = await stopOrphan(cluster)
  const socket = createSocketFolder(realpathSync(home), identity)
  const plan: ServerPlan = {
    engine,
    identity,
    cluster,
    socket,
    settings: options.settings ?? {},
    foreignPid: foreign,
    log,
  }
  try {
    return await keep(plan, options)
  } catch (e) {
    socket.remove()
    throw e
  }
}

/** The running server and the loop that starts it again. */
async function keep(plan: ServerPlan, options: SupervisorOptions): Promise<Supervisor> {
  let wanted = true
  let server = await startPatiently(plan)
  let running = Promise.resolve()
  const watch = (): void => {
    const watched = server
    void watched.exited.then(() => {
      if (wanted && server === watched) running = revive()
    })
  }
  const revive = async (): Promise<void> => {
    plan.log.error({ source: 'database', code: 'database_ended' }, 'the database ended unexpectedly; starting it again')
    const next = await startUntilItRuns(plan, () => wanted)
    if (!next) return
    server = next
    watch()
    plan.log.warn({ source: 'database', code: 'database_restarted' }, 'the database runs again')
    options.onRestart?.()
  }
  const restart = async (): Promise<void> => {
    const old = server
    server = { ...old } // the watcher of the old process now sees a replaced server
    await old.stop()
    server = await startPatiently(plan)
    watch()
  }
  watch()
  return {
    socketFolder: plan.socket.path,
    version: plan.engine.version,
    pid: () => server.pid,
    whenRunning: () => running,
    restart: () => (running = restart()),
    kill: () => server.kill(),
    stop: async () => {
      wanted = false
      await running.catch(() => undefined)
      await server.stop()
      plan.socket.remove()
    },
  }
}

/** Starts; while processes of a killed predecessor still hold the shared memory, tries again. */
async function startPatiently(plan: ServerPlan): Promise<ServerProcess> {
  const deadline = Date.now() + BUSY_PATIENCE_MS
  for (;;) {
    try {
      return await startServer(plan)
    } catch (e) {
      if (!isProblem(e) || e.code !== 'database_busy' || Date.now() > deadline) throw e
    }
    await sleep(100)
    plan.foreignPid = (await stopOrphan(plan.cluster)).foreign
  }
}

async function startUntilItRuns(plan: ServerPlan, wanted: () => boolean): Promise<ServerProcess | undefined> {
  for (let pause = FIRST_BACKOFF_MS; wanted(); pause = Math.min(pause * 2, LONGEST_BACKOFF_MS)) {
    await sleep(pause)
    if (!wanted()) return undefined
    try {
      plan.foreignPid = (await stopOrphan(plan.cluster)).foreign
      return await startServer(plan)
    } catch (e) {
      plan.log.error({ source: 'database', code: e instanceof Problem ? e.code : 'database_start' }, messageOf(e))
    }
  }
  return undefined
}
