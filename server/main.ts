import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { parseArgs } from 'node:util'
import type { Running } from './compose.ts'
import { type Config, configWarnings, describeConfig, loadConfig, modelsDirOf } from './config.ts'
import { systemClock } from './platform/clock.ts'
import { openDataFolder } from './platform/datafolder.ts'
import { codeOf } from './platform/db/code.ts'
import { type Database, migrate, openDatabase } from './platform/db/index.ts'
import { type Logger, createLog } from './platform/log.ts'
import { Problem, isProblem, messageOf } from './platform/problem.ts'

const USAGE = `verbale: lawful call recording

  start          run the server (default)
  doctor         check keys, files and database against each other
  migrate        bring the database up to date, without serving
  check-config   show the effective configuration, without secrets
  models         add, check and remove speech models (models --help)

  --data DIR     data folder (default ./data)
  --port N       port of the page (default 8080)
  --config FILE  configuration (default verbale.json in the data folder)
`

/** What is undone at the end, last first. */
type Undo = (() => Promise<void>)[]

type Command = (config: Config, log: Logger, undo: Undo) => Promise<void>

const commands: Record<string, Command> = { start, doctor, migrate: migrateOnly, 'check-config': checkConfig }

async function main(argv: string[]): Promise<void> {
  const undo: Undo = []
  try {
    giveHome()
    if (argv[0] === 'models') {
      process.exitCode = await models(argv.slice(1))
      return
    }
    const { name, flags, help } = readArguments(argv)
    if (help) return say(USAGE)
    const command = commands[name]
    if (!command)
      throw new Problem(
        'unknown_command',
        500,
        `There is no command "${name}". Commands: ${Object.keys(commands).join(', ')}.`,
      )
    const config = loadConfig({ flags, env: process.env })
    const log = createLog(config.log.level)
    dieLoudly(log)
    await command(config, log, undo)
  } catch (e) {
    process.exitCode = 1
    process.stderr.write(`verbale: ${oneLine(e)}\n`)
    await unwind(undo)
  }
}

/** Speech models: it has arguments and exit codes of its own. */
async function models(argv: string[]): Promise<number> {
  const { modelsCommand, terminal } = await import('./transcripts/models/command.ts')
  return modelsCommand(argv, {
    ...terminal,
    modelsDir: (flags) => modelsDirOf(loadConfig({ flags, env: process.env })),
  })
}

/** A user id without an entry in /etc/passwd and without HOME: some packages ask for it when loaded and would fail. */
function giveHome(): void {
  try {
    homedir()
  } catch {
    process.env['HOME'] = '/'
  }
}

function readArguments(argv: string[]) {
  const options = {
    data: { type: 'string' },
    port: { type: 'string' },
    config: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true })
    if (positionals.length > 1) throw new Error(`unexpected argument "${positionals[1]}"`)
    return { name: positionals[0] ?? 'start', flags: values, help: values.help }
  } catch (e) {
    throw new Problem('bad_arguments', 500, `${messageOf(e)} (see --help)`)
  }
}

/** Serves until told to stop (SIGTERM, SIGINT). A second signal ends at once; the database's watchdog stops it cleanly. */
async function start(config: Config, log: Logger, undo: Undo): Promise<void> {
  const began = systemClock.monotonic()
  const stopping = onStopSignal()
  const running = await open(config, log, undo)
  undo.push(() => running.stop())
  if (stopping.asked) return unwind(undo)
  stopping.stopNow = () => void unwind(undo)
  log.info({ ms: Number((systemClock.monotonic() - began) / 1_000_000n) }, 'ready')
  say(`Verbale is ready: ${running.address}\n`)
  if (running.firstAdministratorLink !== null)
    say(`Create the first administrator (the link works once): ${running.firstAdministratorLink}\n`)
}

/** Checks keys, files and database against each other; nothing is served meanwhile. */
async function doctor(config: Config, log: Logger, undo: Undo): Promise<void> {
  onStopSignal()
  const running = await open(withoutListening(config), log, undo)
  undo.push(() => running.stop())
  for await (const finding of running.doctor()) {
    say(`${finding.level.padEnd(7)} ${finding.code}: ${finding.detail}\n`)
    if (finding.level === 'error') process.exitCode = 1
  }
  await unwind(undo)
}

async function migrateOnly(config: Config, log: Logger, undo: Undo): Promise<void> {
  const { applied } = await prepare(config, log, undo)
  say(applied.length > 0 ? `Applied: ${applied.join(', ')}\n` : 'The database is up to date.\n')
  await unwind(undo)
}

