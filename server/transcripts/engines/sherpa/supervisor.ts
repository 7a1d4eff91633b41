import { fork, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Logger } from '../../../platform/log.ts'
import type { Problem } from '../../../platform/problem.ts'
import { closed, stopped, unusableModel } from '../problems.ts'
import type { Answer, Ask, Task } from './protocol.ts'

export type ProcessLimits = {
  /** A model may take so long to load. */
  loadMs: number
  /** An answer may take so long, and so many times the length of the audio besides. */
  answerMs: number
  answerFactor: number
  /** A process that has grown beyond is replaced between two jobs. */
  rssBytes: number
  /** A process for whole segments ends when it has had nothing to do for this long, and starts again with the next. */
  idleMs: number
  /** Wait before the next start after one crash, doubled with each further one. */
  firstWaitMs: number
  longestWaitMs: number
}

export const PROCESS_LIMITS: ProcessLimits = {
  loadMs: 120_000,
  answerMs: 5000,
  answerFactor: 6,
  rssBytes: 6_000_000_000,
  idleMs: 120_000,
  firstWaitMs: 500,
  longestWaitMs: 60_000,
}

export type ProcessSetup = {
  /** What is told in problems: the engine and its model. */
  where: string
  task: Task
  limits: ProcessLimits
  log: Logger
  onAnswer: (answer: Answer) => void
  /** The process is gone, and with it all that it was asked. */
  onEnd: (problem: Problem) => void
  /** Another program that speaks the same protocol (tests). */
  entry?: URL
}

export type EngineProcess = {
  /**
   * Resolves with the engine's version when its process runs and has loaded the model; starts it where needed, after the
   * wait that crashes before ask for.
   * @throws Problem `engine_model_unusable`, `engine_closed`
   */
  ready(): Promise<string>
  /** Nothing happens when the process does not run: `onEnd` has said so. */
  send(ask: Ask): void
  /** Ends the process: it hangs, or it says nonsense. Counts as a crash. */
  kill(why: string): void
  /** Ends the process without blame; the next job starts another. */
  renew(): void
  /** Work was done: what crashed before is forgotten. */
  worked(): void
  /** Its process id while it runs. */
  pid: () => number | null
  close: () => Promise<void>
}

/** `reason`: why it was told to end, while it has not yet. */
type Running = {
  child: ChildProcess
  loaded: Promise<string>
  gone: Promise<void>
  reason: string | null
  blame: boolean
}

/** Keeps one engine process running while it is needed. */
export function supervise({ where, task, limits, log, onAnswer, onEnd, entry }: ProcessSetup): EngineProcess {
  let running: Running | null = null
  let crashes = 0
  let notBefore = 0
  let isClosed = false

  const start = (): Running => {
    const child = forkWorker(entry ?? new URL(`./engine-worker${import.meta.url.slice(-3)}`, import.meta.url))
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const mine: Running = { child, loaded: Promise.resolve(''), gone, reason: null, blame: true }
    const complaint = tail(child)
    mine.loaded = new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(mine, `loading takes more than ${limits.loadMs / 1000} s`), limits.loadMs)
      const fail = (why: string): void => {
        clearTimeout(timer)
        reject(unusableModel(where, why))
      }
      child.on('message', (answer: Answer) => {
        if (answer.say === 'unusable') {
          fail(answer.why)
          end(mine, 'it could not be loaded')
        } else if (answer.say === 'loaded') {
          clearTimeout(timer)
          resolve(answer.version)
        } else if (mine === running) onAnswer(answer)
      })
      child.on('error', (e) => end(mine, e.message))
      child.on('close', (code, signal) => {
        const reason = mine.reason ?? ended(code, signal)
        fail([reason, complaint()].filter(Boolean).join(': '))
        forget(mine, reason)
      })
    })
    mine.loaded.catch(() => {})
    child.send({ ask: 'load', task } satisfies Ask)
    return mine
  }
  const forget = (gone: Running, reason: string): void => {
    if (running !== gone) return
    running = null
    if (gone.blame) {
      notBefore = performance.now() + Math.min(limits.longestWaitMs, limits.firstWaitMs * 2 ** crashes++)
      log.warn({ engine: where, reason, crashes }, 'speech engine ended')
    }
    if (!isClosed) onEnd(stopped(where, reason))
  }
  const end = (target: Running, reason: string): void => {
    target.reason ??= reason
    target.child.kill('SIGKILL')
  }
  return {
    async ready() {
      if (running?.reason) await running.gone
      if (!running && crashes > 0) await pause(notBefore - performance.now())
      if (isClosed) throw closed(where)
      running ??= start()
      return running.loaded
    },
    send(ask) {
      if (running?.child.connected) running.child.send(ask, () => {})
    },
    kill(why) {
      if (running) end(running, why)
    },
    renew() {
      if (!running) return
      running.blame = false
      end(running, 'renewed')
    },
    worked() {
      crashes = 0
    },
    pid: () => running?.child.pid ?? null,
    async close() {
      isClosed = true
      const last = running
      if (!last) return
      end(last, 'closed')
      await last.gone
    },
  }
}

const pause = (ms: number): Promise<void> =>
  ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms))

/** From source (development and tests) the program runs through tsx. Its environment is empty: it has no secret to lose. */
function forkWorker(entry: URL): ChildProcess {
  const throughTsx = entry.pathname.endsWith('.ts')
  const tsx = throughTsx ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : []
  return fork(fileURLToPath(entry), [], {
    execArgv: tsx,
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}

const TAIL = 600

/** The last line the program wrote while it was loading. What it writes later is thrown away: it might quote. */
function tail(child: ChildProcess): () => string {
  let text = ''
  let loading = true
  child.on('message', () => {
    loading = false
    text = ''
  })
  child.stderr?.on('data', (data: Buffer) => {
    if (loading) text = (text + data.toString('utf8')).slice(-TAIL)
  })
  return () => text.trim().split('\n').at(-1)?.trim().slice(0, 200) ?? ''
}

function ended(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'killed, maybe for want of memory'
  return signal === null ? `exit code ${code}` : `ended by ${signal}`
}
