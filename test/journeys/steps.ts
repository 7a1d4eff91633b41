import { setTimeout as sleep } from 'node:timers/promises'
import type { CallDetail, ControlAction, LiveCall } from '../../contract/models/calls.ts'
import { metadata } from '../../server/capture/protocols/siprec/testkit/messages.ts'
import type { SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import type { Client } from './server.ts'
import { speechOf } from './speech.ts'

export type Step = ControlAction | number
export type Ran = { id: string; statuses: string[]; detail: () => Promise<CallDetail> }

/** SIPREC calls of the agent `sip:201@pbx.example.test`, acted out step by step. */
export function stepper(around: { admin: Client; agent: Client; simulator: SrcSimulator }) {
  let made = 0

  /**
   * A number sends that many packets of 20 ms on both legs, a word is a control by the agent. Every stretch of packets has a value
   * of its own: 1, 2, …
   */
  return async function run(steps: Step[], from = 'sip:+39021234567@carrier.example.test'): Promise<Ran> {
    const { admin, agent, simulator } = around
    const call = await simulator.call({
      metadata: metadata([{ aor: from }, { aor: 'sip:201@pbx.example.test' }], ['1', '2']).replace(
        'group_id="g1"',
        `group_id="${++made}"`,
      ),
    })
    const speech = speechOf(call)
    const statuses: string[] = []
    let live: LiveCall | undefined
    let value = 1
    for (const step of steps) {
      for (live = undefined; !live; await sleep(20)) live = (await agent.api('GET /live/calls')).items[0]
      if (typeof step === 'number') {
        await speech.say(value, step)
        value++
      } else
        statuses.push(
          (await agent.api('POST /calls/:callId/control', { params: { callId: live.id }, body: { action: step } }))
            .status,
        )
    }
    await call.bye()
    const id = live?.id ?? ''
    return { id, statuses, detail: () => settled(admin, id) }
  }
}

/** The call once all its renditions are made. */
export async function settled(who: Client, callId: string): Promise<CallDetail> {
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(50)) {
    const call = await who.api('GET /calls/:callId', { params: { callId } })
    const ready =
      call.state === 'not_recorded'
        ? call.endedAt
        : call.renditions.length > 0 && call.renditions.every((r) => ['sealed', 'erased'].includes(r.state))
    if (ready) return call
  }
  throw new Error('the call did not settle')
}
