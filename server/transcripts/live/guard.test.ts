import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Guard, heed, type Order, passed, type Told } from './guard.ts'

const nothing = { begins: null, over: false }
const turn = (fromMs: number, toMs: number, more: Partial<Told> = {}): Told => ({
  fromMs,
  toMs,
  final: true,
  cue: nothing,
  payment: [],
  expecting: false,
  ...more,
})

/** Orders of a conversation, one after the other. */
function orders(...steps: (Told | number)[]): Order[] {
  let guard: Guard = null
  return steps.flatMap((step) => {
    const next = typeof step === 'number' ? passed(guard, step) : heed(guard, step)
    guard = next.guard
    return next.order ? [next.order] : []
  })
}

const digits = (fromMs: number, toMs: number): Partial<Told> => ({ payment: [{ fromMs, toMs }] })

test('what is asked for is left out from the question on, and kept again when the talk goes on', () => {
  expect(
    orders(
      turn(0, 3000, { cue: { begins: 'CARD', over: false } }),
      turn(4000, 9000, digits(4200, 9000)),
      turn(9500, 14_000, digits(9500, 14_000)),
      turn(17_000, 18_000),
    ),
  ).toEqual([
    { on: true, fromMs: 3000 },
    { on: false, fromMs: 14_400 },
  ])
})

test('a run of digits nobody asked for reaches back to its beginning', () => {
  expect(orders(turn(10_000, 15_000, { final: false, ...digits(11_000, 15_000) }))).toEqual([
    { on: true, fromMs: 10_600 },
  ])
})

test('a pause between groups of digits ends nothing; a word of the other does not either', () => {
  expect(orders(turn(0, 3000, digits(0, 3000)), turn(3400, 3900), 5000, turn(4200, 7000, digits(4200, 7000)))).toEqual([
    { on: true, fromMs: 0 },
  ])
})

test('it ends after a silence, later while the card is looked for', () => {
  expect(orders(turn(0, 2000, digits(0, 2000)), 7999, 8000)).toEqual([
    { on: true, fromMs: 0 },
    { on: false, fromMs: 2400 },
  ])
  expect(orders(turn(0, 2000, { cue: { begins: 'IBAN', over: false } }), 21_999, 22_000)).toEqual([
    { on: true, fromMs: 2000 },
    { on: false, fromMs: 2400 },
  ])
})

test('while the next number is expected, turns without digits end nothing', () => {
  expect(
    orders(turn(0, 2000, digits(0, 2000)), turn(4000, 5000, { expecting: true }), turn(5500, 6500, digits(5500, 6500))),
  ).toEqual([{ on: true, fromMs: 0 }])
})

test('what is done is over at once', () => {
  expect(
    orders(
      turn(0, 2000, { cue: { begins: 'CARD', over: false } }),
      turn(2500, 4000, { cue: { begins: null, over: true } }),
    ),
  ).toEqual([
    { on: true, fromMs: 2000 },
    { on: false, fromMs: 2400 },
  ])
})

test('whatever is said: on and off take turns, off never before on, and every number told lies between', () => {
  const steps = fc.array(
    fc.record({
      gap: fc.nat(9000),
      length: fc.integer({ min: 200, max: 8000 }),
      kind: fc.constantFrom('digits', 'cue', 'over', 'talk', 'expecting'),
    }),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(steps, (said) => {
      let guard: Guard = null
      let at = 0
      const given: NonNullable<Order>[] = []
      const told: { fromMs: number; toMs: number }[] = []
      const take = (next: { guard: Guard; order: Order }): void => {
        guard = next.guard
        if (next.order) given.push(next.order)
      }
      for (const { gap, length, kind } of said) {
        take(passed(guard, at + gap))
        const [fromMs, toMs] = [at + gap, at + gap + length]
        at = toMs
        if (kind === 'digits') told.push({ fromMs, toMs })
        const cue = { begins: kind === 'cue' ? ('CARD' as const) : null, over: kind === 'over' }
        take(
          heed(
            guard,
            turn(fromMs, toMs, {
              cue,
              expecting: kind === 'expecting',
              ...(kind === 'digits' && digits(fromMs, toMs)),
            }),
          ),
        )
      }
      given.forEach((order, i) => expect(order.on).toBe(i % 2 === 0))
      const spans = given.flatMap((order, i) =>
        order.on ? [{ from: order.fromMs, to: given[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY }] : [],
      )
      for (const { from, to } of spans) expect(to).toBeGreaterThanOrEqual(from)
      for (const { fromMs, toMs } of told) expect(spans.some(({ from, to }) => from <= fromMs && toMs <= to)).toBe(true)
    }),
  )
})
