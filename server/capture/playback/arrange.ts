import { type Lane, planWav, type WavPlan } from '../media/index.ts'

export type LegRole = 'agent' | 'customer' | 'unknown'

/** Agents left, customers right; voices not attributed alternate. One side alone is mono. */
export function arrange(lanes: { leg: number; lane: Lane; role: LegRole }[]): {
  wav: WavPlan
  channelOf: (leg: number) => number
} {
  let unknown = 0
  const sideOf = new Map(
    lanes.map(
      ({ leg, role }) =>
        [
          leg,
          role === 'agent' ? 'left' : role === 'customer' ? 'right' : unknown++ % 2 === 0 ? 'left' : 'right',
        ] as const,
    ),
  )
  const side = (name: 'left' | 'right'): Lane[] =>
    lanes.filter(({ leg }) => sideOf.get(leg) === name).map(({ lane }) => lane)
  const sides = { left: side('left'), right: side('right') }
  const channelOf = (leg: number): number => (sideOf.get(leg) === 'right' && sides.left.length > 0 ? 1 : 0)
  return { wav: planWav(sides), channelOf }
}
