import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '../../../platform/log.ts'
import { bytesOf, joined } from '../audio.ts'
import { type Rate, type SpeechSegment, type Vad } from '../ports.ts'
import { babble, hiss, music, tones } from '../testkit/sounds.ts'
import { openVad, speechOf } from './detector.ts'
import { energyDetector } from './energy.ts'
import { FRAME_MS, frameSamples, RULES, segmenter } from './segmenter.ts'
import { openSilero } from './silero.ts'

/** Numbered samples, so that what a segment holds can be told from where it should be. */
/** The same rules in little: properties are about order, not about length. */
const SMALL = { preRollMs: 96, hangMs: 160, postRollMs: 64, softMs: 480, hardMs: 640 }

const numbered = (frames: number): Int16Array => Int16Array.from({ length: frames * 256 }, (_, i) => i % 32_768)

function cut(
  decisions: boolean[],
  pieces: number[],
  rules = RULES,
): { segments: SpeechSegment[]; heard: Int16Array[]; starts: number[] } {
  const segments: SpeechSegment[] = []
  const heard: Int16Array[] = []
  const starts: number[] = []
  const subject = segmenter(
    8000,
    {
      onStart: (ms) => {
        starts.push(ms)
        heard.push(new Int16Array(0))
      },
      onAudio: (samples) => heard.push(joined([heard.pop()!, samples])),
      onSegment: (segment) => void segments.push(segment),
    },
    rules,
  )
  const audio = numbered(decisions.length)
  let at = 0
  let decided = 0
  for (const piece of [...pieces, audio.length]) {
    subject.push(audio.subarray(at, (at = Math.min(audio.length, at + piece))))
    for (; (decided + 1) * 256 <= at; decided++) subject.decide(decisions[decided] ?? false)
  }
  subject.finish()
  return { segments, heard, starts }
}

const ms = (frames: number): number => frames * FRAME_MS
const runs = fc
  .array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 30 })), { maxLength: 12 })
  .map((parts) => parts.flatMap(([speech, length]) => Array.from({ length }, () => speech)))

describe('segmenter', () => {
  it('never loses a frame of speech, never gives one twice, and keeps to the longest length', () => {
    fc.assert(
      fc.property(runs, fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 20 }), (decisions, pieces) => {
        const { segments, heard, starts } = cut(decisions, pieces, SMALL)
        expect(starts).toEqual(segments.map((s) => s.startMs))
        let end = 0
        const covered = new Set<number>()
        segments.forEach((segment, n) => {
          expect(segment.startMs).toBeGreaterThanOrEqual(end)
          end = segment.endMs
          expect(segment.endMs - segment.startMs).toBeLessThanOrEqual(SMALL.hardMs)
          expect(segment.samples.length).toBe((segment.endMs - segment.startMs) * 8)
          expect(segment.samples[0]).toBe((segment.startMs * 8) % 32_768)
          // What was told while it was open begins as the segment does.
          const told = heard[n]?.subarray(0, segment.samples.length) ?? new Int16Array(0)
          expect(bytesOf(told).equals(bytesOf(segment.samples))).toBe(true)
          for (let t = segment.startMs; t < segment.endMs; t += FRAME_MS) covered.add(t / FRAME_MS)
        })
        decisions.forEach((speech, frame) => expect(!speech || covered.has(frame)).toBe(true))
      }),
      { numRuns: 60 },
    )
  })

  it('gives the same segments however the audio arrives', () => {
    fc.assert(
      fc.property(runs, fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 20 }), (decisions, pieces) => {
        const key = (all: number[]) =>
          cut(decisions, all, SMALL).segments.map((s) => [
            s.startMs,
            s.endMs,
            s.cut,
            bytesOf(s.samples).toString('base64'),
          ])
        expect(key(pieces)).toEqual(key([]))
      }),
      { numRuns: 30 },
    )
  })

  it('puts 300 ms before the first speech, bridges short pauses and ends at long ones', () => {
    const silent = (n: number): boolean[] => Array.from({ length: n }, () => false)
    const spoken = (n: number): boolean[] => Array.from({ length: n }, () => true)
    const { segments } = cut([...silent(40), ...spoken(30), ...silent(10), ...spoken(20), ...silent(50)], [])
    expect(segments.map((s) => [s.startMs, s.endMs, s.cut])).toEqual([[ms(40 - 9), ms(100 + 7), false]])
  })

  it('ends after 15 s at the first breath, and cuts at 20 s who takes none', () => {
    const breathless = Array.from({ length: 1000 }, () => true)
    expect(cut(breathless, []).segments.map((s) => [s.endMs, s.cut])).toEqual([
      [20_000, true],
      [32_000, false],
    ])
    const breath = breathless.map((_, n) => n !== 500)
    const [first] = cut(breath, []).segments
    expect([first?.endMs, first?.cut]).toEqual([ms(501), false])
  })
})

