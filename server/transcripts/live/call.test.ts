import { expect, test } from 'vitest'
import type { Caption } from '../../../contract/models/captions.ts'
import { manualClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { Problem } from '../../platform/problem.ts'
import type { LiveTranscriber } from '../engines/ports.ts'
import { FollowedCall, type FollowDeps, type Receipt } from './call.ts'
import type { SourceDraft } from './drafts.ts'
import type { HeardCall } from './heard.ts'
import { captionClock } from './speed.ts'

/** A followed call of a platform that transcribes itself, by a clock moved by hand. */
function setUp(more: Partial<HeardCall> = {}, engines: Partial<Pick<FollowDeps, 'live' | 'relief'>> = {}) {
  const clock = manualClock()
  const screen = new Map<string, Caption>()
  const drafts: SourceDraft[] = []
  const masks: { on: boolean; atMs: number }[] = []
  const receipts: Receipt[] = []
  let key = true
  const call = new FollowedCall(
    {
      callId: '0198f2d0-0000-7000-8000-000000000000',
      protocol: 'stream',
      assist: true,
      stored: true,
      detector: true,
      facts: () => ({ queue: null, agentCountry: 'GB' }),
      atMs: (ns) => Number(ns) / 1e6,
      arrivalAt: (ms) => BigInt(Math.round(ms * 1e6)),
      mask: (on, fromNs) => (masks.push({ on, atMs: Number(fromNs) / 1e6 }), 0),
      seal: (plain) => (key ? plain : null),
      ...more,
    },
    {
      clock,
      log: silentLog,
      live: () => null,
      relief: () => null,
      languageOf: () => 'en',
      names: () => null,
      speed: captionClock(),
      ended: () => {},
      publish: (_, { captions, withdrawn }) => {
        for (const caption of captions) screen.set(caption.id, caption)
        for (const id of withdrawn) screen.delete(id)
      },
      isWritten: async () => true,
      keep: async (_, _origin, sealed) => void drafts.push(JSON.parse(sealed.toString('utf8')) as SourceDraft),
      receipt: async (of) => void receipts.push(of),
      ...engines,
    },
  )
  call.leg({ index: 0, label: 'a', role: () => 'agent' })
  call.leg({ index: 1, label: 'c', role: () => 'customer' })
  const say = (id: string, role: 'agent' | 'customer', text: string, startMs: number) => {
    const words = text
      .split(' ')
      .map((word, i) => ({ text: word, startMs: startMs + i * 300, endMs: startMs + i * 300 + 300 }))
    const endMs = words.at(-1)!.endMs
    if (Number(clock.monotonic()) / 1e6 < endMs) clock.advance(endMs - Number(clock.monotonic()) / 1e6)
    return call.caption({ id, role, final: true, text, startMs, endMs, words })
  }
  const pass = (ms: number): void => {
    for (let at = 0; at < ms; at += 250) {
      clock.advance(250)
      call.tick()
    }
  }
  return {
    call,
    clock,
    say,
    pass,
    masks,
    drafts,
    receipts,
    texts: () => [...screen.values()].map(({ text }) => text),
    keys: (there: boolean) => void (key = there),
  }
}

test('what is left out of the record is in no draft: words one by one', async () => {
  const { call, say, pass, masks, drafts, texts } = setUp()
  say('1', 'agent', 'can I have the long card number please', 0)
  say('2', 'customer', 'four one one one one one one one', 4000)
  pass(12_000)
  say('3', 'agent', 'so what else can I do', 20_000)
  await call.end()
  expect(masks.map(({ on }) => on)).toEqual([true, false])
  const said = drafts.flatMap(({ segments }) => segments.map(({ text }) => text))
  expect(said).toEqual(['can I have the long card number please', '', 'so what else can I do'])
  expect(texts().join(' ')).not.toMatch(/one/)
})

test('what a platform says of a pause after it is over is not shown, and not kept', async () => {
  const { call, say, pass, drafts, texts } = setUp()
  say('1', 'customer', 'hello there', 0)
  call.leftOut('paused')
  expect(say('2', 'customer', 'a secret', 2000)).toBe(false)
  pass(3000)
  call.leftOut(null)
  say('3', 'customer', 'a secret of the pause', 2500)
  await call.end()
  expect(texts().join(' ')).not.toContain('secret of')
  expect(JSON.stringify(drafts)).not.toContain('secret')
})

test('a caller’s no takes what was said from the screen', () => {
  const { call, say, texts } = setUp()
  say('1', 'customer', 'hello there', 0)
  expect(texts()).toEqual(['hello there'])
  call.leftOut('no_consent')
  expect(texts()).toEqual([])
  expect(call.snapshot()).toMatchObject({ captions: [], state: { mode: 'none', reason: 'left_out' } })
})

test('what cannot be sealed yet is kept later; a call that is not stored keeps nothing', async () => {
  const late = setUp()
  late.keys(false)
  late.say('1', 'customer', 'hello there', 0)
  late.pass(6000)
  expect(late.drafts).toEqual([])
  late.keys(true)
  await late.call.end()
  expect(late.drafts.flatMap(({ segments }) => segments.map(({ text }) => text))).toEqual(['hello there'])

  const never = setUp({ stored: false, detector: false })
  never.say('1', 'customer', 'hello there', 0)
  never.call.viewed()
  await never.call.end()
  expect(never.drafts).toEqual([])
  expect(never.receipts).toMatchObject([{ captions: 1, viewers: 1, recorded: false, engine: 'source:stream' }])
  expect(never.call.snapshot().captions).toEqual([])
})

test('the turn that ends a mask is shown as it is', () => {
  const { say, masks, texts } = setUp()
  say('1', 'agent', 'can I have the long card number please', 0)
  say('2', 'customer', 'four one one one one one one one one one one one one one one one', 3000)
  say('3', 'agent', 'lovely that has gone through for you', 10_000)
  expect(masks.map(({ on }) => on)).toEqual([true, false])
  expect(texts()).toEqual(['can I have the long card number please', '[CARD]', 'lovely that has gone through for you'])
})

type Opened = Parameters<LiveTranscriber['open']>[0] & { model: string; pushed: number[]; closed: boolean }

/** Engines whose events the test tells: sound pushed is remembered by its first sample. */
function engine(model: string, opened: Opened[]): LiveTranscriber {
  return {
    identity: { engine: 'test', model, version: '1', demo: false },
    languages: ['en'],
    open(ask) {
      const one: Opened = { ...ask, model, pushed: [], closed: false }
      opened.push(one)
      return {
        push: (samples) => void one.pushed.push(samples[0] ?? 0),
        finish: async () => {},
        close: () => void (one.closed = true),
      }
    },
    close: async () => {},
  }
}

const spoken = (text: string, startMs: number, endMs: number) => ({
  text,
  words: [{ text, startMs, endMs, confidence: null }],
  startMs,
  endMs,
  confidence: null,
  language: 'en',
  timing: 'word' as const,
})

test('an engine that stays behind gives the call to a lighter one, which begins with what was not written down', async () => {
  const opened: Opened[] = []
  let light: LiveTranscriber | null = null
  const { call, clock, drafts, texts } = setUp({}, { live: () => engine('large', opened), relief: () => light })
  const lane = call.lane({ index: 1, role: () => 'customer', rate: 8000 })
  let second = 0
  const sound = (seconds: number): void => {
    for (let i = 0; i < seconds; i++) {
      clock.advance(1000)
      lane.push(new Int16Array(8000).fill(++second), clock.monotonic())
      call.tick()
    }
  }
  sound(6)
  expect(opened).toMatchObject([{ model: 'large', pushed: [1, 2, 3, 4, 5, 6] }])
  opened[0]!.onFinal(spoken('hello', 500, 2000))
  opened[0]!.onBehind?.(4000)
  sound(3)
  expect(call.snapshot().state).toMatchObject({ mode: 'finals', relieved: false })
  // nobody is there yet: the large one goes on
  sound(2)
  expect(opened).toHaveLength(1)
  light = engine('small', opened)
  sound(1)
  expect(opened).toMatchObject([{ closed: true }])
  sound(1)
  expect(opened[1]).toMatchObject({ model: 'small', pushed: [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] })
  expect(call.snapshot().state).toMatchObject({ mode: 'finals', relieved: true })
  // the lighter one’s time begins where it began to hear
  opened[1]!.onFinal(spoken('I need help', 1000, 3000))
  expect(call.snapshot().captions.at(-1)).toMatchObject({ text: 'I need help', fromMs: 3000, toMs: 5000 })
  opened[0]!.onFinal(spoken('too late', 2000, 3000))
  expect(texts()).not.toContain('too late')
  sound(12)
  expect(call.snapshot().state).toMatchObject({ mode: 'full', relieved: true })
  await call.end()
  // heard by two engines: it is heard again after the call
  expect(JSON.stringify(drafts)).not.toContain('need help')
})

/** A call whose engines the test tells; `push`: a second of sound. */
function heard() {
  const opened: Opened[] = []
  const { call, clock } = setUp({}, { live: () => engine('one', opened) })
  const lane = call.lane({ index: 1, role: () => 'customer', rate: 8000 })
  const push = (mark: number): void => {
    clock.advance(1000)
    lane.push(new Int16Array(8000).fill(mark), clock.monotonic())
  }
  return { opened, call, push }
}

test('what an engine had not written down when it failed goes to the next', () => {
  const { opened, push } = heard()
  push(1)
  push(2)
  opened[0]!.onFinal(spoken('hello', 0, 900))
  opened[0]!.onFailure(new Problem('engine_failed', 500, 'It broke.'))
  for (const mark of [3, 4, 5, 6, 7]) push(mark)
  expect(opened).toHaveLength(2)
  expect(opened[1]?.pushed).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('what was said before a no goes to no other engine', () => {
  const { opened, call, push } = heard()
  for (const mark of [1, 2, 3]) push(mark)
  call.leftOut('no_consent')
  opened[0]!.onFailure(new Problem('engine_failed', 500, 'It broke.'))
  for (let n = 0; n < 6; n++) push(0)
  expect(opened).toHaveLength(2)
  expect(new Set(opened[1]!.pushed)).toEqual(new Set([0]))
})
