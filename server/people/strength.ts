import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { PasswordStrength } from '../../contract/models/people.ts'
import { Problem } from '../platform/problem.ts'
import { normalise } from './words.ts'

const ENOUGH = 3
const MAX_WAITING = 20
const IDLE_MS = 5 * 60_000

type Found = { score: number; warning: string | null; suggestions: string[] }
type Answer = { id: number; found: Found }

/**
 * Runs in a worker thread: loading the dictionaries takes most of a second and a long password tens of milliseconds,
 * which the thread that records calls cannot spare. Plain JavaScript text, so that it runs the same from source and built.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads')
const [core, common, it, fr, en] = workerData.map((path) => require(path))
const dictionary = Object.assign({}, common.dictionary, fr.dictionary, en.dictionary)
for (const [name, words] of Object.entries(it.dictionary)) dictionary[name + '-it'] = words
const zxcvbn = new core.ZxcvbnFactory({ dictionary, graphs: common.adjacencyGraphs })
parentPort.on('message', ({ id, password, inputs }) => {
  const { score, feedback } = zxcvbn.check(password, inputs)
  parentPort.postMessage({ id, found: { score, warning: feedback.warning ?? null, suggestions: feedback.suggestions } })
})
`

/** A person's own words, whole and in parts: `anna.rossi@example.com` gives anna, rossi, example. */
export function ownWords(inputs: readonly string[]): string[] {
  const words = inputs.map(normalise).flatMap((input) => [input, ...input.split(/[^\p{L}\p{N}]+/u)])
  return [...new Set([...words, 'verbale'])].filter((word) => word.length >= 3)
}

/** A password that is the person's own words with little else is weak, whatever separates them. */
export function mostlyOwn(password: string, words: readonly string[]): boolean {
  const longestFirst = words.toSorted((a, b) => b.length - a.length)
  const rest = longestFirst.reduce((left, word) => left.replaceAll(word, ''), normalise(password))
  return rest.length < normalise(password).length && rest.replaceAll(/[^\p{L}\p{N}]/gu, '').length < 8
}

export type Strength = {
  /** `inputs`: the person's name, e-mail, logins. `warning` and `suggestions` are keys the page translates. */
  check(password: string, inputs: readonly string[]): Promise<PasswordStrength>
  /** Throws Problem `password_weak` (422) below score 3. */
  require(password: string, inputs: readonly string[]): Promise<void>
  stop(): Promise<void>
}

/** Password strength by zxcvbn with the common, Italian, French and English dictionaries, loaded at first use. */
export function createStrength(): Strength {
  const waiting = new Map<number, { resolve: (found: Found) => void; reject: (error: Error) => void }>()
  let worker: Worker | null = null
  let idle: NodeJS.Timeout | undefined
  let lastId = 0

  const fail = (error: Error): void => {
    worker = null
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const start = (): Worker => {
    const resolve = createRequire(import.meta.url).resolve
    const packages = ['core', 'language-common', 'language-it', 'language-fr', 'language-en']
    const started = new Worker(program, {
      eval: true,
      execArgv: [],
      workerData: packages.map((p) => resolve(`@zxcvbn-ts/${p}`)),
    })
    started.on('message', ({ id, found }: Answer) => {
      waiting.get(id)?.resolve(found)
      waiting.delete(id)
      if (waiting.size === 0) started.unref()
    })
    started.on('error', fail)
    return started
  }
  const ask = (password: string, inputs: string[]): Promise<Found> =>
    new Promise((resolve, reject) => {
      if (waiting.size >= MAX_WAITING)
        return reject(new Problem('busy', 503, 'too many password checks at once; try again'))
      worker ??= start()
      worker.ref()
      const id = ++lastId
      waiting.set(id, { resolve, reject })
      worker.postMessage({ id, password, inputs })
      clearTimeout(idle)
      idle = setTimeout(() => void stop(), IDLE_MS).unref()
    })
  const stop = async (): Promise<void> => {
    clearTimeout(idle)
    const stopping = worker
    fail(new Problem('busy', 503, 'the server is stopping'))
    await stopping?.terminate()
  }
  const check = async (password: string, inputs: readonly string[]): Promise<PasswordStrength> => {
    const words = ownWords(inputs)
    const found = await ask(password, words)
    const own = mostlyOwn(password, words)
    const score = own ? Math.min(found.score, 1) : found.score
    const warning = own ? 'userInputs' : found.warning
    return { score, acceptable: score >= ENOUGH && password.length >= 12, warning, suggestions: found.suggestions }
  }
  return {
    check,
    stop,
    async require(password, inputs) {
      const { acceptable, score } = await check(password, inputs)
      if (!acceptable)
        throw new Problem(
          'password_weak',
          422,
          'the password is too easy to guess; choose a longer or less usual one',
          { score },
        )
    },
  }
}
