import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isProblem, type Problem } from '../../../platform/problem.ts'
import { joined } from '../audio.ts'
import type { BatchTranscriber, LiveTranscriber, Rate, Utterance } from '../ports.ts'
import { durationMs } from '../problems.ts'
import { babble, hiss, silence } from './sounds.ts'

export type EngineCase = {
  name: string
  batch?: () => Promise<BatchTranscriber>
  live?: () => Promise<LiveTranscriber>
  /** Of those the engine serves. */
  language: string
  /** What the engine promises at least of when words were said. */
  timing: Utterance['timing']
  /** A lane in which it hears something; default: babble. */
  speech?: (rate: Rate) => Int16Array
  /** Takes away what the engine's work depends on (its process, its connections), once; it must come back by itself. */
  disturb?: () => void | Promise<void>
  /** Whether a live stream tells partials of two seconds of speech. */
  partials?: boolean
}

const never = (): AbortSignal => new AbortController().signal
const code = (e: unknown): string => (isProblem(e) ? e.code : `not a problem: ${String(e)}`)

/** What every engine promises, whatever it is. */
export function describeEngine(spec: EngineCase): void {
  const speech = spec.speech ?? ((rate: Rate): Int16Array => babble(2, rate))
  if (spec.batch) describeBatch(spec, spec.batch, speech)
  if (spec.live) describeLive(spec, spec.live, speech)
}

function expectWellFormed(utterances: readonly Utterance[], lengthMs: number): void {
  let before = 0
  for (const { text, words, startMs, endMs, confidence } of utterances) {
    expect(text.trim()).not.toBe('')
    expect(startMs).toBeGreaterThanOrEqual(before)
    expect(endMs).toBeGreaterThanOrEqual(startMs)
    expect(endMs).toBeLessThanOrEqual(lengthMs + 1)
    expect(words.map((w) => w.text).join(' ')).toBe(text)
    let at = startMs
    for (const word of words) {
      expect(word.startMs).toBeGreaterThanOrEqual(at)
      expect(word.endMs).toBeGreaterThanOrEqual(word.startMs)
      expect(word.endMs).toBeLessThanOrEqual(endMs)
      at = word.startMs
    }
    for (const sure of [confidence, ...words.map((w) => w.confidence)])
      if (sure !== null) expect(sure >= 0 && sure <= 1).toBe(true)
    before = startMs
  }
}

function expectIdentity({ identity, languages }: BatchTranscriber | LiveTranscriber, language: string): void {
  for (const part of [identity.engine, identity.model, identity.version]) expect(part).not.toBe('')
  expect(languages).toContain(language)
}

