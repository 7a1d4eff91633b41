import fc from 'fast-check'
import { expect, it } from 'vitest'
import { pressPackets } from '../testkit/press.ts'
import { TelephoneEvents } from './telephone-events.ts'

const key = fc.constantFrom(...'0123456789*#ABCD'.split(''))
const timestamp = fc.integer({ min: 0, max: 0xffff_ffff })
const read = (packets: Buffer[], events = new TelephoneEvents()): string =>
  packets.map((packet) => events.read(packet) ?? '').join('')

/** Presses one after another, 100 ms of tone and 60 ms of silence each. */
const presses = (keys: readonly string[], from: number): Buffer[][] =>
  keys.map((one, i) => pressPackets(one, { sequence: 65_530 + i * 8, timestamp: from + i * 1280 }))

it('counts a press once, whichever of its packets are lost, late or repeated', () => {
  const arrivals = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(key, timestamp, arrivals, (pressed, from, order) => {
      const packets = pressPackets(pressed, { sequence: 65_533, timestamp: from })
      expect(read(order.map((i) => packets[i] as Buffer))).toBe(pressed)
    }),
  )
})

it('reads keys in their order, the same key twice too, as long as one packet of each arrives', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(key, fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1 })), { maxLength: 40 }),
      timestamp,
      (pressed, from) => {
        const all = presses(
          pressed.map(([one]) => one),
          from,
        )
        const arrived = pressed.flatMap(([, kept], i) => kept.map((n) => all[i]?.[n] as Buffer))
        expect(read(arrived)).toBe(pressed.map(([one]) => one).join(''))
      },
    ),
  )
})

it('does not take late packets of earlier presses for new ones', () => {
  fc.assert(
    fc.property(
      fc.array(key, { minLength: 2, maxLength: 16 }),
      timestamp,
      fc.infiniteStream(fc.nat()),
      (keys, from, random) => {
        const all = presses(keys, from)
        const events = new TelephoneEvents()
        read(
          all.map(([first]) => first as Buffer),
          events,
        )
        const late = all.flat().toSorted(() => ((random.next().value as number) % 3) - 1)
        expect(read(late, events)).toBe('')
      },
    ),
  )
})

it('a key held for longer than a packet can state is one press; pressed again it is another', () => {
  const held = [0, 1, 2].map((segment) =>
    pressPackets('9', { sequence: 10 * segment, timestamp: 5 + segment * 0xffff }),
  )
  const withoutEnd = held.slice(0, 2).flatMap((packets) => packets.slice(0, 5))
  expect(read([...withoutEnd, ...(held[2] ?? [])])).toBe('9')
  expect(read(held.flat())).toBe('999')
})

it('tells sources apart, and ignores flash hook and other events', () => {
  const options = { sequence: 1, timestamp: 800 }
  expect(read([1, 2].flatMap((ssrc) => pressPackets('4', { ...options, ssrc })))).toBe('44')
  const flash = pressPackets('4', options).map((packet) => packet.fill(16, 12, 13))
  expect(read(flash)).toBe('')
})

it('yields nothing but keys, whatever arrives', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 50 }), (packets) => {
      expect(read(packets.map((bytes) => Buffer.from(bytes)))).toMatch(/^[0-9*#ABCD]*$/)
    }),
  )
  const [packet = Buffer.alloc(0)] = pressPackets('4', { sequence: 1, timestamp: 1 })
  for (let length = 0; length < packet.length; length++) expect(read([packet.subarray(0, length)])).toBe('')
  const padded = Buffer.concat([packet, Buffer.from([0, 0, 0, 8])])
  padded[0] = 0xa0
  expect(read([padded])).toBe('')
})
