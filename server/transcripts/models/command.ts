import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isProblem, messageOf } from '../../platform/problem.ts'
import { type AddDeps, type AddOptions, addModel } from './add.ts'
import { CATALOGUE, type CatalogueModel, unpackedBytes } from './catalogue.ts'
import { type Checked, bytesOf, check, freeBytes, installed, remove, unfinished } from './folder.ts'
import { licenceNotAccepted, megabytes, unknownModel } from './problems.ts'

const USAGE = `verbale models: speech models

  verbale models list            what can be added, and what is in the models folder
  verbale models add ID          download, check and install a model; a running server takes it up by itself
      --accept-licence             accept the model's licence without being asked
      --from URL|PATH              a mirror, an archive, or a folder with the archive or the model's files
      --sha256 HEX                 the archive's SHA-256, when the publisher has replaced it or none is known
      --trust-first                take a model of which no SHA-256 is known, and print the one it has
  verbale models check [ID]      hash what is installed, and say what is damaged
  verbale models remove ID       delete a model

  --dir DIR                      the models folder (default: speech.modelsDir, else "models" in the data folder)
  --data DIR, --config FILE      as for the server
  --json                         one JSON object instead of text
`

type Flags = { data?: string | undefined; config?: string | undefined }

export type CommandDeps = Omit<AddDeps, 'onProgress' | 'onRetry'> & {
  catalogue: readonly CatalogueModel[]
  /** The configured models folder. */
  modelsDir: (flags: Flags) => string
  out: (text: string) => void
  err: (text: string) => void
  /** The answer to a question; null where nobody can be asked. */
  ask: ((question: string) => Promise<string>) | null
  /** Whether progress is worth showing. */
  watched: boolean
}

/** A connection that brings nothing for so long is given up. */
const IDLE_MS = 30_000
const PROGRESS_EVERY_MS = 200

/** What the command uses on a terminal. */
export const terminal: Omit<CommandDeps, 'modelsDir'> = {
  catalogue: CATALOGUE,
  idleMs: IDLE_MS,
  sleep: (ms) => sleep(ms),
  free: freeBytes,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  ask: process.stdin.isTTY ? askOnTerminal : null,
  watched: process.stderr.isTTY === true,
}

async function askOnTerminal(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}

type Options = ReturnType<typeof readOptions>['values']
/** What a command found: for programs and for people. */
type Outcome = { json: Record<string, unknown>; text: string; ok: boolean }
type Running = { root: string; id: string | undefined; options: Options; deps: CommandDeps }

/** Each with the number of ids it takes. */
const commands: Record<string, { ids: readonly number[]; run(running: Running): Promise<Outcome> }> = {
  list: { ids: [0], run: list },
  add: { ids: [1], run: add },
  check: { ids: [0, 1], run: checkAll },
  remove: { ids: [1], run: removeOne },
}

/** Runs `verbale models …`. Returns the exit code: 0 done, 1 failed or damaged, 2 not understood. */
export async function modelsCommand(argv: string[], deps: CommandDeps): Promise<number> {
  const read = tryOptions(argv)
  const [name = '', ...ids] = read?.positionals ?? []
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (read?.values.help) {
    deps.out(USAGE)
    return 0
  }
  if (!read || !command?.ids.includes(ids.length)) {
    deps.err(USAGE)
    return 2
  }
  const { json } = read.values
  try {
    const root = read.values.dir ?? deps.modelsDir(read.values)
    const outcome = await command.run({ root, id: ids[0], options: read.values, deps })
    deps.out(json ? `${JSON.stringify(outcome.json, null, 2)}\n` : outcome.text)
    return outcome.ok ? 0 : 1
  } catch (e) {
    if (!isProblem(e)) throw e
    if (json) deps.out(`${JSON.stringify({ error: { code: e.code, detail: messageOf(e) } }, null, 2)}\n`)
    else deps.err(`verbale: ${messageOf(e)}\n`)
    return 1
  }
}

const readOptions = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: {
      'accept-licence': { type: 'boolean' },
      from: { type: 'string' },
      sha256: { type: 'string' },
      'trust-first': { type: 'boolean' },
      dir: { type: 'string' },
      data: { type: 'string' },
      config: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })

function tryOptions(argv: string[]): ReturnType<typeof readOptions> | null {
  try {
    const options = readOptions(argv)
    return /^([0-9a-fA-F]{64})?$/.test(options.values.sha256 ?? '') ? options : null
  } catch {
    return null
  }
}

async function list({ root, deps }: Running): Promise<Outcome> {
  const there = await installed(root)
  const begun = await unfinished(root)
  const catalogue = deps.catalogue.map((model) => ({
    ...model,
    unpackedBytes: unpackedBytes(model.files),
    state: there.some(({ manifest }) => manifest?.id === model.id)
      ? ('installed' as const)
      : begun.includes(model.id)
        ? ('unfinished' as const)
        : ('not installed' as const),
  }))
  const others = there.filter(({ manifest }) => !deps.catalogue.some(({ id }) => id === manifest?.id))
  const lines = [
    `Models folder: ${root}`,
    '',
    ...catalogue.flatMap(describe),
    ...(others.length > 0 ? ['In the folder, not of this catalogue:', ...others.map(describeOther), ''] : []),
    '"verbale models add ID" adds one, "verbale models check" looks for damage.',
  ]
  return { json: { modelsDir: root, catalogue, folder: there }, text: `${lines.join('\n')}\n`, ok: true }
}

