import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { settings as audiohook } from './capture/protocols/audiohook/index.ts'
import { settings as audiosocket } from './capture/protocols/audiosocket/index.ts'
import { siprecSettings } from './capture/protocols/siprec/settings.ts'
import { settings as stream } from './capture/protocols/stream/index.ts'
import { settings as twilio } from './capture/protocols/twilio/index.ts'
import { Problem, messageOf } from './platform/problem.ts'
import { type Section, envNames, readEnvironment } from './platform/environment.ts'
import { engineSettings } from './transcripts/engines/settings.ts'
import { meaningSettings } from './transcripts/meaning/settings.ts'

const port = z.int().min(0).max(65_535)

const path = z.string().min(1).meta({ path: true })
/** A secret: the value itself, or the file that holds it. */
const secret = z
  .union([z.string().min(1), z.strictObject({ file: z.string().min(1) })])
  .transform(readSecret)
  .meta({ secret: true })
const tls = z.strictObject({ cert: path, key: path })
/** A protocol's own settings, refusing keys it does not know. */
const sectionOf = <Shape extends z.ZodRawShape>(settings: z.ZodPrefault<z.ZodObject<Shape>>) =>
  settings
    .unwrap()
    .strict()
    .prefault({} as never)

/** Every setting, its unit and its default. A key not listed here is an error. */
export const configSchema = z.strictObject({
  /** Where everything is kept. */
  dataDir: path.default('./data'),
  http: z
    .strictObject({
      host: z.string().default('0.0.0.0'),
      port: port.default(8080),
      /** The address people type, when a proxy stands in front. */
      publicUrl: z.url({ protocol: /^https?$/ }).optional(),
      tls: tls.optional(),
    })
    .prefault({}),
  /** A shared PostgreSQL; without it the embedded one runs in the data folder. */
  database: z.strictObject({ url: secret.optional(), connections: z.int().min(4).max(500).default(20) }).prefault({}),
  log: z
    .strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info') })
    .prefault({}),
  /** The sealed keystore; default: `keystore` in the data folder. */
  keystoreDir: path.optional(),
  /** The keys that open the keystore; default: `epoch-keys` in the data folder, which is warned about. */
  epochKeyDir: path.optional(),
  /** Media waits this long in memory, so that a pause can still remove it. */
  capture: z
    .strictObject({
      delayMs: z.int().min(0).max(10_000).default(300),
      /** While a detector listens for card data: what it hears late is still in memory. A power cut may lose as much. */
      detectorDelayMs: z.int().min(0).max(30_000).default(5000),
      /** A leg on which nothing is heard for this long raises an alert during the call. */
      silentLegSeconds: z.number().positive().max(3600).default(15),
    })
    .prefault({}),
  /** The transparency log: first part of its origin (default: the host of `http.publicUrl`), and who cosigns it. */
  evidence: z
    .strictObject({
      name: z
        .string()
        .regex(/^[^\s+]{1,200}$/, 'a name without spaces and plus signs, such as verbale.example.com')
        .optional(),
      witnesses: z.array(z.strictObject({ url: z.url({ protocol: /^https?$/ }), vkey: z.string() })).default([]),
      /** Who stamps the log's checkpoints and our packages (RFC 3161). Without it the time is our own word. */
      timestamp: z
        .strictObject({
          url: z.url({ protocol: /^https?$/ }),
          /** PEM file with the roots that are believed. */
          anchors: path,
          /** The only policy accepted. */
          policy: z
            .string()
            .regex(/^\d+(\.\d+)+$/, 'an object identifier, such as 1.2.3.4')
            .optional(),
          /** The authority is a qualified one: the EU trusted list says so. */
          qualified: z.boolean().default(false),
          /** Value of the Authorization header. */
          authorization: secret.optional(),
          /** Least time between two stamps. */
          everySeconds: z.int().min(1).max(86_400).default(60),
          /** The last stamp may be so old. */
          alarmHours: z.number().positive().max(8760).default(24),
          /** Longest wait for an answer. */
          timeoutSeconds: z.int().min(1).max(300).default(20),
        })
        .optional(),
    })
    .prefault({}),
  /** Months for which it is kept who listened to what (CNIL 2021-122: 6 to 12; up to 36 for a documented risk). */
  access: z.strictObject({ months: z.int().min(6).max(36).default(12) }).prefault({}),
  /** How long a call may be processed as it was captured. */
  processing: z.strictObject({ days: z.number().positive().max(366).default(7) }).prefault({}),
  /** Speech engines; `queues`: what is spoken on which queue. Elsewhere it is the language of the agent's country, else whatever is heard. */
  speech: engineSettings(secret, path)
    .extend({
      queues: z.record(z.string(), z.enum(['it', 'fr', 'en'])).default({}),
      /** A server of embeddings, for the search by meaning. */
      meaning: meaningSettings(secret).optional(),
    })
    .prefault({}),
  /** The least free space with which the program starts. */
  disk: z.strictObject({ minFreeBytes: z.int().min(0).default(200_000_000) }).prefault({}),
  /** vCons: keys that open encrypted ones, certificates whose signatures are trusted, and the key we sign with (PEM files). */
  vcon: z
    .strictObject({
      decryptionKeys: z.array(path).default([]),
      trustAnchors: z.array(path).default([]),
      signing: z.strictObject({ key: path, certificates: path }).optional(),
    })
    .prefault({}),
  protocols: z
    .strictObject({
      siprec: siprecSettings.prefault({}),
      audiohook: sectionOf(audiohook),
      twilio: sectionOf(twilio),
      stream: sectionOf(stream),
      audiosocket: sectionOf(audiosocket),
    })
    .prefault({}),
})

