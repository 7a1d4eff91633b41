import { Pacer } from '../../server/capture/protocols/siprec/testkit/rtp-sender.ts'
import { SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import { pattern } from '../../server/capture/testkit/client.ts'
import { measured } from '../kit/worker.ts'

/** Two-leg G.711 calls, 50 packets a second and leg, in a process of its own. */
export type SiprecLoad = { port: number; calls: number; seconds: number }

/** A socket per leg would cost more descriptors than it tells: this many calls share one. */
const CALLS_PER_SOCKET = 50

async function run({ port, calls, seconds }: SiprecLoad): Promise<void> {
  const simulators: SrcSimulator[] = []
  const all = []
  for (let i = 0; i < calls; i++) {
    if (i % CALLS_PER_SOCKET === 0) {
      simulators.push(
        await SrcSimulator.open({ transport: 'tcp', server: { host: '127.0.0.1', port }, sharedMedia: true }),
      )
    }
    all.push(await (simulators.at(-1) as SrcSimulator).call())
  }
  const voice = Array.from({ length: 50 }, (_, n) => pattern(n, 160))
  const senders = all.flatMap((call) => call.senders)
  await measured(seconds * 1000, async () => {
    const pacer = new Pacer()
    await Promise.all(senders.map((sender) => pacer.stream(sender, (n) => voice[n % 50] as Buffer, seconds * 50)))
    return senders.reduce((sum, { sent }) => sum + sent, 0)
  })
  // What is still in flight must not arrive after the hang-up.
  await new Promise((wake) => setTimeout(wake, 500))
  for (const call of all) await call.bye()
  process.stdout.write('done\n')
  for (const simulator of simulators) simulator.close()
}

await run(JSON.parse(process.argv[2] ?? '{}') as SiprecLoad)
