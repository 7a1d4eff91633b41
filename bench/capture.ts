import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../test/journeys/server.ts'
import { type Cores, cpuOf, cpuOfFamily, databasePid, kernelDrops, memoryOf, shareCores } from './kit/proc.ts'
import { hottest, type Span } from './kit/profile.ts'
import { again, dataFolder, prepare, type Program, startProgram } from './kit/program.ts'
import { type Sent, startWorker } from './kit/worker.ts'
import type { AudioHookLoad } from './load/audiohook.ts'
import type { SiprecLoad } from './load/siprec.ts'
import type { Finding } from './report.ts'

export type CaptureOptions = {
  quick: boolean
  /** Concurrent calls of each step, instead of climbing until packets are lost. */
  calls?: number[] | undefined
  /** Prints where the server spent its time. */
  profile?: boolean
}

/** A way calls come in: its load generator and the most calls tried. */
type Source = {
  title: string
  /** What is counted: packets or frames. */
  unit: string
  generator: string
  steps: number[]
  job(place: Place, calls: number, seconds: number): Promise<SiprecLoad | AudioHookLoad>
}

type Place = { program: Program; admin: Client }

export type Step = {
  calls: number
  sent: Sent | null
  recorded: number
  lost: number
  drops: number
  /** CPU of one core while streaming, 1 = all of it. */
  serverCpu: number
  databaseCpu: number
  memory: number
  idleMemory: number
  sealedAfter: number
  readyAfter: number
  /** CPU seconds from the hang-up until every rendition was made, of both processes. */
  sealingCpu: number
  /** When the middle of the stream and the time after the hang-up were, ms since the program's start. */
  spans: Span[]
  failure: string | null
}

const hundreds = (to: number): number[] => Array.from({ length: to / 100 }, (_, i) => (i + 1) * 100)

const siprec: Source = {
  title: 'SIPREC',
  unit: 'packets',
  generator: join(import.meta.dirname, 'load/siprec.ts'),
  steps: hundreds(1500),
  async job({ admin }, calls, seconds) {
    const { items } = await admin.api('GET /sources')
    const tcp = items.find((s) => s.protocol === 'siprec')?.addresses.find((a) => a.startsWith('tcp'))
    return { port: Number(/:(\d+)$/.exec(tcp ?? '')?.[1]), calls, seconds }
  },
}

const audiohook: Source = {
  title: 'AudioHook',
  unit: 'frames',
  generator: join(import.meta.dirname, 'load/audiohook.ts'),
  steps: [100, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 2000],
  async job({ program, admin }, calls, seconds) {
    const body = { protocol: 'audiohook' as const, name: 'bench' }
    const { credential, secret } = await admin.api('POST /sources/credentials', { body })
    const url = `${program.url.replace('http', 'ws')}/capture/audiohook`
    return { url, keyId: credential.keyId, secret, calls, seconds }
  },
}

export const benchCapture = (options: CaptureOptions): Promise<Finding> => climb(siprec, options)
export const benchAudioHook = (options: CaptureOptions): Promise<Finding> => climb(audiohook, options)

/** More and more concurrent calls on one core of the server, until one is recorded with a loss. */
async function climb(source: Source, options: CaptureOptions): Promise<Finding> {
  if (process.platform !== 'linux') throw new Error('this benchmark reads /proc: it runs on Linux only')
  const cores = shareCores()
  const folder = dataFolder()
  const steps: Step[] = []
  try {
    const first = await startProgram(folder.dataDir)
    const admin = await prepare(first)
    await first.stop()
    for (const calls of options.calls ?? (options.quick ? [50, 100] : source.steps)) {
      for (let attempt = 0; attempt < (options.quick ? 1 : 2); attempt++) {
        const step = await runStep({ source, options, cores, admin, dataDir: folder.dataDir }, calls)
        process.stderr.write(`  ${source.title} ${calls}: ${verdict(step)}\n`)
        steps.push(step)
        if (isClean(step)) break
      }
      if (!options.calls && !steps.slice(-2).some(isClean)) break
    }
  } finally {
    folder.remove()
  }
  return report(source, steps, cores)
}

