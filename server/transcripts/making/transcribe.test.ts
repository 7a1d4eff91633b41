import type { Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import { silentLog } from '../../platform/log.ts'
import { Problem } from '../../platform/problem.ts'
import { type TestDatabase, testDatabase } from '../../platform/testkit/database.ts'
import type { BatchTranscriber } from '../engines/ports.ts'
import { refusedJob, stopped } from '../engines/problems.ts'
import { openVad } from '../engines/vad/detector.ts'
import type { SourceSegment } from '../engines/source/captions.ts'
import { babble, music } from '../engines/testkit/sounds.ts'
import { energyDetector } from '../engines/vad/energy.ts'
import type { TranscriptTables } from '../store.ts'
import type { Lane } from './hear.ts'
import { askTranscript, eraseLapsed, resumeSilencing, retry, wakeWaiting } from './queue.ts'
import { createSensitive } from './sensitive.ts'
import type { ToSilence } from './silence.ts'
import { transcribe, type TranscribeDeps } from './transcribe.ts'

let database: TestDatabase
let db: Kysely<TranscriptTables>
beforeAll(async () => {
  database = await testDatabase()
  db = database.db as never
})
afterAll(() => database.drop())

const clock = manualClock(Date.UTC(2026, 10, 27))
const rate = 8000
/** Speech as far as an energy detector can tell: a second each, at these seconds of the lane. */
function lane(leg: number, role: Lane['role'], secondsOfSpeech: number[], lengthS = 40): Lane {
  const samples = new Int16Array(lengthS * rate)
  for (const at of secondsOfSpeech) samples.set(babble(1, rate, at + 1), at * rate)
  return { leg, role, rate, samples: samples.length, read: async (from, to) => samples.subarray(from, to) }
}

/** What each segment says, in the order in which segments are heard. */
let script: (string | Error)[] = []
let asked: (string | null)[] = []
const transcriber: BatchTranscriber = {
  identity: { engine: 'script', model: 'm', version: '1', demo: false },
  languages: ['it'],
  transcribe: async ({ samples }, { language }) => {
    asked.push(language)
    const said = script.shift() ?? ''
    if (said instanceof Error) throw said
    const ms = (samples.length * 1000) / rate
    const words = said.split(' ')
    const each = ms / words.length
    return [
      {
        text: said,
        startMs: 0,
        endMs: ms,
        confidence: 0.9,
        language: 'it',
        timing: 'word',
        words: words.map((text, i) => ({ text, startMs: i * each, endMs: (i + 1) * each, confidence: 0.9 })),
      },
    ]
  },
  close: async () => {},
}

const vad = openVad({ detector: energyDetector, spare: energyDetector, log: silentLog })
let jobs: string[] = []
let silenced: ({ callId: string } & ToSilence)[] = []
let refusals: Error[] = []
let engine: BatchTranscriber | null = transcriber
let lanes: Lane[] | null = []
const enqueue = async (_: unknown, name: string, { callId }: { callId: string }): Promise<void> =>
  void jobs.push(`${name} ${callId}`)
const xor = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0x5a))
const deps: TranscribeDeps = {
  db: null as never,
  clock,
  log: silentLog,
  enqueue: enqueue as never,
  openSpeech: async () => lanes && { lanes, seal: xor, open: xor, close: () => {} },
  vad: () => vad,
  transcriber: () => engine,
  languageOf: () => 'it',
  sensitive: createSensitive(),
  silence: async (callId, found) => {
    silenced.push({ callId, ...found })
    const wrong = refusals.shift()
    if (wrong) throw wrong
  },
  written: async () => {},
  changed: () => {},
}
const run = (callId: string, attempt = 1): Promise<void> =>
  transcribe({ ...deps, db }, callId, { attempt, signal: undefined })

