import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { type Clock, manualClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { assign, relief, servesOf, type Candidate } from './assign.ts'
import { engineSettings, openEngines, type Engines, type EngineSettings } from './index.ts'
import type { BatchTranscriber } from './ports.ts'
import { KINDS } from './sherpa/protocol.ts'
import { liveCalls, measured } from './speed.ts'
import { transcriptionServer } from './testkit/http-server.ts'
import { babble, hiss } from './testkit/sounds.ts'
import { follow, pour } from './testkit/suite.ts'
import { writeToyModel } from './testkit/toy-model.ts'
import { joined } from './audio.ts'

const schema = engineSettings(z.string(), z.string())
const settings = (some: z.input<typeof schema> = {}): EngineSettings => schema.parse({ detector: 'energy', ...some })
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(
  some: z.input<typeof schema> = {},
  { clock, prepare }: { clock?: Clock; prepare?: (folder: string) => void } = {},
): Promise<{ engines: Engines; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'verbale-engines-'))
  prepare?.(folder)
  const engines = await openEngines(settings(some), { modelsDir: folder, log: silentLog, ...(clock && { clock }) })
  cleanups.push(
    () => rmSync(folder, { recursive: true }),
    () => engines.close(),
  )
  return { engines, folder }
}
const ask = { language: 'it', signal: new AbortController().signal }