function describeBatch(
  spec: EngineCase,
  open: () => Promise<BatchTranscriber>,
  speech: (rate: Rate) => Int16Array,
): void {
  describe(`${spec.name} keeps the contract of a batch engine`, { timeout: 120_000 }, () => {
    let engine: BatchTranscriber
    const { language } = spec
    beforeAll(async () => {
      engine = await open()
    })
    afterAll(() => engine.close())
    const heard = (rate: Rate = 16_000): Promise<Utterance[]> =>
      engine.transcribe({ samples: speech(rate), rate }, { language, signal: never() })

    it('says who it is and what it serves', () => expectIdentity(engine, language))

    for (const rate of [8000, 16_000] as const)
      it(`transcribes speech at ${rate} Hz, with times inside of it`, async () => {
        const utterances = await heard(rate)
        expect(utterances.length).toBeGreaterThan(0)
        expectWellFormed(utterances, durationMs({ samples: speech(rate), rate }))
        expect(utterances.map((u) => u.timing)).toEqual(utterances.map(() => spec.timing))
        expect(utterances[0]?.language).toBe(language)
      })

    it('says the same twice', async () => expect(await heard()).toEqual(await heard()))

    it('answers to no audio with nothing', async () => {
      const empty = { samples: new Int16Array(0), rate: 16_000 as const }
      expect(await engine.transcribe(empty, { language, signal: never() })).toEqual([])
    })

    it('does jobs that overlap, each with its own answer', async () => {
      const alone = await heard()
      const short = { samples: speech(16_000).subarray(0, 8000), rate: 16_000 as const }
      const shortAlone = await engine.transcribe(short, { language, signal: never() })
      const [a, b, c] = await Promise.all([heard(), engine.transcribe(short, { language, signal: never() }), heard()])
      expect([a, b, c]).toEqual([alone, shortAlone, alone])
    })

    it('refuses what is longer than a segment may be', async () => {
      const long = { samples: silence(25, 8000), rate: 8000 as const }
      const failure = await engine.transcribe(long, { language, signal: never() }).catch(code)
      expect(failure).toBe('engine_audio_too_long')
    })

    it('refuses a language it was not made for', async () => {
      const ask = { language: 'xx', signal: never() }
      expect(await engine.transcribe({ samples: speech(8000), rate: 8000 }, ask).catch(code)).toBe(
        'engine_language_unsupported',
      )
    })

    it('lets go of a job that is aborted, before and while it is done; the next is done', async () => {
      const reason = new Error('no longer wanted')
      const ask = (signal: AbortSignal): Promise<unknown> =>
        engine.transcribe({ samples: speech(16_000), rate: 16_000 }, { language, signal }).catch((e: unknown) => e)
      expect(await ask(AbortSignal.abort(reason))).toBe(reason)
      const stop = new AbortController()
      const result = ask(stop.signal)
      stop.abort(reason)
      expect(await result).toBe(reason)
      expect((await heard()).length).toBeGreaterThan(0)
    })

    it('comes back after it was disturbed', async () => {
      const before = await heard()
      await spec.disturb?.()
      expect(await heard()).toEqual(before)
    })

    it('is closed for good', async () => {
      const other = await open()
      const left = other
        .transcribe({ samples: speech(16_000), rate: 16_000 }, { language, signal: never() })
        .then(() => 'done', code)
      await other.close()
      expect(['done', 'engine_closed']).toContain(await left)
      const ask = { language, signal: never() }
      expect(await other.transcribe({ samples: speech(16_000), rate: 16_000 }, ask).catch(code)).toBe('engine_closed')
    })
  })
}

type Followed = {
  push: (samples: Int16Array) => void
  finish: () => Promise<void>
  close: () => void
  partials: Utterance[]
  finals: Utterance[]
  lost: { startMs: number; endMs: number }[]
  behind: number[]
  failures: Problem[]
}

/** Opens a stream and keeps what it says. */
export function follow(engine: LiveTranscriber, rate: Rate, language: string | null): Followed {
  const kept = { partials: [], finals: [], lost: [], behind: [], failures: [] } as Omit<
    Followed,
    'push' | 'finish' | 'close'
  >
  const stream = engine.open({
    rate,
    language,
    onPartial: (u) => void kept.partials.push(u),
    onFinal: (u) => void kept.finals.push(u),
    onBehind: (ms) => void kept.behind.push(ms),
    onLost: (span) => void kept.lost.push(span),
    onFailure: (problem) => void kept.failures.push(problem),
  })
  return { ...kept, push: stream.push, finish: stream.finish, close: stream.close }
}

/** Pushes in packets of 20 ms, and lets others work between them. */
export async function pour(
  stream: { push(samples: Int16Array): void },
  samples: Int16Array,
  rate: Rate,
): Promise<void> {
  const packet = rate / 50
  for (let at = 0; at < samples.length; at += packet) {
    stream.push(samples.subarray(at, at + packet))
    if ((at / packet) % 5 === 4) await new Promise((resolve) => setImmediate(resolve))
  }
}

