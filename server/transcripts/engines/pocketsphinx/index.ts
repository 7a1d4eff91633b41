import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { atRate, bytesOf, joined } from '../audio.ts'
import { checkLength, closed, durationMs, missingProgram, refusedJob, stopped, tooSlow, unheard } from '../problems.ts'
import type { BatchTranscriber, Utterance } from '../ports.ts'
import { implausible, meanConfidence, shift, within } from '../words.ts'
import { parseSphinx } from './parse.ts'

export const INSTALL = 'sudo apt-get install -y pocketsphinx pocketsphinx-en-us'
const WHERE = 'PocketSphinx'

export type SphinxSetup = {
  /** Default: what the path finds. */
  program?: string
  /** A job may take so long, and so many times the length of the audio besides. */
  answerMs?: number
  answerFactor?: number
}

/**
 * PocketSphinx with its general English model, as Debian has it: real, deterministic and without a download, for trying the
 * product out. On telephone calls it gets more than nine words of ten wrong, so its identity says `demo`.
 * @throws Problem `engine_program_missing` with the command that installs it
 */
export async function openPocketSphinx(setup: SphinxSetup = {}): Promise<BatchTranscriber> {
  const { program = 'pocketsphinx_continuous', answerMs = 20_000, answerFactor = 10 } = setup
  const running = new Set<Run>()
  let isClosed = false
  let turn: Promise<unknown> = Promise.resolve()
  // An empty recording: tells in half a second whether the program and its model are there.
  await start(program, new Int16Array(0)).output.catch(() => {
    throw missingProgram(program, `install it with "${INSTALL}"`)
  })
  const decode = async (samples: Int16Array, lengthMs: number, signal: AbortSignal): Promise<Utterance[]> => {
    signal.throwIfAborted()
    if (isClosed) throw closed(WHERE)
    const run = start(program, samples)
    running.add(run)
    const patience = answerMs + lengthMs * answerFactor
    let late = false
    const timer = setTimeout(() => run.kill((late = true)), patience)
    const stop = (): void => run.kill()
    signal.addEventListener('abort', stop, { once: true })
    try {
      return parseSphinx(await run.output)
    } catch (e) {
      signal.throwIfAborted()
      if (isClosed) throw closed(WHERE)
      throw late ? tooSlow(WHERE, Math.round(patience / 1000)) : e
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      running.delete(run)
    }
  }
  return {
    identity: { engine: 'pocketsphinx', model: 'en-us', version: await packageVersion(), demo: true },
    languages: ['en'],
    async transcribe(audio, { language, signal }) {
      signal.throwIfAborted()
      if (isClosed) throw closed(WHERE)
      checkLength(audio)
      if (language !== null && language !== 'en') throw unheard(WHERE)
      if (audio.samples.length === 0) return []
      const length = durationMs(audio)
      const { samples, warmUpMs } = warmedUp(atRate(audio, 16_000))
      const mine = turn.then(() => decode(samples, length + warmUpMs, signal))
      turn = mine.catch(() => {})
      const heard = after(await mine, warmUpMs).map((utterance) => within(utterance, length))
      const fault = implausible(heard, length)
      if (fault !== null) throw refusedJob(WHERE, fault)
      return heard
    },
    async close() {
      isClosed = true
      for (const run of running) run.kill()
      await turn
    },
  }
}

const WARM_UP_MS = 2000
const PAUSE_MS = 700

/**
 * Puts the first two seconds and a pause before the segment. PocketSphinx learns the sound of a line while it listens, and
 * forgets it with its process: without this a third more words are wrong.
 */
function warmedUp(samples: Int16Array): { samples: Int16Array; warmUpMs: number } {
  const first = samples.subarray(0, WARM_UP_MS * 16)
  const whole = joined([first, new Int16Array(PAUSE_MS * 16), samples])
  return { samples: whole, warmUpMs: first.length / 16 + PAUSE_MS }
}

/** What was said from a moment on, with times from there. */
function after(utterances: readonly Utterance[], fromMs: number): Utterance[] {
  return utterances.flatMap((utterance) => {
    // A word that begins in the pause is the segment's first: it is heard a little early.
    const words = utterance.words.filter((w) => w.startMs >= fromMs - PAUSE_MS / 2)
    const [first] = words
    if (!first) return []
    const text = words.map((w) => w.text).join(' ')
    return shift({ ...utterance, words, text, startMs: first.startMs, confidence: meanConfidence(words) }, -fromMs)
  })
}

type Run = { output: Promise<string>; kill: (late?: boolean) => void }

/**
 * One process for each segment. The audio goes through a pipe, never to a disk: `cat` makes it one, because Node's own are
 * sockets, which `/dev/stdin` cannot open.
 */
function start(program: string, samples: Int16Array): Run {
  const arguments_ = '-infile /dev/stdin -time yes -logfn /dev/null'.split(' ')
  const child = spawn('/bin/sh', ['-c', 'cat | exec nice -n 5 "$0" "$@"', program, ...arguments_], {
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'ignore'],
    // A group of its own, so that all of it can be ended.
    detached: true,
  })
  const output = new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (data: string) => (text += data))
    child.on('error', (e) => reject(stopped(WHERE, e.message)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve(text)
      else reject(stopped(WHERE, signal ?? `exit code ${code}`))
    })
  })
  // It may end before it has read all: its exit code says so.
  child.stdin.on('error', () => {})
  child.stdin.end(bytesOf(samples))
  return {
    output,
    kill() {
      try {
        if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has just ended.
      }
    },
  }
}

async function packageVersion(): Promise<string> {
  const asked = promisify(execFile)('dpkg-query', ['-W', '-f', '${Version}', 'pocketsphinx'])
  return asked.then(
    ({ stdout }) => stdout.trim() || 'unknown',
    () => 'unknown',
  )
}