type StepPlan = { source: Source; options: CaptureOptions; cores: Cores | null; admin: Client; dataDir: string }

async function runStep({ source, options, cores, admin, dataDir }: StepPlan, calls: number): Promise<Step> {
  const profiles = options.profile ? mkdtempSync(join(tmpdir(), 'verbale-profile-')) : null
  const node = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []
  const program = await startProgram(dataDir, { cores: cores?.server, node })
  const place: Place = { program, admin: again(admin, program) }
  let spans: Span[] = []
  try {
    const step = await stream(place, { source, calls, seconds: options.quick ? 8 : 20, cores })
    spans = step.spans
    return step
  } finally {
    await program.stop()
    if (profiles) {
      for (const span of spans) process.stderr.write(`${hottest(profiles, span).join('\n')}\n`)
      rmSync(profiles, { recursive: true })
    }
  }
}

const empty = {
  sent: null,
  recorded: 0,
  lost: 0,
  drops: 0,
  serverCpu: 0,
  databaseCpu: 0,
  memory: 0,
  idleMemory: 0,
  sealedAfter: 0,
  readyAfter: 0,
  sealingCpu: 0,
  spans: [],
  failure: null,
}

type Streaming = { source: Source; calls: number; seconds: number; cores: Cores | null }

async function stream(place: Place, { source, calls, seconds, cores }: Streaming): Promise<Step> {
  const { program, admin } = place
  const job = await source.job(place, calls, seconds)
  await sleep(1000)
  const step: Step = { calls, ...empty, idleMemory: memoryOf(program.pid) }
  const database = databasePid(program.dataDir)
  const cpu = () => ({ server: cpuOf(program.pid), database: cpuOfFamily(database), at: performance.now() / 1000 })
  const drops = kernelDrops()
  const from = new Date().toISOString()
  const worker = startWorker(source.generator, job, cores?.load)
  try {
    await worker.streaming
    // Code is compiled and buffers are grown in the first seconds.
    await sleep(seconds * 250)
    const before = cpu()
    step.sent = await worker.sent
    const after = cpu()
    step.serverCpu = (after.server - before.server) / (after.at - before.at)
    step.databaseCpu = (after.database - before.database) / (after.at - before.at)
    step.memory = memoryOf(program.pid)
    step.drops = kernelDrops() - drops
    await worker.done
    const end = performance.now()
    await sealed(admin, from)
    step.sealedAfter = (performance.now() - end) / 1000
    Object.assign(step, await readBack(admin, from))
    step.readyAfter = (performance.now() - end) / 1000
    const last = cpu()
    const since = (at: number): number => at * 1000 - program.startedAt
    step.spans = [
      { name: 'while streaming', fromMs: since(before.at), toMs: since(after.at) },
      { name: 'after the hang-up', fromMs: since(end / 1000), toMs: since(last.at) },
    ]
    step.sealingCpu = last.server - after.server + last.database - after.database
  } catch (e) {
    step.failure = e instanceof Error ? e.message : String(e)
  }
  return step
}

/** Waits until no call is in progress any more. */
async function sealed(admin: Client, from: string): Promise<void> {
  for (const state of ['live', 'sealing'] as const) {
    for (const end = Date.now() + 300_000; ; await sleep(200)) {
      const { items } = await admin.api('GET /calls', { query: { from, state, limit: 1 } as never })
      if (items.length === 0) break
      if (Date.now() > end) throw new Error(`calls are still ${state} five minutes after the hang-up`)
    }
  }
}

