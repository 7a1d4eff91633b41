import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../../server/platform/db/orphan.ts'

/** A running `verbale` process and what it has said. */
export type Launched = {
  child: ChildProcess
  stdout: () => string
  stderr: () => string
  /** The address it printed; rejects when it ends without one. */
  ready: Promise<string>
  /** Its exit code; 128 + number stands for a signal. */
  exit: Promise<number>
}

export type LaunchOptions = {
  env?: Record<string, string>
  uid?: number
  root?: string
  command?: string
  args?: string[]
}

const repository = join(import.meta.dirname, '../..')

/** Starts the built program on a data folder, on a free port, without the protocols' fixed ports. */
export function launch(dataDir: string, options: LaunchOptions = {}): Launched {
  const { root = repository, command = 'start', args = ['--port', '0'] } = options
  const identity = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }
  const child = spawn(process.execPath, [join(root, 'dist/server/main.js'), command, '--data', dataDir, ...args], {
    ...identity,
    cwd: '/',
    env: {
      PATH: process.env['PATH'] ?? '',
      VERBALE_PROTOCOLS_SIPREC_ENABLED: 'false',
      VERBALE_LOG_LEVEL: 'warn',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exit = once(child, 'close').then(([code, signal]) =>
    signal === null ? Number(code) : signal === 'SIGKILL' ? 137 : 143,
  )
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const address = /ready: (\S+)/.exec(stdout)?.[1]
      if (address !== undefined) resolve(address)
    })
    void exit.then((code) => reject(new Error(`ended with ${code}: ${stderr}`)))
  })
  ready.catch(() => undefined)
  return { child, stdout: () => stdout, stderr: () => stderr, ready, exit }
}

/** The lines for a person on standard error (the log is JSON). */
export const plainLines = (launched: Launched): string[] =>
  launched
    .stderr()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('{'))

export async function isHealthy(address: string): Promise<boolean> {
  const reply = await fetch(`${address}/api/v1/health`).catch(() => undefined)
  return reply?.status === 200
}

/** The number of the database's process. */
export function databasePid(dataDir: string): number {
  return Number(readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0])
}

/** Processes whose working directory or command line is below a folder: what a stopped program must not leave. */
export function processesUnder(folder: string): string[] {
  const { stdout } = spawnSync(
    'sh',
    ['-c', 'for p in /proc/[0-9]*; do echo "$(readlink $p/cwd) $(tr "\\0" " " <$p/cmdline)"; done 2>/dev/null'],
    { encoding: 'utf8' },
  )
  return stdout.split('\n').filter((line) => line.includes(folder))
}

/** Waits for something that takes as long as it takes. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 25))
}

export const ended = (pid: number): Promise<void> => until(() => !isAlive(pid))

/** The repository itself, or a copy that user `uid` can read when it lies below a private folder. */
export function readableRepository(uid: number): { root: string; remove: () => void } {
  const probe = spawnSync(
    process.execPath,
    ['-e', `require('fs').accessSync(${JSON.stringify(join(repository, 'dist/server/main.js'))}, 4)`],
    { uid, gid: uid, cwd: '/' },
  )
  if (probe.status === 0) return { root: repository, remove: () => undefined }
  const root = mkdtempSync(join(tmpdir(), 'verbale-copy-'))
  chmodSync(root, 0o755)
  execFileSync('cp', ['-R', ...['package.json', 'dist', 'node_modules'].map((name) => join(repository, name)), root])
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) }
}
