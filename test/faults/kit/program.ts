import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../..')
const command = ['--import', 'tsx', 'server/main.ts']

export type Program = {
  url: string
  setupLink: string | null
  process: ChildProcess
  output(): string
  exited: Promise<unknown>
}

/** A data folder with a configuration that takes only free ports of this machine. */
export function dataFolder(prefix: string): string {
  const dir = mkdtempSync(join(tmpdir(), prefix))
  const protocols = {
    siprec: { host: '127.0.0.1', udpPort: 0, tcpPort: 0, rtpPorts: [45_000, 46_999] },
    audiosocket: { port: 0 },
  }
  writeFileSync(
    join(dir, 'verbale.json'),
    JSON.stringify({ http: { host: '127.0.0.1' }, log: { level: 'warn' }, protocols }),
  )
  return dir
}

/** The program as a person starts it, with its own database; resolves once it says where it is. */
export async function startProgram(dataDir: string): Promise<Program> {
  const child = spawn(process.execPath, [...command, 'start', '--data', dataDir, '--port', '0'], {
    cwd: root,
    env: { ...process.env, DATABASE_URL: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const exited = once(child, 'exit')
  const ready = new Promise<void>((resolve, reject) => {
    const hear = (bytes: Buffer): void => {
      output += bytes.toString()
      if (/is ready: \S+\n/.test(output)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    void exited.then(() => reject(new Error(`the program ended before it was ready:\n${output}`)))
  })
  await ready
  const url = /is ready: (\S+)/.exec(output)?.[1] ?? ''
  await new Promise((wake) => setTimeout(wake, 20)) // the link is printed just after
  return {
    url,
    setupLink: /works once\): (\S+)/.exec(output)?.[1] ?? null,
    process: child,
    output: () => output,
    exited,
  }
}

/** Runs a command of the program to its end. */
export function runProgram(name: string, dataDir: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, name, '--data', dataDir], {
    cwd: root,
    env: { ...process.env, DATABASE_URL: '' },
    encoding: 'utf8',
  })
  return { status, output: `${stdout}${stderr}` }
}

/** Processes whose command line or working folder lies in the data folder: the embedded database's. */
export function processesIn(dataDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`${dataDir}/postgres`)
      } catch {
        return false
      }
    })
    .map(Number)
}

export const removeFolder = (dir: string): void =>
  rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })

/**
 * How much this machine itself holds things up: the longest a write with `fsync` in the folder took, and the latest a timer
 * came, ms. What the recorder loses beyond its promise by no fault of its own cannot be more than these.
 */
export function watchMachine(dir: string): { worst(): number; stop(): void } {
  const fd = openSync(join(dir, '.stall-probe'), 'w')
  let worst = 0
  let due = performance.now() + 50
  const timer = setInterval(() => {
    const late = performance.now() - due
    writeSync(fd, 'x')
    fsyncSync(fd)
    worst = Math.max(worst, performance.now() - due, late)
    due = performance.now() + 50
  }, 50)
  return {
    worst: () => worst,
    stop: () => {
      clearInterval(timer)
      closeSync(fd)
    },
  }
}