type Listed = CatalogueModel & { state: string; unpackedBytes: number | null }

function describe(model: Listed): string[] {
  const { archive, licence } = model
  const size = (bytes: number | null): string => (bytes === null ? 'size not known' : `${megabytes(bytes)} MB`)
  return [
    `${model.id}${model.recommended ? ' (recommended)' : ''}: ${model.state}`,
    `    ${model.purpose}`,
    `    languages: ${model.languages.join(' ')}`,
    `    download ${size(archive.bytes)}, on disk ${size(model.unpackedBytes)}; licence ${licence.name} (${licence.url})`,
    `    ${archive.url}`,
    ...(archive.sha256 === null ? ['    no SHA-256 known: needs --sha256 HEX or --trust-first'] : []),
    '',
  ]
}

const describeOther = ({ folder, manifest, reason }: Omit<Checked, 'bytes'>): string =>
  `    ${folder}: ${manifest ? `${manifest.id} ${manifest.version}, ${manifest.languages.join(' ')}, ${manifest.licence}` : reason}`

async function add({ root, id = '', options, deps }: Running): Promise<Outcome> {
  const model = deps.catalogue.find((one) => one.id === id)
  if (!model)
    throw unknownModel(
      id,
      deps.catalogue.map((one) => one.id),
    )
  const known = (await installed(root)).some(({ manifest }) => manifest?.id === id)
  if (!known && options['accept-licence'] !== true) await askForLicence(model, deps)
  const how: AddOptions = {
    from: options.from,
    sha256: options.sha256?.toLowerCase(),
    trustFirst: options['trust-first'],
  }
  const progress = showProgress(deps)
  try {
    const added = await addModel(model, root, how, { ...deps, onProgress: progress.show, onRetry: progress.retry })
    progress.end()
    const text = added.already
      ? `${id} is already in ${added.folder}, whole.\n`
      : `${id} is in ${added.folder}. A running server takes it up by itself.\n${
          added.sha256 === null ? '' : `SHA-256 of the archive: ${added.sha256}\n`
        }Licence: ${model.licence.name} (${model.licence.url})\n`
    return { json: { ...added }, text, ok: true }
  } catch (e) {
    progress.end()
    throw e
  }
}

/** @throws Problem `model_licence_not_accepted` */
async function askForLicence({ id, licence }: CatalogueModel, { ask }: CommandDeps): Promise<void> {
  const question = `The model ${id} is under the licence ${licence.name}: ${licence.url}\nDo you accept it? [y/N] `
  const answer = ask ? await ask(question) : ''
  if (!/^y(es)?$/i.test(answer.trim())) throw licenceNotAccepted(id, licence)
}

type Progress = { show: AddDeps['onProgress']; retry: (why: string) => void; end: () => void }

function showProgress({ watched, err }: CommandDeps): Progress {
  let shownAt = 0
  let shown = false
  return {
    show(phase, done, total) {
      if (!watched || (Date.now() - shownAt < PROGRESS_EVERY_MS && done !== total)) return
      shownAt = Date.now()
      shown = true
      // What comes out of an archive besides the model counts too.
      const share =
        total === null ? '' : ` of ${megabytes(total)} MB (${Math.min(100, Math.floor((done / total) * 100))} %)`
      err(`\r\u001B[K${phase} ${megabytes(done)}${total === null ? ' MB' : share}`)
    },
    retry: (why) => err(`${shown ? '\n' : ''}verbale: ${why}; trying again\n`),
    end() {
      if (shown) err('\n')
    },
  }
}

async function checkAll({ root, id, deps }: Running): Promise<Outcome> {
  const models = await check(root, id)
  const rows = models.map((model) => ({ ...model, next: model.reason === null ? null : nextFor(model, deps) }))
  const lines = rows.map(({ folder, bytes, reason, next }) =>
    reason === null ? `whole    ${folder} (${megabytes(bytes)} MB)` : `damaged  ${folder}: ${reason}\n         ${next}`,
  )
  const text = lines.length > 0 ? lines.join('\n') : `${root} holds no model.`
  const ok = rows.every(({ reason }) => reason === null)
  return { json: { modelsDir: root, models: rows }, text: `${text}\n`, ok }
}

/** The one thing to do. */
function nextFor({ folder }: Checked, { catalogue }: CommandDeps): string {
  return catalogue.some(({ id }) => id === folder)
    ? `Run "verbale models add ${folder}": it is replaced.`
    : `Copy it into the folder again, or run "verbale models remove ${folder}".`
}

async function removeOne({ root, id = '' }: Running): Promise<Outcome> {
  const gone = await remove(root, id)
  return {
    json: { removed: gone.folder, bytes: bytesOf(gone) },
    text: `${join(root, gone.folder)} is removed.\n`,
    ok: true,
  }
}
