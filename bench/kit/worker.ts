import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { nodeOn } from './proc.ts'

/** What the load generator sent, as it counts itself. */
export type Sent = {
  /** Packets or frames over all legs. */
  packets: number
  /** How long sending took, and should have taken, ms. */
  ms: number
  plannedMs: number
  /** The latest a timer of the generator came, ms. */
  worstLateMs: number
  /** CPU seconds the generator used meanwhile. */
  cpu: number
}

export type Worker = {
  /** Every call is up. */
  streaming: Promise<void>
  /** The last packet has gone. */
  sent: Promise<Sent>
  /** The last call has been hung up. */
  done: Promise<void>
}

/** Runs a load generator as a process of its own; it says `streaming`, `sent {…}` and `done`. */
export function startWorker(file: string, job: unknown, cores?: string | null): Worker {
  const [command, args] = nodeOn(cores, ['--import', 'tsx', file, JSON.stringify(job)])
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const said = (word: string): Promise<string> => {
    const heard = new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => line.startsWith(word) && resolve(line.slice(word.length)))
      child.once('exit', (code) => reject(new Error(`the load generator ended with ${String(code)} before "${word}"`)))
    })
    heard.catch(() => undefined)
    return heard
  }
  const sent = said('sent ').then((text) => JSON.parse(text) as Sent)
  sent.catch(() => undefined)
  return { streaming: said('streaming').then(() => undefined), sent, done: said('done').then(() => undefined) }
}

/** In the generator: tells what `send` sent, how long it took and how late this process's own timers were. */
export async function measured(plannedMs: number, send: () => Promise<number>): Promise<void> {
  process.stdout.write('streaming\n')
  const began = performance.now()
  const before = process.cpuUsage()
  let worstLateMs = 0
  let last = began
  const probe = setInterval(() => {
    const now = performance.now()
    worstLateMs = Math.max(worstLateMs, now - last - 10)
    last = now
  }, 10)
  const packets = await send()
  clearInterval(probe)
  const { user, system } = process.cpuUsage(before)
  const sent: Sent = { packets, ms: performance.now() - began, plannedMs, worstLateMs, cpu: (user + system) / 1e6 }
  process.stdout.write(`sent ${JSON.stringify(sent)}\n`)
}