async function checkConfig(config: Config): Promise<void> {
  say(`${JSON.stringify(describeConfig(config), null, 2)}\n`)
  for (const warning of configWarnings(config)) process.stderr.write(`verbale: warning: ${warning}\n`)
}

async function open(config: Config, log: Logger, undo: Undo): Promise<Running> {
  const { database } = await prepare(config, log, undo)
  const { compose } = await import('./compose.ts') // late: what is refused is refused quickly
  return compose({ config, log, database, clock: systemClock })
}

/** Folder, port, database, migrations: everything that can be refused before anything is served. */
async function prepare(config: Config, log: Logger, undo: Undo): Promise<{ database: Database; applied: string[] }> {
  const folder = await openDataFolder(config.dataDir, config.disk.minFreeBytes)
  undo.push(() => folder.release())
  for (const warning of configWarnings(config)) log.warn({ code: 'config' }, warning)
  await probePort(config)
  const { url, connections } = config.database
  const database = await openDatabase({
    ...(url === undefined ? { dataDir: config.dataDir } : { url }),
    connections,
    log,
  })
  undo.push(() => database.stop())
  const applied = await migrate(database.db)
  const { installJobs } = await import('./platform/jobs/index.ts')
  await installJobs(database.pool)
  return { database, applied }
}

/** Fails early and plainly when the page's port cannot be had. */
function probePort({ http: { host, port } }: Config): Promise<void> {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} is already in use. Stop the other program or choose another port with --port.`,
    EACCES: `Port ${port} needs more rights than this user has. Choose a port above 1023 with --port.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Correct http.host.`,
  }
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (e) =>
      reject(
        new Problem(
          'port_unavailable',
          500,
          reasons[codeOf(e) ?? ''] ?? `Cannot listen on ${host}, port ${port}: ${messageOf(e)}.`,
        ),
      ),
    )
    probe.listen({ host, port }, () => probe.close(() => resolve()))
  })
}

const withoutListening = (config: Config): Config => {
  const protocols = Object.fromEntries(
    Object.entries(config.protocols).map(([name, settings]) => [name, { ...settings, enabled: false }]),
  )
  return {
    ...config,
    http: { ...config.http, host: '127.0.0.1', port: 0 },
    protocols: protocols as Config['protocols'],
  }
}

type Stopping = { asked: boolean; stopNow: () => void }

/** The first signal stops in order (after an unfinished start), the second at once. */
function onStopSignal(): Stopping {
  const stopping: Stopping = { asked: false, stopNow: () => undefined }
  const stop = (): void => {
    if (stopping.asked) process.exit(130)
    stopping.asked = true
    stopping.stopNow()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  return stopping
}

/** Undoes everything, last first, whatever fails, then lets the process end. */
async function unwind(undo: Undo): Promise<void> {
  for (let step = undo.pop(); step; step = undo.pop()) {
    try {
      await step()
    } catch (e) {
      process.exitCode = 1
      process.stderr.write(`verbale: while stopping: ${oneLine(e)}\n`)
    }
  }
  // whatever is still open (a keep-alive connection, a timer) must not keep a stopped server alive
  setTimeout(() => process.exit(), 500).unref()
}

/** An error nobody caught: its code and place, never its message, which may quote data. The process cannot be trusted any more. */
function dieLoudly(log: Logger): void {
  const die = (kind: string) => (e: unknown) => {
    const stack = e instanceof Error ? (e.stack ?? '').split('\n').filter((line) => line.startsWith('    at ')) : []
    log.fatal(
      {
        code: codeOf(e) ?? 'unknown',
        name: e instanceof Error ? e.name : typeof e,
        at: stack.slice(0, 5).map((line) => line.trim()),
      },
      kind,
    )
    process.exit(1)
  }
  process.on('uncaughtException', die('uncaught exception'))
  process.on('unhandledRejection', die('unhandled rejection'))
}

/** One line for a person. Only our own problems are quoted in full; of others the code and the message's first line. */
function oneLine(e: unknown): string {
  const text = isProblem(e) ? e.message : `${codeOf(e) ? `${codeOf(e)}: ` : ''}${messageOf(e)}`
  return text.split('\n')[0] ?? ''
}

function say(text: string): void {
  process.stdout.write(text)
}

await main(process.argv.slice(2))