function describeLive(
  spec: EngineCase,
  open: () => Promise<LiveTranscriber>,
  speech: (rate: Rate) => Int16Array,
): void {
  describe(`${spec.name} keeps the contract of a live engine`, { timeout: 120_000 }, () => {
    let engine: LiveTranscriber
    const { language } = spec
    beforeAll(async () => {
      engine = await open()
    })
    afterAll(() => engine.close())
    const lane = (rate: Rate): Int16Array =>
      joined([hiss(0.8, rate), speech(rate), hiss(1.6, rate), speech(rate), hiss(1.6, rate)])
    const run = async (rate: Rate): Promise<Followed> => {
      const stream = follow(engine, rate, language)
      await pour(stream, lane(rate), rate)
      await stream.finish()
      return stream
    }

    it('says who it is and what it serves', () => expectIdentity(engine, language))

    for (const rate of [8000, 16_000] as const)
      it(`says at ${rate} Hz what was said, in order, inside of the lane`, async () => {
        const { finals, failures, lost } = await run(rate)
        expect([failures, lost]).toEqual([[], []])
        expect(finals.length).toBeGreaterThanOrEqual(2)
        expectWellFormed(finals, durationMs({ samples: lane(rate), rate }))
        // Nobody speaks in the first 0.4 s, and something is said in the second half.
        expect(finals[0]?.startMs).toBeGreaterThanOrEqual(400)
        expect(finals.at(-1)?.endMs).toBeGreaterThan(800 + durationMs({ samples: speech(rate), rate }) + 1000)
      })

    it('tells what is being said before it is all said', async () => {
      if (spec.partials === false) return
      const stream = follow(engine, 16_000, language)
      await pour(stream, joined([hiss(0.8, 16_000), speech(16_000)]), 16_000)
      await vi.waitFor(() => expect(stream.partials.length).toBeGreaterThan(0), { timeout: 15_000, interval: 20 })
      expect(stream.finals).toEqual([])
      expectWellFormed([stream.partials[0]!], 20_000)
      stream.close()
    })

    it('keeps lanes apart', async () => {
      const { finals } = await run(16_000)
      const one = follow(engine, 16_000, language)
      const other = follow(engine, 16_000, language)
      await Promise.all([pour(one, lane(16_000), 16_000), pour(other, hiss(3, 16_000), 16_000)])
      await Promise.all([one.finish(), other.finish()])
      expect(one.finals.map((u) => u.text)).toEqual(finals.map((u) => u.text))
      expect(other.finals).toEqual([])
    })

    it('says nothing after it was closed', async () => {
      const stream = follow(engine, 16_000, language)
      await pour(stream, lane(16_000), 16_000)
      stream.close()
      const said = [stream.partials.length, stream.finals.length]
      stream.push(speech(16_000))
      await run(16_000)
      expect([stream.partials.length, stream.finals.length]).toEqual(said)
      expect(stream.failures).toEqual([])
    })

    it('serves further lanes after it was disturbed', async () => {
      await run(16_000)
      await spec.disturb?.()
      const { finals } = await run(16_000)
      expect(finals.length).toBeGreaterThanOrEqual(2)
    })

    it('says what it loses when it is flooded, and remains in order', async () => {
      const stream = follow(engine, 16_000, language)
      const minute = joined(Array.from({ length: 24 }, () => joined([speech(16_000), hiss(1, 16_000)])))
      stream.push(minute)
      stream.push(minute)
      await stream.finish()
      expectWellFormed(stream.finals, durationMs({ samples: minute, rate: 16_000 }) * 2)
      expect(stream.finals.length + stream.lost.length).toBeGreaterThan(2)
      expect(stream.failures).toEqual([])
    })

    it('tells its streams when it is closed, and refuses others', async () => {
      const other = await open()
      const stream = follow(other, 16_000, language)
      await pour(stream, lane(16_000).subarray(0, 20_000), 16_000)
      await other.close()
      expect(stream.failures.map((p) => p.code)).toEqual(['engine_closed'])
      await stream.finish()
      expect(() => follow(other, 16_000, language)).toThrow(/closed/)
    })
  })
}