async function call(purposes = [{ purpose: 'analytics', lastDay: '2027-11-27' }]): Promise<string> {
  const callId = newId()
  const facts = async () => ({
    callId,
    startedAt: new Date(clock.now()),
    durationMs: 40_000,
    agentId: null,
    agentCountry: 'IT',
    callerCountry: null,
    teamIds: [],
    queue: null,
    direction: 'inbound',
    difficult: false,
  })
  await askTranscript({ db, clock, enqueue: enqueue as never, facts, purposes: async () => purposes }, callId)
  return callId
}
const rowOf = (callId: string) =>
  db.selectFrom('transcript').selectAll().where('call_id', '=', callId).executeTakeFirst()
const turnsOf = (callId: string) =>
  db.selectFrom('transcript_turn').selectAll().where('call_id', '=', callId).orderBy('idx').execute()
const draftsOf = (callId: string) =>
  db.selectFrom('transcript_draft').selectAll().where('call_id', '=', callId).execute()

beforeEach(() => {
  ;[script, asked, jobs, engine, lanes] = [[], [], [], transcriber, []]
  ;[silenced, refusals] = [[], []]
})

it('writes a conversation down by turns of its lanes, with the times of words', async () => {
  lanes = [lane(0, 'agent', [1, 10]), lane(1, 'customer', [5])]
  script = ['buongiorno come posso aiutarla', 'va bene', 'vorrei un rimborso']
  const id = await call()
  expect(jobs).toEqual([`transcribe ${id}`])
  await run(id)
  expect(await rowOf(id)).toMatchObject({ state: 'done', reason: null, language: 'it', engine: 'script' })
  const turns = await turnsOf(id)
  expect(turns.map(({ role, text }) => `${role}: ${text}`)).toEqual([
    'agent: buongiorno come posso aiutarla',
    'customer: vorrei un rimborso',
    'agent: va bene',
  ])
  const customer = turns[1]!
  expect(Math.abs(customer.from_ms - 5000)).toBeLessThan(700)
  for (const [at, length, from, to] of customer.words) {
    expect(customer.text.slice(at, at + length)).toMatch(/^\S+$/)
    expect(to).toBeGreaterThan(from)
  }
  expect(await draftsOf(id)).toEqual([])
  expect(asked).toEqual(['it', 'it', 'it'])
})

it('keeps no card number anywhere, said in parts over two turns', async () => {
  lanes = [lane(0, 'agent', [1, 9]), lane(1, 'customer', [5, 13])]
  script = [
    'mi dica il numero della carta',
    'sì prosegua',
    'quattro uno uno uno uno uno uno uno',
    'uno uno uno uno uno uno uno uno grazie',
  ]
  const id = await call()
  await run(id)
  const turns = await turnsOf(id)
  const text = turns.map((t) => t.text).join(' | ')
  expect(text).not.toMatch(/quattro uno|uno uno/)
  expect(text).toContain('[CARD]')
  expect(text).toContain('grazie')
  expect(turns.map((t) => t.search).join(' ')).not.toMatch(/quattr|uno/)
  for (const turn of turns)
    for (const { type, at, length } of turn.marks) expect(turn.text.slice(at, at + length)).toBe(`[${type}]`)
})

it('a crash repeats the segment at hand and no other; drafts are sealed', async () => {
  lanes = [lane(0, 'agent', [1, 10]), lane(1, 'customer', [5])]
  script = ['buongiorno a lei', stopped('script', 'killed')]
  const id = await call()
  await expect(run(id)).rejects.toMatchObject({ code: 'engine_stopped' })
  const drafts = await draftsOf(id)
  expect(drafts.length).toBeGreaterThan(0)
  for (const { sealed } of drafts) expect(sealed.includes('buongiorno')).toBe(false)
  expect(await turnsOf(id)).toEqual([])
  script = ['arrivederci', 'vorrei sapere']
  await run(id, 2)
  expect((await turnsOf(id)).map(({ text }) => text)).toEqual(['buongiorno a lei', 'vorrei sapere', 'arrivederci'])
})

it('a segment that no engine can take is left out, and the transcript says so', async () => {
  lanes = [lane(0, 'agent', [1, 10])]
  script = [refusedJob('script', 'crash'), 'va bene']
  const id = await call()
  await run(id)
  expect(await rowOf(id)).toMatchObject({ state: 'done', reason: 'left_out' })
  expect((await turnsOf(id)).map(({ text }) => text)).toEqual(['va bene'])
})