describe('openEngines', { timeout: 120_000 }, () => {
  it('without anything says for each language what to do', async () => {
    const { engines } = await start()
    const { languages, refused, failed, detector } = engines.report()
    expect(languages.map((l) => [l.language, l.batch, l.live, l.step?.code])).toEqual([
      ['it', null, null, 'add_model'],
      ['fr', null, null, 'add_model'],
      ['en', null, null, 'add_model'],
    ])
    expect(languages[2]?.step?.detail).toContain('apt-get install')
    expect([refused, failed, detector.engine]).toEqual([[], [], 'energy'])
    expect(engines.batch('it')).toBeNull()
    expect(engines.live('it')).toBeNull()
  })

  it('takes up a model put into the folder, measures it, and lets it go when it is removed', async () => {
    const { engines, folder } = await start({ lookSeconds: 0.05 })
    const place = writeToyModel(folder, 'streaming-nemo-ctc')
    await vi.waitFor(() => expect(engines.live('it')).not.toBeNull(), { timeout: 60_000, interval: 50 })
    const [italian] = engines.report().languages
    expect(italian?.step).toBeNull()
    expect(italian?.live?.identity).toMatchObject({ engine: 'sherpa-onnx', model: 'toy-streaming-nemo-ctc@1' })
    expect(italian?.batch?.speed?.realTimeFactor).toBeGreaterThan(0)
    expect(italian?.batch?.speed?.from).toBe('probe')
    expect(italian?.live?.liveCalls).toBeGreaterThan(0)
    const heard = await engines.batch('it')?.transcribe({ samples: babble(2, 8000), rate: 8000 }, ask)
    expect(heard?.[0]?.text).not.toBe('')
    expect(engines.report().languages[0]?.batch?.speed?.from).toBe('calls')
    const stream = follow(engines.live('it')!, 8000, 'it')
    await pour(stream, joined([hiss(0.5, 8000), babble(2, 8000), hiss(1.5, 8000)]), 8000)
    await stream.finish()
    expect(stream.finals).toHaveLength(1)
    rmSync(place, { recursive: true })
    await vi.waitFor(() => expect(engines.batch('it')).toBeNull(), { timeout: 60_000, interval: 50 })
    expect(engines.report().languages[0]?.step?.code).toBe('add_model')
  })

  it('refuses a damaged model with the reason, and takes it up when it is mended', async () => {
    const { engines, folder } = await start()
    const place = writeToyModel(folder, 'nemo-ctc')
    const good = readFileSync(join(place, 'model.onnx'))
    const bad = Buffer.from(good)
    bad[300]! ^= 4
    writeFileSync(join(place, 'model.onnx'), bad)
    await engines.look()
    expect(engines.batch('it')).toBeNull()
    expect(engines.report().refused).toMatchObject([
      { folder: 'toy-nemo-ctc', reason: expect.stringContaining('damaged') },
    ])
    expect(engines.report().languages[0]?.step).toMatchObject({ code: 'model_refused' })
    writeFileSync(join(place, 'model.onnx'), good)
    await engines.look()
    expect(engines.report().refused).toEqual([])
    expect(engines.batch('fr')?.identity.model).toBe('toy-nemo-ctc@1')
    // A model for whole segments makes captions by hearing them again.
    expect(engines.live('fr')).not.toBeNull()
  })

  it('goes on with another engine where one cannot be opened', async () => {
    const { engines, folder } = await start()
    const broken = writeToyModel(folder, 'nemo-ctc', 'a-whisper')
    const manifest = JSON.parse(readFileSync(join(broken, 'model.json'), 'utf8')) as {
      kind: string
      files: { name: string }[]
    }
    // Whole by its hashes, and no Whisper inside.
    const files = [manifest.files[0], { ...manifest.files[0], name: 'decoder.onnx' }, manifest.files[1]]
    writeFileSync(join(broken, 'encoder.onnx'), readFileSync(join(broken, 'model.onnx')))
    writeFileSync(join(broken, 'decoder.onnx'), readFileSync(join(broken, 'model.onnx')))
    const changed = { ...manifest, kind: 'whisper', files: [{ ...files[0], name: 'encoder.onnx' }, files[1], files[2]] }
    writeFileSync(join(broken, 'model.json'), JSON.stringify(changed))
    writeToyModel(folder, 'nemo-ctc')
    await engines.look()
    expect(engines.report().failed).toMatchObject([{ engine: expect.stringContaining('a-whisper') }])
    expect(engines.batch('it')?.identity.model).toBe('toy-nemo-ctc@1')
    expect(engines.report().languages[0]?.step).toBeNull()
  })

  it('uses the servers that are named, before models', async () => {
    const server = await transcriptionServer(() => ({ json: { text: 'dal server' } }))
    cleanups.push(() => server.close())
    const one = { engine: 'openai-http' as const, url: server.url, model: 'large', languages: ['it'] }
    const { engines, folder } = await start({ servers: [one] })
    writeToyModel(folder, 'nemo-ctc')
    await engines.look()
    const heard = await engines.batch('it')?.transcribe({ samples: babble(1, 8000), rate: 8000 }, ask)
    expect(heard?.[0]?.text).toBe('dal server')
    const [italian, french] = engines.report().languages
    expect([italian?.batch?.identity.engine, italian?.live?.identity.engine]).toEqual(['openai-http', 'sherpa-onnx'])
    expect(french?.batch?.identity.engine).toBe('sherpa-onnx')
    // Nothing was sent to the server to try it out.
    expect(server.received).toHaveLength(1)
  })

  it('opens who takes over captions when that is asked for, and closes it when nobody asks any more', async () => {
    const clock = manualClock()
    const server = { engine: 'openai-http' as const, url: 'http://127.0.0.1:9', model: 'other', languages: ['it'] }
    const prepare = (folder: string): void => void writeToyModel(folder, 'streaming-nemo-ctc')
    const { engines } = await start(
      { servers: [server, { ...server, live: true, model: 'spare' }] },
      { clock, prepare },
    )
    expect(engines.live('it')?.identity.engine).toBe('sherpa-onnx')
    expect(engines.relief('fr')).toBeNull()
    expect(engines.relief('it')).toBeNull()
    const other = (): NonNullable<ReturnType<Engines['relief']>> => {
      const found = engines.relief('it')
      expect(found?.identity.model).toBe('spare')
      return found!
    }
    const before = await vi.waitFor(other, { timeout: 30_000, interval: 20 })
    // who serves is still who served
    expect(engines.live('it')?.identity.engine).toBe('sherpa-onnx')
    clock.advance(600_000)
    await engines.look()
    expect(other()).toBe(before)
    clock.advance(900_001)
    await engines.look()
    expect(await vi.waitFor(other, { timeout: 30_000, interval: 20 })).not.toBe(before)
  })
})