type Parsed = z.infer<typeof configSchema>

/** The checked configuration; all paths are absolute. */
export type Config = Omit<Parsed, 'keystoreDir' | 'epochKeyDir'> & { keystoreDir: string; epochKeyDir: string }

export type ConfigInput = {
  /** Values of the command line; they win over everything. */
  flags?: { data?: string | undefined; port?: string | undefined; config?: string | undefined }
  env?: NodeJS.ProcessEnv
  /** Relative paths of flags and environment start here. */
  cwd?: string
}

/**
 * Reads and checks the configuration: defaults, then `verbale.json` (in the data folder, or `--config`), then the
 * environment (`http.port` is VERBALE_HTTP_PORT; DATABASE_URL is `database.url`), then flags.
 * @throws Problem `config_invalid`: one line with the wrong key, its place and what to do
 */
export function loadConfig(input: ConfigInput = {}): Config {
  const { flags = {}, env = {}, cwd = process.cwd() } = input
  const fromEnv = absolute(readEnvironment(configSchema, env), cwd)
  if (env['DATABASE_URL'] && !has(fromEnv, 'database', 'url'))
    merge(fromEnv, { database: { url: env['DATABASE_URL'] } })
  if (flags.data !== undefined) fromEnv['dataDir'] = resolve(cwd, flags.data)
  if (flags.port !== undefined) merge(fromEnv, { http: { port: Number(flags.port) } })
  const given = fromEnv['dataDir']
  const dataDir = typeof given === 'string' ? given : resolve(cwd, 'data')
  const file = flags.config ?? env['VERBALE_CONFIG']
  const place = file === undefined ? join(dataDir, 'verbale.json') : resolve(cwd, file)
  const fromFile = file === undefined && !existsSync(place) ? {} : absolute(readFile(place), dirname(place))
  const all = merge(merge({ dataDir }, fromFile), fromEnv)
  const result = configSchema.safeParse(all)
  if (!result.success) throw invalid(result.error.issues[0], { place, fromEnv })
  return finish(result.data)
}

function finish(parsed: Parsed): Config {
  return {
    ...parsed,
    keystoreDir: parsed.keystoreDir ?? join(parsed.dataDir, 'keystore'),
    epochKeyDir: parsed.epochKeyDir ?? join(parsed.dataDir, 'epoch-keys'),
  }
}

/** Where the speech models are. */
export const modelsDirOf = ({ speech, dataDir }: Pick<Config, 'speech' | 'dataDir'>): string =>
  speech.modelsDir ?? join(dataDir, 'models')

/** Lines to warn about at start. */
export function configWarnings(config: Config): string[] {
  const inside = config.epochKeyDir === config.dataDir || config.epochKeyDir.startsWith(`${config.dataDir}/`)
  if (!inside) return []
  return [
    `the epoch keys are inside the data folder (${config.epochKeyDir}): a copy of the folder opens everything in it. Set epochKeyDir to a folder on another disk, and back it up separately.`,
  ]
}