it('waits without an engine, and begins when one comes; audio that is gone is told', async () => {
  engine = null
  const id = await call()
  await run(id)
  expect(await rowOf(id)).toMatchObject({ state: 'waiting', reason: 'no_engine' })
  jobs = []
  expect(await wakeWaiting({ db, enqueue: enqueue as never })).toBeGreaterThan(0)
  expect(jobs).toContain(`transcribe ${id}`)
  ;[engine, lanes] = [transcriber, null]
  await run(id)
  expect(await rowOf(id)).toMatchObject({ state: 'failed', reason: 'audio_gone' })
})

it('tried often enough, a call is a dead letter with its reason, and may be tried again', async () => {
  lanes = [lane(0, 'agent', [1])]
  script = [stopped('script', 'oom'), stopped('script', 'oom')]
  const id = await call()
  await expect(run(id, 3)).rejects.toThrow(Problem)
  await run(id, 12)
  expect(await rowOf(id)).toMatchObject({ state: 'failed', reason: 'engine_stopped' })
  expect(await draftsOf(id)).toEqual([])
  expect(await retry({ db, enqueue: enqueue as never }, id)).toBe(true)
  expect(await retry({ db, enqueue: enqueue as never }, id)).toBe(false)
  script = ['eccoci']
  await run(id)
  expect((await turnsOf(id)).map(({ text }) => text)).toEqual(['eccoci'])
})

it('is asked for once, and not at all when no purpose allows it', async () => {
  const none = await call([])
  expect(await rowOf(none)).toBeUndefined()
  expect(jobs).toEqual([])
})

it('goes with the last purpose that may read it, also while it is made', async () => {
  const both = [
    { purpose: 'analytics', lastDay: '2027-11-27' },
    { purpose: 'training', lastDay: '2027-05-27' },
  ]
  lanes = [lane(0, 'agent', [1])]
  script = ['buongiorno']
  const id = await call(both)
  await run(id)
  const end = (purpose: string) =>
    db.transaction().execute((tx) => eraseLapsed(tx, [{ callId: id, purpose, last: false }]))
  expect(await end('training')).toEqual(new Map())
  expect(await turnsOf(id)).toHaveLength(1)
  expect(await end('analytics')).toEqual(new Map([[id, { turns: 1 }]]))
  expect([await rowOf(id), await turnsOf(id)]).toEqual([undefined, []])
  await run(id)
  expect(await rowOf(id)).toBeUndefined()
})

it('nobody is asked to write down music', async () => {
  const held = lane(0, 'agent', [1])
  const samples = new Int16Array(40 * rate)
  samples.set(await held.read(0, 40 * rate))
  samples.set(music(6, rate, 2), 10 * rate)
  lanes = [{ ...held, read: async (from, to) => samples.subarray(from, to) }]
  script = ['resti in linea', 'la la la']
  const id = await call()
  await run(id)
  expect((await turnsOf(id)).map(({ text }) => text)).toEqual(['resti in linea'])
})

it('a language that nobody declared is the one of the first ten seconds, for the whole call', async () => {
  lanes = [lane(0, 'agent', [1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 34])]
  script = Array.from({ length: 12 }, (_, i) => `parola ${String.fromCodePoint(97 + i)}`)
  const id = await call()
  await transcribe({ ...deps, db, languageOf: () => null }, id, { attempt: 1, signal: undefined })
  const locked = asked.indexOf('it')
  expect(locked).toBeGreaterThan(3)
  expect(asked.slice(0, locked).every((language) => language === null)).toBe(true)
  expect(asked.slice(locked).every((language) => language === 'it')).toBe(true)
  expect(await rowOf(id)).toMatchObject({ state: 'done', language: 'it' })
})