describe('assign', () => {
  const model = (kind: (typeof KINDS)[number]): Candidate => ({
    id: kind,
    languages: ['it', 'en'],
    origin: 'model',
    kind,
    serves: servesOf(kind),
  })
  const demo: Candidate = { id: 'demo', languages: ['en'], origin: 'demo', serves: { batch: true, live: 'again' } }
  const models = KINDS.map(model)
  const chosen = (language: string, of: Candidate[]): (string | undefined)[] => {
    const { batch, live } = assign(language, of)
    return [batch?.id, live?.id]
  }

  it('prefers models that can be held to a language, for English the best', () => {
    expect(chosen('it', models)).toEqual(['streaming-transducer', 'streaming-transducer'])
    expect(chosen('en', models)).toEqual(['nemo-transducer', 'streaming-transducer'])
    expect(chosen('it', [model('nemo-transducer'), model('whisper')])).toEqual(['whisper', 'whisper'])
  })

  it('takes a demonstration only where there is nothing else', () => {
    expect(chosen('en', [demo])).toEqual(['demo', 'demo'])
    expect(chosen('en', [demo, model('whisper')])).toEqual(['whisper', 'whisper'])
    expect(chosen('it', [demo])).toEqual([undefined, undefined])
  })
})

describe('relief', () => {
  const model = (id: string, kind: (typeof KINDS)[number], bytes: number): Candidate => ({
    id,
    languages: ['it'],
    origin: 'model',
    kind,
    serves: servesOf(kind),
    bytes,
  })
  const large = model('large', 'streaming-transducer', 700)
  const server = (id: string): Candidate => ({
    id,
    languages: ['it'],
    origin: 'server',
    serves: { batch: true, live: 'native' },
  })

  it('is a model of at most half the work', () => {
    const small = model('small', 'streaming-transducer', 300)
    expect(relief('it', large, [large, small])).toBe(small)
    expect(relief('it', large, [large, model('same', 'streaming-transducer', 400)])).toBeNull()
    expect(relief('fr', large, [large, small])).toBeNull()
    // heard again each second: 3.5 times the work
    expect(relief('it', large, [large, model('again', 'whisper', 120)])).toBeNull()
    expect(relief('it', large, [large, model('tiny', 'whisper', 99)])?.id).toBe('tiny')
  })

  it('is another server, whose strength nobody here knows', () => {
    const [one, two] = [server('one'), server('two')]
    expect(relief('it', one, [one, two, large])).toBe(two)
    expect(relief('it', one, [one, large])).toBe(large)
    expect(relief('it', large, [large, one])).toBe(one)
  })

  it('is never a demonstration', () => {
    const demo: Candidate = { id: 'demo', languages: ['it'], origin: 'demo', serves: { batch: true, live: 'again' } }
    expect(relief('it', server('one'), [server('one'), demo])).toBeNull()
  })
})

describe('speed', () => {
  it('is measured while an engine works alone', async () => {
    const clock = manualClock()
    const engine: BatchTranscriber = {
      identity: { engine: 'x', model: 'x', version: '1', demo: false },
      languages: ['it'],
      transcribe: () => {
        clock.advance(500)
        return Promise.resolve([])
      },
      close: () => Promise.resolve(),
    }
    const subject = measured(engine, clock)
    const second = { samples: new Int16Array(8000), rate: 8000 as const }
    expect(subject.speed()).toBeNull()
    await subject.transcribe(second, ask)
    expect(subject.speed()).toEqual({ realTimeFactor: 0.5, from: 'calls' })
    await Promise.all([subject.transcribe(second, ask), subject.transcribe(second, ask)])
    expect(subject.speed()?.realTimeFactor).toBe(0.5)
  })

  it('says how many live calls it carries', () => {
    expect(liveCalls(0.2, 'native')).toBe(4)
    expect(liveCalls(0.2, 'again')).toBe(1)
    expect(liveCalls(1, 'again')).toBe(0)
  })
})

it('settings refuse what they do not know', () => {
  expect(
    schema.safeParse({ servers: [{ engine: 'vosk', url: 'http://x', model: 'm', languages: ['it'] }] }).success,
  ).toBe(false)
  expect(schema.safeParse({ treads: 2 }).success).toBe(false)
  expect(schema.parse({}).servers).toEqual([])
})
