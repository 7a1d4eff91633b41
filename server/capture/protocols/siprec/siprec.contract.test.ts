import { describeProtocol } from '../../testkit/contract.ts'
import { deferred, type ContractClient } from '../../testkit/client.ts'
import { systemClock } from '../../../platform/clock.ts'
import { silentLog } from '../../../platform/log.ts'
import { fakeCredentials } from '../../testkit/web.ts'
import { siprec } from './index.ts'
import { metadata } from './testkit/messages.ts'
import { testSettings } from './testkit/running.ts'
import { SrcSimulator, type SimulatedCall } from './testkit/src-simulator.ts'

const people = [{ aor: 'sip:+390612345678@pstn.example' }, { aor: 'sip:201@agents.example', name: 'Anna' }]

function contractClient(port: number): ContractClient {
  const gone = deferred()
  const closed = gone.promise
  const ended = (): void => gone.resolve()
  let simulator: SrcSimulator | undefined
  let call: SimulatedCall | undefined
  const open = async (): Promise<SrcSimulator> =>
    (simulator ??= await SrcSimulator.open({ transport: 'tcp', server: { host: '127.0.0.1', port } }))
  return {
    closed,
    async connect(sessionKey) {
      const [callId = '', fromTag = ''] = sessionKey.split(';')
      const client = await open().catch((e: unknown) => {
        ended()
        throw e
      })
      void client.line.closed.then(ended)
      call = await client.prepare({ legs: [{ label: 'caller' }, { label: 'callee' }], callId, fromTag })
      try {
        await call.invite({ metadata: metadata(people, ['caller', 'callee']) })
        void call.hungUp().then(
          () => ended(),
          () => undefined,
        )
      } catch (e) {
        ended()
        throw e
      }
    },
    async sendAudio(label, bytes) {
      const sender = call?.senders[label === 'caller' ? 0 : 1]
      for (let at = 0; at < bytes.length; at += 160) sender?.send(bytes.subarray(at, at + 160))
    },
    hangUp: async () => void (await call?.bye()),
    async hold(label, on) {
      const leg = call?.legs[label === 'caller' ? 0 : 1]
      if (leg) leg.direction = on ? 'inactive' : 'sendonly'
      await call?.reinvite()
    },
    async garbage(kind) {
      const client = await open()
      const junk =
        kind === 'malformed' ? 'INVITE sip:x SIP/2.0\r\nContent-Length: abc\r\n\r\n' : `X: ${'y'.repeat(100_000)}`
      client.line.send(junk)
      await client.line.closed
      simulator = undefined
      ended()
    },
  }
}

describeProtocol({
  name: 'siprec',
  legs: { caller: 'customer', callee: 'agent' },
  format: { codec: 'PCMU', rate: 8000, channels: 1 },
  sequenced: true,
  sessionKey: (n) => `call-${n}@contract;tag-${n}`,
  async start(desk) {
    const settings = testSettings({ agentPatterns: [{ domain: 'agents.example' }] })
    const listener = await siprec.listen({
      desk,
      settings,
      clock: systemClock,
      log: silentLog,
      web: { route: () => undefined },
      credentials: fakeCredentials(),
    })
    const port = Number(
      listener.addresses
        .find((a) => a.startsWith('tcp:'))
        ?.split(':')
        .at(-1),
    )
    return { listener, client: () => contractClient(port) }
  },
})
