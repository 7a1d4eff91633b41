import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publish, rule } from '../../test/journeys/policy.ts'
import { type Client, client, setUp, type TestServer } from '../../test/journeys/server.ts'
import { nodeOn } from './proc.ts'

export const root = join(import.meta.dirname, '../..')

/** The built program on a data folder, as a person starts it. */
export type Program = {
  url: string
  pid: number
  dataDir: string
  setupLink: string | null
  /** From the start of the process to "Verbale is ready", ms. */
  readyMs: number
  /** When the process was started, on `performance.now()`. */
  startedAt: number
  stop(): Promise<void>
}

export type StartOptions = {
  cores?: string | null | undefined
  /** Flags for node itself. */
  node?: string[]
}

let built = false

/** Builds the program when the sources have changed. Throws when the build fails. */
export function buildProgram(): void {
  if (built) return
  const script = `import { build } from './scripts/build.mjs'; await build()`
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error('the program could not be built: see the messages above')
  built = true
}

/** A data folder of its own with room for thousands of calls. */
export function dataFolder(): { dataDir: string; remove(): void } {
  const dataDir = mkdtempSync(join(tmpdir(), 'verbale-bench-'))
  const siprec = { host: '127.0.0.1', udpPort: 0, tcpPort: 0, rtpPorts: [10_000, 31_999], maxCalls: 5000 }
  const protocols = { siprec, audiosocket: { port: 0 } }
  const config = { http: { host: '127.0.0.1' }, log: { level: 'warn' }, protocols }
  writeFileSync(join(dataDir, 'verbale.json'), JSON.stringify(config))
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }) }
}

/** Starts the program and waits until it says where it is. Rejects with its messages when it ends before. */
export async function startProgram(dataDir: string, options: StartOptions = {}): Promise<Program> {
  buildProgram()
  const main = join(root, 'dist/server/main.js')
  const [command, args] = nodeOn(options.cores, [
    ...(options.node ?? []),
    main,
    'start',
    '--data',
    dataDir,
    '--port',
    '0',
  ])
  const began = performance.now()
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, DATABASE_URL: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const stopWithUs = (): void => void child.kill('SIGTERM')
  process.once('exit', stopWithUs)
  const { output, readyMs } = await heardReady(child, exited, began)
  await new Promise((wake) => setTimeout(wake, 50)) // the link is printed just after
  return {
    url: /is ready: (\S+)/.exec(output())?.[1] ?? '',
    pid: child.pid ?? 0,
    dataDir,
    setupLink: /works once\): (\S+)/.exec(output())?.[1] ?? null,
    readyMs,
    startedAt: began,
    async stop() {
      process.off('exit', stopWithUs)
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function heardReady(child: ChildProcess, exited: Promise<unknown>, began: number) {
  let output = ''
  let readyMs = 0
  await new Promise<void>((resolve, reject) => {
    const hear = (bytes: Buffer): void => {
      output += bytes.toString()
      if (readyMs > 0 || !/is ready: \S+\n/.test(output)) return
      readyMs = performance.now() - began
      resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    void exited.then(() => reject(new Error(`the program ended before it was ready:\n${output}`)))
  })
  return { output: () => output, readyMs }
}

/** The first administrator, through the printed link, and a policy that records every call as evidence. */
export async function prepare(program: Program): Promise<Client> {
  const running = { firstAdministratorLink: program.setupLink }
  const admin = await setUp({ url: program.url, running } as TestServer)
  await publish(admin, [rule({ purposes: ['evidence'] })])
  return admin
}

/** The same person after a restart, at the new address. */
export function again(admin: Client, program: Program): Client {
  const next = client(program.url)
  next.cookie = admin.cookie
  return next
}
