import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../log.ts'
import { Problem } from '../problem.ts'
import { type SocketFolder, dataArgument } from './cluster.ts'
import { type Engine, engineEnv } from './engine.ts'
import type { Identity } from './identity.ts'
import { clusterName, isAlive } from './orphan.ts'

/** What one run of the server needs. */
export type ServerPlan = {
  engine: Engine
  identity: Identity
  cluster: string
  socket: SocketFolder
  settings: Record<string, string>
  /** A process number found in postmaster.pid that verifiably is not a database. */
  foreignPid?: number | undefined
  log: Logger
}

/** One running server process. */
export type ServerProcess = { pid: number; exited: Promise<void>; stop: () => Promise<void>; kill: () => void }

/** Stops the server (fast shutdown) when our end of the pipe closes, even if we were killed. Prints the server's number. */
const WATCHDOG = `exec 3<&0
"$@" </dev/null >&2 3<&- &
p=$!
echo $p
{ while read -r x <&3; do :; done; kill -INT $p; } >/dev/null 2>&1 &
w=$!
exec 3<&-
wait $p; rc=$?
kill $w 2>/dev/null; exit $rc`

const START_PATIENCE_MS = 120_000
const STOP_PATIENCE_MS = 30_000

/**
 * Settings of every run. Durability is explicit. What is logged never holds a value: statements and parameters are not
 * logged, errors (whose text may quote a value) go to the client only, and details are left out.
 */
const SETTINGS: Record<string, string> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '128MB',
  // Of flash, not of turning disks: with the default, a page of a thousand rows is looked up by reading whole tables.
  random_page_cost: '1.1',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_transaction_sample_rate: '0',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_lock_waits: 'off',
  log_checkpoints: 'off',
  debug_print_parse: 'off',
}

/** Starts the server and waits until it accepts connections. Throws Problem when it does not start. */
export async function startServer(plan: ServerPlan): Promise<ServerProcess> {
  const child = spawnServer(plan)
  const output = readOutput(child, plan.log)
  const exited = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  )
  const outcome = await Promise.race([
    output.ready,
    exited.then(() => 'exited'),
    sleep(START_PATIENCE_MS, 'late', { ref: false }),
  ])
  if (outcome !== 'ready') {
    child.stdin?.destroy()
    throw startFailed(plan.cluster, outcome === 'late' ? 'it was not ready after 2 minutes' : await output.reason())
  }
  const pid = output.pid()
  return { pid, exited, stop: () => stopServer(child, pid, exited), kill: () => signal(pid, 'SIGKILL') }
}

function spawnServer(plan: ServerPlan): ChildProcess {
  const settings = {
    ...SETTINGS,
    ...plan.settings,
    unix_socket_directories: plan.socket.named,
    cluster_name: clusterName(plan.cluster),
  }
  const args = [
    '-D',
    dataArgument(plan.cluster),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const child = spawn(
    '/bin/sh',
    ['-c', WATCHDOG, 'verbale-database', join(plan.engine.folder, 'bin/postgres'), ...args],
    {
      ...plan.identity,
      cwd: plan.cluster,
      env: engineEnv(plan.foreignPid === undefined ? {} : { PG_GRANDPARENT_PID: String(plan.foreignPid) }),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true, // the terminal's Ctrl-C is for us: we stop the server after our own work
    },
  )
  child.stdin?.on('error', () => undefined)
  return child
}

/** Follows the server's messages: when it is ready, its number, and why it failed. */
function readOutput(child: ChildProcess, log: Logger) {
  let numbers = ''
  let tail: string[] = []
  let rest = ''
  const { promise: ready, resolve: becomeReady } = deferred<'ready'>()
  child.on('error', (e) => tail.push(`FATAL:  ${e.message}`))
  child.stdout?.on('data', (chunk: Buffer) => (numbers += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      logLine(line, log)
      if (line.includes('ready to accept connections')) becomeReady('ready')
    }
    tail = [...tail, ...lines].slice(-40)
  })
  const closed = once(child, 'close').catch(() => undefined)
  return {
    ready,
    pid: () => Number(numbers.trim()),
    reason: async () => {
      await Promise.race([closed, sleep(2000, undefined, { ref: false })])
      return tail.find((line) => /FATAL|PANIC/.test(line)) ?? tail.at(-1) ?? 'no reason given'
    },
  }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = noop
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

const noop = (): void => undefined

function logLine(line: string, log: Logger): void {
  if (/^(FATAL|PANIC):/.test(line)) log.warn({ source: 'database' }, line)
  else if (line.trim()) log.debug({ source: 'database' }, line)
}

function startFailed(cluster: string, reason: string): Problem {
  const text = reason.replace(/^\w+:\s+/, '')
  if (/pre-existing shared memory block|lock file .* already exists/.test(text)) {
    return new Problem(
      'database_busy',
      500,
      `The database in ${cluster} is still in use: ${text}. Wait a moment and start again.`,
    )
  }
  if (/No space left on device|Disk quota exceeded/.test(text)) {
    return new Problem(
      'disk_full',
      500,
      `The disk is full: the database in ${cluster} cannot start (${text}). Free some space and start again.`,
    )
  }
  return new Problem(
    'database_damaged',
    500,
    `The database in ${cluster} does not start: ${text}. Restore the folder from a backup, or move it away to start with an empty database.`,
  )
}

async function stopServer(child: ChildProcess, pid: number, exited: Promise<void>): Promise<void> {
  child.stdin?.destroy() // the watchdog asks for a fast shutdown
  const outcome = await Promise.race([exited.then(() => 'exited'), sleep(STOP_PATIENCE_MS, 'late', { ref: false })])
  if (outcome === 'late') signal(pid, 'SIGQUIT')
  await exited
}

function signal(pid: number, name: NodeJS.Signals): void {
  if (pid > 1 && isAlive(pid)) process.kill(pid, name)
}