const platformSaid = (callId: string, number: number, segments: SourceSegment[]) =>
  db
    .insertInto('caption_draft')
    .values({
      call_id: callId,
      number,
      at: new Date(clock.now()),
      origin: 'source',
      sealed: xor(Buffer.from(JSON.stringify({ protocol: 'stream', segments }))),
    })
    .execute()
const segment = (id: string, text: string, startMs: number): SourceSegment => ({
  lane: 1,
  id,
  final: true,
  text,
  startMs,
  endMs: startMs + 3000,
})

it('without an engine of ours, what the platform said is the transcript: redacted, and labelled as the platform’s', async () => {
  engine = null
  lanes = [lane(0, 'agent', []), lane(1, 'customer', [])]
  const id = await call()
  await platformSaid(id, 1, [segment('a', 'la carta è quattro uno uno uno uno uno uno uno', 2000)])
  await platformSaid(id, 2, [
    segment('b', 'uno uno uno uno uno uno uno uno', 6000),
    segment('c', 'e poi basta cosi', 20_000),
  ])
  await platformSaid(id, 3, [segment('c', 'e poi basta così', 20_000)])
  await run(id)
  expect(await rowOf(id)).toMatchObject({ state: 'done', engine: 'source', model: 'stream', language: 'it' })
  const turns = await turnsOf(id)
  expect(turns.map(({ text, made_by }) => [text, made_by])).toEqual([
    ['la carta è [CARD]', 'source'],
    ['e poi basta così', 'source'],
  ])
  expect(await db.selectFrom('caption_draft').selectAll().where('call_id', '=', id).execute()).toEqual([])
})

it('of a call in several languages, what is personal in any of them is taken out', async () => {
  engine = null
  lanes = [lane(0, 'agent', []), lane(1, 'customer', [])]
  const id = await call()
  await platformSaid(id, 1, [
    { ...segment('a', 'buongiorno parla italiano', 1000), language: 'it' },
    {
      ...segment('b', 'yes my card number is four one one one one one one one one one one one one one one one', 5000),
      language: 'en-GB',
    },
    { ...segment('c', 'et mon code de sécurité est le sept cent trente-huit', 12_000), language: 'fr-FR' },
  ])
  await run(id)
  const text = (await turnsOf(id)).map((turn) => turn.text).join(' | ')
  expect(text).toContain('[CARD]')
  expect(text).toContain('[CVV]')
  expect(text).not.toMatch(/four one|sept cent/)
})

it('a call wholly in another language than its queue’s is in that one', async () => {
  engine = null
  lanes = [lane(0, 'agent', []), lane(1, 'customer', [])]
  const id = await call()
  const text = 'Merci. Je vérifie que vous avez reçu les documents pour votre dossier.'
  await platformSaid(id, 1, [{ ...segment('a', text, 1000), language: 'fr-FR' }])
  await run(id)
  expect(await rowOf(id)).toMatchObject({ language: 'fr' })
  expect((await turnsOf(id)).map(({ text, language }) => [text, language])).toEqual([[text, 'fr']])
})

it('a platform that labels its words wrongly does not get past the redaction of what they are', async () => {
  engine = null
  lanes = [lane(0, 'agent', []), lane(1, 'customer', [])]
  const id = await call()
  const text = 'la carta è quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno'
  await platformSaid(id, 1, [{ ...segment('a', text, 1000), language: 'en-US' }])
  await run(id)
  expect((await turnsOf(id)).map((turn) => turn.text)).toEqual(['la carta è [CARD]'])
})

it('an engine of ours comes before what the platform said', async () => {
  lanes = [lane(0, 'agent', [1])]
  script = ['buongiorno da noi']
  const id = await call()
  await platformSaid(id, 1, [segment('a', 'buongiorno dalla centrale', 1000)])
  await run(id)
  expect((await turnsOf(id)).map(({ text, made_by }) => [text, made_by])).toEqual([['buongiorno da noi', 'engine']])
  expect(await db.selectFrom('caption_draft').selectAll().where('call_id', '=', id).execute()).toEqual([])
})