/** What the API says of every call, once all that is derived from it has been made. */
async function readBack(admin: Client, from: string): Promise<{ recorded: number; lost: number }> {
  let [recorded, lost, after] = [0, 0, undefined as string | undefined]
  do {
    const page = await admin.api('GET /calls', { query: { from, limit: 200, ...(after && { after }) } as never })
    for (const { id } of page.items) {
      let call = await admin.api('GET /calls/:callId', { params: { callId: id } })
      while (call.renditions.some((r) => r.state === 'pending')) {
        await sleep(500)
        call = await admin.api('GET /calls/:callId', { params: { callId: id } })
      }
      if (call.state === 'sealed') for (const leg of call.legs) recorded += leg.packets
      for (const leg of call.legs) lost += leg.lost
    }
    after = page.next ?? undefined
  } while (after)
  return { recorded, lost }
}

const pace = ({ sent }: Step): number => (sent ? (100 * sent.plannedMs) / sent.ms : 0)
const missing = ({ sent, recorded }: Step): number => (sent ? sent.packets - recorded : Number.NaN)

/** Nothing lost, and the generator kept its pace. */
const isClean = (step: Step): boolean =>
  step.failure === null && missing(step) === 0 && step.lost === 0 && pace(step) >= 99

function verdict(step: Step): string {
  if (step.failure) return step.failure
  const cpu = `${(step.serverCpu * 100).toFixed(0)} + ${(step.databaseCpu * 100).toFixed(0)} % CPU`
  const generator = `${((100 * (step.sent?.cpu ?? 0) * 1000) / (step.sent?.ms ?? 1)).toFixed(0)} % CPU, ${step.sent?.worstLateMs.toFixed(0)} ms late`
  return `${missing(step)} of ${step.sent?.packets} lost (${step.drops} in the kernel), ${cpu}, generator ${generator}`
}

/** What ended the climb, when it was not the server. */
function limit(steps: Step[]): string[] {
  const last = steps.at(-1)
  if (!last || isClean(last) || last.failure !== null || missing(last) > 0 || last.lost > 0) return []
  return ['Nothing was lost in the last step either: the generator could not keep its pace. The server may do more.']
}

function report(source: Source, steps: Step[], cores: Cores | null): Finding {
  const columns = [
    'calls',
    `${source.unit}/s`,
    'pace %',
    'sent',
    'not recorded',
    'dropped by kernel',
    'server CPU %',
    'postgres CPU %',
    'CPU ms per call and s',
    'RSS MiB',
    'MiB per call',
    'all sealed after s',
    'all renditions after s',
    'CPU ms per call to finish',
    'result',
  ]
  const rows = steps.map((step) => {
    const { calls, sent, serverCpu, databaseCpu } = step
    const cpu = ((serverCpu + databaseCpu) * 1000) / calls
    const result = step.failure ?? (isClean(step) ? 'clean' : pace(step) < 99 ? 'generator late' : 'lost')
    return [
      calls,
      sent ? Math.round((sent.packets * 1000) / sent.ms) : 0,
      pace(step),
      sent?.packets ?? 0,
      missing(step),
      step.drops,
      serverCpu * 100,
      databaseCpu * 100,
      cpu,
      step.memory,
      (step.memory - step.idleMemory) / calls,
      step.sealedAfter,
      step.readyAfter,
      (step.sealingCpu * 1000) / calls,
      result,
    ]
  })
  const clean = steps.filter(isClean).map(({ calls }) => calls)
  const knee =
    clean.length > 0 ? `**${Math.max(...clean)} concurrent calls** were recorded whole` : 'No step was recorded whole'
  const pinned = cores
    ? `The server and its PostgreSQL share core ${cores.server}; the generator runs on ${cores.load}.`
    : 'Nothing is pinned: `taskset` or a second core is missing.'
  return {
    table: { columns, rows },
    notes: [
      ...limit(steps),
      `${knee}: every packet sent is in the recording, read back through the API. Each step is a fresh start of the program; a step with a loss is tried twice.`,
      `${pinned} The generator had to keep 99 % of its pace.`,
      'All calls hang up at once: the times after the hang-up are the worst case. "To finish" is sealing, deriving index, gaps and peaks, making the evidence rendition, and one API request per call.',
      'Postgres CPU counts its ended connections too. Memory per call is what the server has grown by since its start, garbage not yet collected included.',
    ],
  }
}
