import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../test/journeys/server.ts'
import { shareCores } from './kit/proc.ts'
import { again, dataFolder, prepare, startProgram } from './kit/program.ts'
import { recordLongCall } from './playback-call.ts'
import { type Finding, percentile } from './report.ts'

const BYTES = 65_536
const SAMPLES = 200

/** Seeking in a long call through the program's HTTP server: from the request to the first byte of audio. */
export async function benchPlayback({ quick }: { quick: boolean }): Promise<Finding> {
  const minutes = quick ? 5 : 60
  const folder = dataFolder()
  try {
    const first = await startProgram(folder.dataDir)
    const admin = await prepare(first)
    await first.stop()
    const { packets } = await recordLongCall(folder.dataDir, minutes)
    const program = await startProgram(folder.dataDir, { cores: shareCores()?.server })
    try {
      return await seeking(again(admin, program), { minutes, packets, url: program.url })
    } finally {
      await program.stop()
    }
  } finally {
    folder.remove()
  }
}

type Call = { minutes: number; packets: number; url: string }

async function seeking(admin: Client, { minutes, packets, url }: Call): Promise<Finding> {
  const callId = await longCall(admin, packets)
  const rows: (string | number)[][] = []
  for (const purpose of ['evidence', 'training'] as const) {
    const asked = performance.now()
    const body = { purpose, reason: 'time to first byte' }
    const { mediaUrl } = await admin.api('POST /calls/:callId/listen', { params: { callId }, body })
    const grantMs = performance.now() - asked
    const { first, whole, size } = await seek(new URL(mediaUrl, url), admin.cookie)
    const kind = purpose === 'evidence' ? 'packet log' : 'stored lanes'
    rows.push([
      `${purpose} (${kind})`,
      first.length,
      percentile(first, 0.5),
      percentile(first, 0.95),
      Math.max(...first),
      percentile(whole, 0.95),
      grantMs,
      size / 2 ** 20,
    ])
  }
  return {
    table: {
      columns: [
        'purpose',
        'requests',
        'first byte p50 ms',
        'p95 ms',
        'max ms',
        'all 64 KiB p95 ms',
        'asking to listen ms',
        'WAV MiB',
      ],
      rows,
    },
    notes: [
      `A call of ${minutes} minutes, two legs of G.711, ${packets} packets, recorded by the product's own recorder; 64 KiB at random offsets, one request after the other over one connection, none left out as warm-up.`,
      'The time includes session, permission and the access record. Files come from the page cache of the operating system.',
    ],
  }
}

/** The one call there is, once its renditions are made; it must hold every packet. */
async function longCall(admin: Client, packets: number): Promise<string> {
  for (;;) {
    const { items } = await admin.api('GET /calls', { query: {} as never })
    const call = await admin.api('GET /calls/:callId', { params: { callId: items[0]?.id ?? '' } })
    const recorded = call.legs.reduce((sum, leg) => sum + leg.packets, 0)
    if (call.state === 'sealed' && recorded !== packets)
      throw new Error(`${recorded} of ${packets} packets were recorded`)
    if (call.renditions.every((r) => r.state === 'sealed')) return call.id
    await sleep(200)
  }
}

async function seek(url: URL, cookie: string): Promise<{ first: number[]; whole: number[]; size: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const head = await range(url, { agent, cookie, from: 0 })
  const [first, whole]: [number[], number[]] = [[head.firstMs], [head.wholeMs]]
  while (first.length < SAMPLES) {
    const from = Math.floor(Math.random() * (head.size - BYTES))
    const one = await range(url, { agent, cookie, from })
    first.push(one.firstMs)
    whole.push(one.wholeMs)
  }
  agent.destroy()
  return { first, whole, size: head.size }
}

type Range = { agent: Agent; cookie: string; from: number }

function range(url: URL, { agent, cookie, from }: Range): Promise<{ firstMs: number; wholeMs: number; size: number }> {
  return new Promise((resolve, reject) => {
    const headers = { cookie, range: `bytes=${from}-${from + BYTES - 1}` }
    const began = performance.now()
    const asking = request(url, { agent, headers }, (response) => {
      let firstMs = 0
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        firstMs ||= performance.now() - began
        bytes += chunk.length
      })
      response.on('error', reject)
      response.on('end', () => {
        const size = Number(/\/(\d+)$/.exec(response.headers['content-range'] ?? '')?.[1])
        if (response.statusCode === 206 && bytes === BYTES)
          resolve({ firstMs, wholeMs: performance.now() - began, size })
        else reject(new Error(`asked for ${BYTES} bytes from ${from}: status ${response.statusCode}, ${bytes} bytes`))
      })
    })
    asking.on('error', reject)
    asking.end()
  })
}
