import fc from 'fast-check'
import { expect, it } from 'vitest'
import { answerOf, keyRules, LoneKeys, type Pressed } from './keys.ts'

const key = fc.constantFrom(...'0123456789*#'.split(''))

type Step = { label: string; key: string; afterMs: number }

/** Acts presses out, looking every 500 ms as the recorder does. */
function told(steps: readonly Step[]): Pressed[] {
  const keys = new LoneKeys()
  const found: Pressed[] = []
  const look = (nowMs: number): void => {
    const one = keys.due(nowMs)
    if (one) found.push(one)
  }
  let atMs = 0
  for (const { afterMs, ...pressed } of steps) {
    for (let t = Math.ceil(atMs / 500) * 500; t < atMs + afterMs; t += 500) look(t)
    atMs += afterMs
    look(atMs)
    keys.press({ ...pressed, atMs })
  }
  look(atMs + keyRules.quietAfterMs)
  return found
}

const quick = fc.record({
  label: fc.constant('1'),
  key,
  afterMs: fc.integer({ min: 0, max: keyRules.quietAfterMs - 1 }),
})
const slow = fc.record({
  label: fc.constant('1'),
  key,
  afterMs: fc.integer({ min: keyRules.quietBeforeMs, max: 60_000 }),
})

it('never tells a key of a sequence, however it begins and ends', () => {
  fc.assert(
    fc.property(fc.array(quick, { minLength: 1, maxLength: 30 }), slow, (rest, first) => {
      expect(told([first, ...rest])).toEqual([])
    }),
  )
})

it('tells every key that stands alone, once, at the moment it was pressed', () => {
  fc.assert(
    fc.property(fc.array(slow, { maxLength: 10 }), (steps) => {
      expect(told(steps).map((one) => one.key)).toEqual(steps.map((one) => one.key))
    }),
  )
})

it('tells a key only if no other was pressed within the quiet before and after it', () => {
  const any = fc.record({ label: fc.constant('1'), key, afterMs: fc.integer({ min: 0, max: 12_000 }) })
  fc.assert(
    fc.property(fc.array(any, { maxLength: 30 }), (steps) => {
      const times: number[] = []
      for (const { afterMs } of steps) times.push((times.at(-1) ?? 0) + afterMs)
      const alone = times.filter((t, i) => {
        const before = i === 0 ? Infinity : t - (times[i - 1] as number)
        const after = i === times.length - 1 ? Infinity : (times[i + 1] as number) - t
        return before >= keyRules.quietBeforeMs && after >= keyRules.quietAfterMs
      })
      expect(told(steps).map((one) => one.atMs)).toEqual(alone)
    }),
  )
})

it('takes one press that is told twice for one, and two presses for two', () => {
  const twice = fc.integer({ min: 0, max: keyRules.echoMs })
  fc.assert(
    fc.property(slow, twice, (first, afterMs) => {
      expect(told([first, { ...first, label: '', afterMs }])).toHaveLength(1)
      expect(told([first, { ...first, afterMs }])).toEqual([])
    }),
  )
})

it('answers nothing without keys, or with one key for both', () => {
  const asked = { from: 'customer', consent: 'not_asked', optIn: true } as const
  const pressed = { label: '1', key: '9', atMs: 0 }
  expect(answerOf(pressed, { ...asked, keys: null })).toBeNull()
  expect(answerOf(pressed, { ...asked, keys: { yes: '9', no: '9' } })).toBeNull()
  expect(answerOf(pressed, { ...asked, keys: { yes: '9', no: '1' } })).toBe('consent_yes')
  expect(answerOf(pressed, { ...asked, keys: { yes: '1', no: '9' } })).toBe('consent_no')
})
