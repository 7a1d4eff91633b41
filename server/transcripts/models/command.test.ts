import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { silentLog } from '../../platform/log.ts'
import { engineSettings, openEngines } from '../engines/index.ts'
import { babble } from '../engines/testkit/sounds.ts'
import { CATALOGUE, RECOMMENDED_MODEL } from './catalogue.ts'
import { type CommandDeps, modelsCommand } from './command.ts'
import { type ArchiveServer, archiveServer } from './testkit/archive-server.ts'
import { type Scene, scene } from './testkit/scene.ts'
import { bzip2, hashOf, tarOf, toyEntries, toyEntry, toyFiles } from './testkit/toy-archive.ts'

const files = toyFiles()
const archive = bzip2(tarOf(toyEntries(files)))
const model = toyEntry(archive, files)
const repository = join(import.meta.dirname, '../../..')
let here: Scene
let server: ArchiveServer
let out = ''
let err = ''
beforeEach(async () => {
  here = scene()
  server = await archiveServer(archive)
  const part = join(here.root, '.adding-toy-streaming', 'archive')
  server.kept = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0
  out = err = ''
})
afterEach(async () => {
  await server.close()
  here.end()
})

function run(argv: string[], some: Partial<CommandDeps> = {}): Promise<number> {
  out = err = ''
  return modelsCommand(argv, {
    ...here.deps,
    catalogue: [model],
    modelsDir: () => here.root,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    ask: null,
    watched: false,
    ...some,
  })
}
const accepted = (): string[] => ['add', 'toy-streaming', '--from', server.url, '--accept-licence']

describe('verbale models', { timeout: 120_000 }, () => {
  it('lists what can be added and what is there', async () => {
    expect(await run(['list'])).toBe(0)
    expect(out).toMatch(/toy-streaming: not installed/)
    expect(out).toContain('CC0-1.0')
    mkdirSync(join(here.root, '.adding-toy-streaming'), { recursive: true })
    mkdirSync(join(here.root, 'by-hand'))
    await run(['list'])
    expect(out).toMatch(/toy-streaming: unfinished[^]*not of this catalogue:\n {4}by-hand: .*cannot be read/)
    await run(accepted())
    await run(['list', '--json'])
    const listed = JSON.parse(out) as { modelsDir: string; catalogue: { id: string; state: string }[] }
    expect(listed).toMatchObject({ modelsDir: here.root, catalogue: [{ id: 'toy-streaming', state: 'installed' }] })
    await run(['list'], { catalogue: [{ ...model, archive: { ...model.archive, sha256: null } }] })
    expect(out).toMatch(/no SHA-256 known/)
  })

  it('asks for the licence, and adds nothing without it', async () => {
    const questions: string[] = []
    const ask = (answer: string) => (question: string) => {
      questions.push(question)
      return Promise.resolve(answer)
    }
    const argv = ['add', 'toy-streaming', '--from', server.url]
    expect(await run(argv)).toBe(1)
    expect(err).toMatch(/CC0-1\.0 \(https:.*\).*--accept-licence/)
    expect(await run(argv, { ask: ask('') })).toBe(1)
    expect(await run(argv, { ask: ask('no') })).toBe(1)
    expect(server.requests).toEqual([])
    expect(await run(argv, { ask: ask('y') })).toBe(0)
    expect(questions).toHaveLength(3)
    expect(questions[0]).toMatch(/CC0-1\.0: https:\/\/creativecommons[^]*\[y\/N\]/)
    expect(out).toContain(hashOf(archive))
  })

  it('shows how far it is where someone watches, and why it tries again', async () => {
    server.next = [{ status: 503 }]
    expect(await run(accepted(), { watched: true })).toBe(0)
    expect(err).toMatch(/status 503; trying again[^]*download \d+ of \d+ MB \(100 %\)/)
    await run(['remove', 'toy-streaming'])
    await run(accepted())
    expect(err).toBe('')
  })

  it('checks and removes, with exit codes and JSON', async () => {
    expect(await run(['check'])).toBe(0)
    await run(accepted())
    expect(await run(['check'])).toBe(0)
    expect(out).toMatch(/^whole {4}toy-streaming/)
    writeFileSync(join(here.root, 'toy-streaming', 'tokens.txt'), 'x')
    expect(await run(['check', 'toy-streaming'])).toBe(1)
    expect(out).toMatch(/damaged {2}toy-streaming: .*tokens\.txt.*\n.*Run "verbale models add toy-streaming"/)
    expect(await run(['check', '--json'])).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ models: [{ folder: 'toy-streaming', reason: expect.any(String) }] })
    expect(await run(['remove', 'toy-streaming', '--json'])).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ removed: 'toy-streaming' })
    expect(await run(['remove', 'toy-streaming'])).toBe(1)
    expect(err).toMatch(/no model "toy-streaming"/)
    expect(await run(['remove', 'toy-streaming', '--json'])).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'model_not_installed' } })
  })

  it('does not understand everything', async () => {
    const wrong = [[], ['frob'], ['add'], ['add', 'a', 'b'], ['list', 'x'], ['list', '--frob'], ['constructor']]
    for (const argv of wrong) {
      expect(await run(argv)).toBe(2)
      expect(err).toMatch(/verbale models add ID/)
    }
    expect(await run(['add', 'toy-streaming', '--sha256', 'abc'])).toBe(2)
    expect(await run(['--help'])).toBe(0)
    expect(await run(['add', 'other', '--accept-licence'])).toBe(1)
    expect(err).toMatch(/no model "other" in the catalogue. There are: toy-streaming/)
  })
})

