import { setTimeout as sleep } from 'node:timers/promises'
import type { SimulatedCall } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'

const PACKET_MS = 20
/** µ-law of nothing said. */
const silent = 0xff

export type Speech = {
  /** Sends whatever is due since the call began, of `value`, on every leg. */
  catchUp: (value: number) => void
  /** Sends `packets` of `value` on every leg; what passed since the last one is silence. Resolves when the last one's time is over. */
  say: (value: number, packets: number) => Promise<void>
}

/** Legs that speak by the clock, as telephones do: a machine that is busy for a while changes nothing about when a packet was spoken. */
export function speechOf({ senders }: Pick<SimulatedCall, 'senders'>): Speech {
  const began = performance.now()
  const first = senders.map(({ timestamp }) => timestamp)
  const legs = senders.map((sender, i) => ({
    sender,
    /** Packets until now, sent or not. */
    position: () => (sender.timestamp - (first[i] ?? 0)) / 160,
  }))
  const now = (): number => Math.floor((performance.now() - began) / PACKET_MS)
  const payload = (value: number): Buffer => Buffer.alloc(160, value)

  return {
    catchUp: (value) => {
      for (const { sender, position } of legs) while (position() < now()) sender.send(payload(value))
    },
    say: async (value, packets) => {
      for (const { sender, position } of legs) while (position() < now()) sender.send(payload(silent))
      for (let i = 0; i < packets; i++) {
        for (const { sender } of legs) sender.send(payload(value))
        const spoken = Math.max(...legs.map(({ position }) => position())) * PACKET_MS
        await sleep(Math.max(0, began + spoken - performance.now()))
      }
    },
  }
}
