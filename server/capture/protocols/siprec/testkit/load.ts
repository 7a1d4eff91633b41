import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pattern } from '../../../testkit/client.ts'
import type { SuiteName } from '../rtp/srtp-suites.ts'
import { Pacer } from './rtp-sender.ts'
import { SrcSimulator } from './src-simulator.ts'
import { SrtpSender } from './srtp-sender.ts'

/** Load from a process of its own, so that what is measured is the server alone. */
export type Load = {
  port: number
  transport: 'udp' | 'tcp'
  calls: number
  /** Seconds of media per call, two legs of G.711 in packets of 20 ms. */
  seconds: number
  srtp?: SuiteName
}

export type LoadResult = { packets: number }

/** A call per leg's socket would cost more descriptors than it tells: this many calls share one. */
const CALLS_PER_SOCKET = 50

/** Starts the load. `streaming` resolves when every call is up, `done` when the last has been hung up. */
export function startLoad(load: Load): { streaming: Promise<void>; done: Promise<LoadResult> } {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)
  const said = (word: string): Promise<string> =>
    new Promise((resolve, reject) => {
      lines.on('line', (line) => line.startsWith(word) && resolve(line.slice(word.length)))
      child.once('exit', (code) => reject(new Error(`the load process ended with ${String(code)} before ${word}`)))
    })
  const done = said('done ').then((text): LoadResult => JSON.parse(text) as LoadResult)
  return { streaming: said('streaming').then(() => undefined), done }
}

async function run({ port, transport, calls, seconds, srtp }: Load): Promise<void> {
  const simulators: SrcSimulator[] = []
  const all = []
  for (let i = 0; i < calls; i++) {
    if (i % CALLS_PER_SOCKET === 0) {
      simulators.push(await SrcSimulator.open({ transport, server: { host: '127.0.0.1', port }, sharedMedia: true }))
    }
    const keys = srtp === undefined ? [null, null] : [new SrtpSender(srtp), new SrtpSender(srtp)]
    const legs = keys.map((key) =>
      key ? { protocol: 'RTP/SAVP', attributes: [`crypto:${key.cryptoLine()}`], sender: { srtp: key } } : {},
    )
    all.push(await (simulators.at(-1) as SrcSimulator).call({ legs }))
  }
  process.stdout.write('streaming\n')
  const pacer = new Pacer()
  const voice = Array.from({ length: 50 }, (_, n) => pattern(n, 160))
  await Promise.all(
    all.flatMap(({ senders }) =>
      senders.map((sender) => pacer.stream(sender, (n) => voice[n % 50] as Buffer, seconds * 50)),
    ),
  )
  for (const call of all) await call.bye()
  const packets = all.flatMap(({ senders }) => senders).reduce((sum, { sent }) => sum + sent, 0)
  for (const simulator of simulators) simulator.close()
  process.stdout.write(`done ${JSON.stringify({ packets })}\n`)
  await once(process.stdout, 'drain', { signal: AbortSignal.timeout(100) }).catch(() => undefined)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(JSON.parse(process.argv[2] ?? '{}') as Load)