describe('verbale models add, killed', { timeout: 120_000 }, () => {
  const children: ChildProcess[] = []
  afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')))
  function begin(stall: boolean): ChildProcess {
    const task = JSON.stringify({ model, stall, argv: [...accepted(), '--dir', here.root] })
    const worker = join(import.meta.dirname, 'testkit/add-worker.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', worker, task], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    return child
  }
  const kill = async (child: ChildProcess): Promise<void> => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  const sizeOf = (name: string): number =>
    statSync(join(here.root, '.adding-toy-streaming', name), { throwIfNoEntry: false })?.size ?? 0
  const whole = async (): Promise<void> => {
    expect(await run(['check'])).toBe(0)
    expect(out).toMatch(/^whole {4}toy-streaming/)
    expect(readdirSync(here.root).toSorted()).toEqual(['.lock', 'toy-streaming'])
  }

  it('in the middle of the download goes on from there', async () => {
    const half = archive.length >> 1
    server.next = [{ stallAfter: half }]
    const child = begin(false)
    await vi.waitFor(() => expect(sizeOf('archive')).toBe(half), { timeout: 60_000, interval: 20 })
    await kill(child)
    expect(existsSync(join(here.root, 'toy-streaming'))).toBe(false)
    expect(await run(accepted())).toBe(0)
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, `bytes=${half}-`])
    expect(server.requests[1]?.sent).toBe(archive.length - half)
    await whole()
  })

  it('in the middle of a file that is unpacked begins to unpack anew, without a download', async () => {
    const child = begin(true)
    await vi.waitFor(() => expect(sizeOf('model/model.onnx')).toBeGreaterThan(0), { timeout: 60_000, interval: 20 })
    await kill(child)
    expect(sizeOf('model/model.onnx')).toBeLessThan(files[0]!.body.length)
    expect(existsSync(join(here.root, 'toy-streaming'))).toBe(false)
    expect(await run(accepted())).toBe(0)
    expect(server.requests).toHaveLength(1)
    await whole()
  })

  it('while another runs: the other waits for nobody, and may begin when it is gone', async () => {
    const child = begin(true)
    await vi.waitFor(() => expect(sizeOf('model/model.onnx')).toBeGreaterThan(0), { timeout: 60_000, interval: 20 })
    expect(await run(accepted())).toBe(1)
    expect(err).toMatch(new RegExp(`Another "verbale models".*process ${child.pid}`))
    expect(await run(['remove', 'toy-streaming'])).toBe(1)
    await kill(child)
    expect(await run(['remove', 'toy-streaming'])).toBe(0)
    expect(readdirSync(here.root)).toEqual(['.lock'])
  })
})

describe('a running server', { timeout: 120_000 }, () => {
  it('takes up a model that the command adds, and lets it go when it is removed', async () => {
    const settings = engineSettings(z.string(), z.string()).parse({ detector: 'energy', lookSeconds: 0.05 })
    const engines = await openEngines(settings, { modelsDir: here.root, log: silentLog })
    try {
      expect(engines.report().languages[0]?.step).toMatchObject({
        code: 'add_model',
        detail: expect.stringContaining(`verbale models add ${RECOMMENDED_MODEL}`),
      })
      expect(await run(accepted())).toBe(0)
      await vi.waitFor(() => expect(engines.live('it')).not.toBeNull(), { timeout: 60_000, interval: 50 })
      expect(engines.report().refused).toEqual([])
      const ask = { language: 'it', signal: new AbortController().signal }
      const heard = await engines.batch('it')?.transcribe({ samples: babble(2, 8000), rate: 8000 }, ask)
      expect(heard?.[0]?.text).not.toBe('')
      expect(engines.batch('it')?.identity.model).toBe('toy-streaming@1')
      expect(await run(['remove', 'toy-streaming'])).toBe(0)
      await vi.waitFor(() => expect(engines.batch('it')).toBeNull(), { timeout: 60_000, interval: 50 })
    } finally {
      await engines.close()
    }
  })
})

describe('the program', { timeout: 120_000 }, () => {
  const program = (...argv: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'models', ...argv], {
      cwd: repository,
      encoding: 'utf8',
      env: { ...process.env, VERBALE_SPEECH_MODELSDIR: undefined, VERBALE_CONFIG: undefined },
    })

  it('finds the folder by the configuration, its relative path from where that is written', () => {
    mkdirSync(here.root)
    writeFileSync(join(here.root, 'verbale.json'), JSON.stringify({ speech: { modelsDir: 'elsewhere' } }))
    const configured = program('list', '--json', '--data', here.root)
    expect(JSON.parse(configured.stdout)).toMatchObject({ modelsDir: join(here.root, 'elsewhere') })
    expect(configured.status).toBe(0)
    const plain = program('check', '--data', here.folder)
    expect(plain.stdout).toContain(`${join(here.folder, 'models')} holds no model`)
    const wrong = program('add', 'nothing', '--dir', here.root)
    expect([wrong.status, wrong.stdout]).toEqual([1, ''])
    for (const { id } of CATALOGUE) expect(wrong.stderr).toContain(id)
    expect(program('frob').status).toBe(2)
  })
})

it('the texts of the page name a model that can be added', () => {
  expect(CATALOGUE.filter(({ recommended }) => recommended).map(({ id }) => id)).toEqual([RECOMMENDED_MODEL])
  for (const language of ['it', 'fr', 'en']) {
    const text = readFileSync(join(repository, `web/locales/${language}.json`), 'utf8')
    const { speech } = JSON.parse(text) as { speech: { steps: { add_model: string } } }
    expect(speech.steps.add_model).toContain(`verbale models add ${RECOMMENDED_MODEL} --dir "{{dir}}"`)
  }
})
