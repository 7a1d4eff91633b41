import { type FileHandle, open, readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { readTrust, type Trust, type Verdict, verifyPackage } from '../proof/verify.ts'
import { type Language, LANGUAGES, sentenceOf, summaryOf, words } from '../proof/words.ts'
import type { ZipSource } from '../proof/zip.ts'

/** Where the command writes. */
export type Output = { out(text: string): void; err(text: string): void; env: NodeJS.ProcessEnv }

export const terminal: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
}

/** Something given on the command line that cannot be used. */
class Unusable extends Error {}

type Options = ReturnType<typeof readOptions>['values']

/**
 * Verifies an evidence package and says what was found. Returns the exit code: 0 verified, 1 not verified, 2 something cannot be
 * read. `program` is how the command is called, for its usage.
 */
export async function verifyCommand(argv: string[], output = terminal, program = 'verbale verify'): Promise<number> {
  const options = tryOptions(argv)
  const language = languageOf(options?.values.lang, output.env)
  const [file, ...more] = options?.positionals ?? []
  if (!options || file === undefined || more.length > 0 || options.values.help) {
    const usage = words[language].usage.replace('verbale verify', program)
    const asked = options?.values.help === true
    if (asked) output.out(usage)
    else output.err(usage)
    return asked ? 0 : 2
  }
  try {
    const trust = await trustOf(options.values, language)
    const verdict = await verifyFile(file, trust, language)
    output.out(options.values.json ? `${JSON.stringify(verdict, null, 2)}\n` : text(verdict, language))
    return verdict.verdict === 'verified' ? 0 : 1
  } catch (e) {
    if (!(e instanceof Unusable)) throw e
    output.err(`${e.message}\n`)
    return 2
  }
}

const readOptions = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: {
      'log-key': { type: 'string', multiple: true },
      'tsa-roots': { type: 'string' },
      checkpoint: { type: 'string' },
      lang: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })

function tryOptions(argv: string[]): ReturnType<typeof readOptions> | null {
  try {
    const options = readOptions(argv)
    const { lang } = options.values
    return lang === undefined || isLanguage(lang) ? options : null
  } catch {
    return null
  }
}

const isLanguage = (text: string): text is Language => LANGUAGES.some((language) => language === text)

/** The language asked for, else the terminal's, else English. */
function languageOf(asked: string | undefined, env: NodeJS.ProcessEnv): Language {
  const terminal = (env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '').slice(0, 2)
  return ([asked, terminal].find((text) => text !== undefined && isLanguage(text)) as Language | undefined) ?? 'en'
}

async function trustOf(options: Options, language: Language): Promise<Trust> {
  const { badKey, badRoots } = words[language]
  const logKeys = options['log-key'] ?? []
  const roots = options['tsa-roots'] === undefined ? null : await readGiven(options['tsa-roots'], language)
  const newer = options.checkpoint === undefined ? null : await readGiven(options.checkpoint, language)
  const nowMs = Date.now()
  for (const key of logKeys)
    usable(`--log-key ${key}: ${badKey}`, () => readTrust({ logKeys: [key], roots: null, newer: null, nowMs }))
  return usable(`${options['tsa-roots']}: ${badRoots}`, () =>
    readTrust({ logKeys, roots: roots?.toString('utf8') ?? null, newer, nowMs }),
  )
}

function usable<T>(message: string, read: () => T): T {
  try {
    return read()
  } catch {
    throw new Unusable(message)
  }
}

const readGiven = (path: string, language: Language): Promise<Buffer> =>
  readFile(path).catch((e: unknown) => {
    throw unreadable(path, e, language)
  })

const unreadable = (path: string, e: unknown, language: Language): Unusable =>
  new Unusable(`${path}: ${words[language].cannotRead} (${(e as NodeJS.ErrnoException).code ?? String(e)})`)

async function verifyFile(path: string, trust: Trust, language: Language): Promise<Verdict> {
  let handle: FileHandle | null = null
  try {
    handle = await open(path)
    return await verifyPackage(await sourceOf(handle), trust)
  } catch (e) {
    throw unreadable(path, e, language)
  } finally {
    await handle?.close()
  }
}

async function sourceOf(handle: FileHandle): Promise<ZipSource> {
  const { size } = await handle.stat()
  return {
    size,
    async read(position, length) {
      const bytes = Buffer.allocUnsafe(length)
      for (let at = 0; at < length;) {
        const { bytesRead } = await handle.read(bytes, at, length - at, position + at)
        if (bytesRead === 0) throw new Error('the file became shorter')
        at += bytesRead
      }
      return bytes
    },
  }
}

function text(verdict: Verdict, language: Language): string {
  const { titles, outcomes } = words[language]
  const [first, ...rest] = summaryOf(verdict, language)
  const wide = Math.max(...Object.values(outcomes).map((outcome) => outcome.length))
  const titled = Math.max(...Object.values(titles).map((title) => title.length))
  const rows = verdict.checks.map(
    (c) => `  ${outcomes[c.outcome].padEnd(wide)}  ${titles[c.id].padEnd(titled)}  ${sentenceOf(c, language)}`,
  )
  return `${[first, ...rest.map((line) => `  ${line}`), '', ...rows].join('\n')}\n`
}