/** How people reach the page: our own TLS, an HTTPS address of a proxy, this machine only, or HTTP in clear. */
export function transportOf({ http }: Pick<Config, 'http'>): 'tls' | 'proxy' | 'local' | 'plain' {
  if (http.tls) return 'tls'
  if (http.publicUrl?.startsWith('https:')) return 'proxy'
  return ['127.0.0.1', '::1', 'localhost'].includes(http.host) ? 'local' : 'plain'
}

/** Names of the protocols by which calls come in live. */
export const openProtocols = ({ protocols }: Pick<Config, 'protocols'>): string[] =>
  Object.entries(protocols).flatMap(([name, { enabled }]) => (enabled ? [name] : []))

/** What is effective, without secrets: for `check-config`. */
export function describeConfig(config: Config): Record<string, unknown> {
  const { database, evidence } = config
  const { timestamp } = evidence
  const hidden = timestamp?.authorization === undefined ? timestamp : { ...timestamp, authorization: '(secret)' }
  return {
    ...config,
    database: { ...database, url: database.url === undefined ? '(embedded)' : '(secret)' },
    evidence: { ...evidence, ...(hidden && { timestamp: hidden }) },
  }
}

function readFile(place: string): Section {
  let text: string
  try {
    text = readFileSync(place, 'utf8')
  } catch (e) {
    throw new Problem('config_invalid', 500, `Configuration file ${place} cannot be read: ${messageOf(e)}.`)
  }
  try {
    const value: unknown = JSON.parse(text)
    if (isSection(value)) return value
  } catch (e) {
    throw new Problem(
      'config_invalid',
      500,
      `Configuration file ${place} is damaged: it is not JSON (${messageOf(e)}). Correct or remove it.`,
    )
  }
  throw new Problem(
    'config_invalid',
    500,
    `Configuration file ${place} must hold one JSON object, such as {"http": {"port": 8080}}.`,
  )
}

function invalid(issue: z.core.$ZodIssue | undefined, from: { place: string; fromEnv: Section }): Problem {
  const keys = (issue?.path ?? []).map(String)
  if (issue?.code === 'unrecognized_keys') {
    const name = [...keys, issue.keys[0]].join('.')
    return new Problem(
      'config_invalid',
      500,
      `Configuration file ${from.place}: there is no setting "${name}". Correct the name or remove it; README.md lists the settings.`,
    )
  }
  const name = keys.join('.')
  const [variable] = envNames(keys)
  const where = has(from.fromEnv, ...keys) ? `environment or command line (${variable})` : `file ${from.place}`
  return new Problem(
    'config_invalid',
    500,
    `Configuration ${where}: ${name} is wrong: ${issue?.message ?? 'not valid'}.`,
  )
}

function readSecret(value: string | { file: string }, context: z.RefinementCtx): string {
  if (typeof value === 'string') return value
  try {
    return readFileSync(value.file, 'utf8').trim()
  } catch (e) {
    context.addIssue({ code: 'custom', message: `the secret's file cannot be read (${messageOf(e)})` })
    return z.NEVER
  }
}

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function has(section: Section, ...keys: string[]): boolean {
  let value: unknown = section
  for (const key of keys) {
    if (!isSection(value) || !(key in value)) return false
    value = value[key]
  }
  return true
}

/** Lays `over` upon `base`, section by section; changes and returns `base`. */
function merge(base: Section, over: Section): Section {
  for (const [key, value] of Object.entries(over)) {
    const below = base[key]
    base[key] = isSection(value) && isSection(below) ? merge({ ...below }, value) : value
  }
  return base
}

const PATHS = new Set(['dataDir', 'keystoreDir', 'epochKeyDir', 'modelsDir', 'cert', 'key', 'file', 'anchors'])

/** Makes the paths of a section absolute, from the folder they were written for. */
function absolute(section: Section, from: string): Section {
  const entries = Object.entries(section).map(([key, value]) => {
    if (isSection(value)) return [key, absolute(value, from)]
    return [key, PATHS.has(key) && typeof value === 'string' ? resolve(from, value) : value]
  })
  return Object.fromEntries(entries) as Section
}