describe('what was found leaves the audio before a call is done', () => {
  const card = ['il numero è quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno', 'sono Mario Rossi']
  const withCard = async (): Promise<string> => {
    lanes = [lane(1, 'customer', [5, 12])]
    script = [...card]
    return call()
  }
  const pending = (callId: string) =>
    db.selectFrom('transcript_silence').select('ranges').where('call_id', '=', callId).execute()

  it('by leg and time, payment data apart from the rest', async () => {
    const id = await withCard()
    await run(id)
    expect(silenced).toMatchObject([{ callId: id, payment: [{ leg: 1, type: 'CARD' }], personal: [{ leg: 1 }] }])
    const { payment, personal } = silenced[0]!
    // of a second of speech of 19 words the number is all but the first three
    expect(payment[0]!.fromMs).toBeGreaterThan(4700)
    expect(payment[0]!.toMs).toBeGreaterThan(5900)
    expect(payment[0]!.toMs - payment[0]!.fromMs).toBeLessThan(2000)
    expect(personal[0]!.fromMs).toBeGreaterThan(11_500)
    expect([(await rowOf(id))?.state, await pending(id)]).toEqual(['done', []])
  })

  it('tried again until it is, without hearing the call again', async () => {
    const id = await withCard()
    refusals = [new Error('killed')]
    await expect(run(id)).rejects.toThrow('killed')
    expect([(await rowOf(id))?.state, asked.length]).toEqual(['running', 2])
    // where it is: no text
    expect(JSON.stringify(await pending(id))).not.toMatch(/uno|Rossi/)
    lanes = null
    refusals = [new Error('killed again')]
    await run(id, 12)
    expect(await rowOf(id)).toMatchObject({ state: 'failed', reason: 'audio_not_silenced' })
    expect(await pending(id)).toHaveLength(1)
    jobs = []
    await resumeSilencing({ db, enqueue: enqueue as never })
    expect(jobs).toContain(`transcribe ${id}`)
    await run(id)
    expect(await rowOf(id)).toMatchObject({ state: 'done', reason: null })
    expect([asked.length, silenced.length, await pending(id)]).toEqual([2, 3, []])
    expect(new Set(silenced.map((each) => JSON.stringify(each))).size).toBe(1)
  })

  it('also when the last purpose that may read it ended meanwhile', async () => {
    const id = await withCard()
    refusals = [new Error('killed')]
    await expect(run(id)).rejects.toThrow('killed')
    await db.transaction().execute((tx) => eraseLapsed(tx, [{ callId: id, purpose: 'analytics', last: false }]))
    await run(id, 2)
    expect([await rowOf(id), silenced.length, await pending(id)]).toEqual([undefined, 2, []])
  })
})

it('what the same engine heard while the call went on is not heard again; another hears it all', async () => {
  const live = { leg: 0, fromMs: 0, toMs: 6000, leftOut: false }
  const said = { startMs: 1000, endMs: 2000, confidence: 0.9, language: 'it', timing: 'word' as const, words: [] }
  const draft = (engine: string) => ({
    engine: { ...transcriber.identity, engine },
    heard: [{ ...live, utterances: [{ ...said, text: 'buongiorno a lei' }] }],
  })
  const run2 = async (engine: string): Promise<string[]> => {
    lanes = [lane(0, 'agent', [1, 10])]
    script = engine === 'script' ? ['e poi arrivederci'] : ['buongiorno da capo', 'e poi arrivederci']
    const id = await call()
    const sealed = xor(Buffer.from(JSON.stringify(draft(engine))))
    await db
      .insertInto('caption_draft')
      .values({ call_id: id, number: 1, at: new Date(clock.now()), origin: 'engine', sealed })
      .execute()
    await run(id)
    expect(await db.selectFrom('caption_draft').selectAll().where('call_id', '=', id).execute()).toEqual([])
    return (await turnsOf(id)).map(({ text }) => text)
  }
  expect(await run2('script')).toEqual(['buongiorno a lei', 'e poi arrivederci'])
  expect(await run2('other')).toEqual(['buongiorno da capo', 'e poi arrivederci'])
})