function lane(rate: Rate): Int16Array {
  return joined([
    hiss(1, rate),
    babble(3, rate),
    hiss(2, rate),
    babble(2.5, rate, 9),
    hiss(1.5, rate),
    music(5, rate),
    hiss(1, rate),
    tones(2, rate, [440]),
  ])
}
const said = [
  [1000, 4000],
  [6000, 8500],
] as const

function expectSaid(segments: SpeechSegment[], count: number = said.length): void {
  expect(segments).toHaveLength(count)
  said.forEach(([from, to], n) => {
    expect(Math.abs((segments[n]?.startMs ?? 0) - (from - 200))).toBeLessThan(350)
    expect(Math.abs((segments[n]?.endMs ?? 0) - (to + 400))).toBeLessThan(450)
  })
}

async function run(vad: Vad, rate: Rate, middle?: () => void): Promise<SpeechSegment[]> {
  const segments: SpeechSegment[] = []
  const failures: string[] = []
  const stream = vad.open({
    rate,
    onSegment: (s) => void segments.push(s),
    onFailure: (p) => void failures.push(p.code),
  })
  const audio = lane(rate)
  for (let at = 0; at < audio.length; at += 997) {
    if (at <= audio.length / 3 && at + 997 > audio.length / 3) middle?.()
    stream.push(audio.subarray(at, at + 997))
    await stream.settled()
  }
  await stream.finish()
  expect(failures).toEqual([])
  return segments
}

describe('the energy detector', () => {
  for (const rate of [8000, 16_000] as const)
    it(`finds speech at ${rate} Hz, and music too`, async () => {
      const vad = openVad({ detector: energyDetector, spare: energyDetector, log: silentLog })
      expectSaid(await run(vad, rate), 4)
    })

  it('says who it is', () => expect(energyDetector.identity.engine).toBe('energy'))
})

describe('Silero in its own process', { timeout: 60_000 }, () => {
  let silero: Awaited<ReturnType<typeof openSilero>>
  let vad: Vad
  beforeAll(async () => {
    silero = await openSilero({ log: silentLog, limits: { firstWaitMs: 10 } })
    vad = openVad({ detector: silero, spare: energyDetector, log: silentLog })
  })
  afterAll(() => vad.close())

  for (const rate of [8000, 16_000] as const)
    it(`finds speech at ${rate} Hz, and neither music nor tones`, async () => expectSaid(await run(vad, rate)))

  it('keeps lanes apart, and uses again what lanes leave', async () => {
    const [a, b] = await Promise.all([run(vad, 8000), run(vad, 8000)])
    expect(a).toEqual(b)
    expect(await run(vad, 8000)).toEqual(a)
  })

  it('gives the speech of a file at the reader’s speed', async () => {
    const found: SpeechSegment[] = []
    const audio = lane(8000)
    const parts = Array.from({ length: 10 }, (_, n) =>
      audio.subarray((n * audio.length) / 10, ((n + 1) * audio.length) / 10),
    )
    for await (const segment of speechOf(vad, parts, 8000)) found.push(segment)
    expectSaid(found)
  })

  it('hands a lane to the spare detector when its process dies, without losing speech; the next lanes have it again', async () => {
    const before = silero.pid()
    const segments = await run(vad, 8000, () => process.kill(before!, 'SIGKILL'))
    // Speech is there; the spare one also takes music for speech.
    expect(segments.length).toBeGreaterThanOrEqual(2)
    for (const [from, to] of said) {
      const inside = segments.filter((s) => s.startMs < to && s.endMs > from)
      expect(inside.reduce((sum, s) => sum + Math.min(s.endMs, to) - Math.max(s.startMs, from), 0)).toBeGreaterThan(
        (to - from) * 0.8,
      )
    }
    expectSaid(await run(vad, 8000))
    expect(silero.pid()).not.toBe(before)
  })
})

it('frames are 32 ms', () => expect([frameSamples(8000), frameSamples(16_000)]).toEqual([256, 512]))
