import { spawnSync } from 'node:child_process'
import { createCipheriv, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { encrypt, encryptStream, openMessage } from '../proof/container.ts'
import { newId } from '../server/platform/ids.ts'
import { silentLog } from '../server/platform/log.ts'
import { localObjects } from '../server/platform/objects/index.ts'
import { startEngine } from '../server/vault/live/engine.ts'
import { defaultSettings } from '../server/vault/settings.ts'
import { percentile, type Row } from './report.ts'

/** Seconds of live writing measured, after as many of warming up. */
const LIVE_SECONDS = 12
const STREAMS = 1000
const PACKET_BYTES = 190

/** What encryption costs on this machine, beside the fastest there is: openssl's own measurement before and after ours. */
export async function benchEncryption(): Promise<Row[]> {
  const before = openssl()
  const own = await containerRows()
  const peer = (before + openssl()) / 2
  const [streamed] = own
  const share = {
    name: 'container encryption, share of openssl',
    value: (100 * (streamed?.value ?? 0)) / peer,
    unit: '%',
  }
  const speed = {
    name: 'openssl speed -evp aes-256-gcm -bytes 16384',
    value: peer,
    unit: 'MB/s',
    note: 'per CPU second',
  }
  return [...own, speed, share, ...(await seekRows())]
}

async function containerRows(): Promise<Row[]> {
  const key = randomBytes(32)
  const context = Buffer.from('bench')
  const plain = randomBytes(32 * 2 ** 20)
  const message = encrypt(key, context, plain)
  const source = { size: message.length, read: async (at: number, n: number) => message.subarray(at, at + n) }
  const reader = await openMessage(key, context, source)
  const encryption = async (): Promise<void> => {
    for await (const chunk of encryptStream(key, context, [plain])) void chunk
  }
  const decryption = async (): Promise<void> => {
    for (let at = 0; at < plain.length; at += 2 ** 20) await reader.read(at, at + 2 ** 20)
  }
  const bare = async (): Promise<void> => {
    for (let at = 0; at < plain.length; at += 16_384) {
      const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12), { authTagLength: 16 })
      cipher.update(plain.subarray(at, at + 16_384))
      cipher.final()
    }
  }
  return [
    await rate('container encryption, streamed', plain.length, encryption),
    await rate('container decryption, ranges of 1 MiB', plain.length, decryption),
    await rate('node:crypto AES-256-GCM, 16 KiB, nothing else', plain.length, bare),
  ]
}

/** Per second of processor time: other work on the machine does not count. */
async function rate(name: string, bytes: number, work: () => Promise<void>): Promise<Row> {
  await work()
  const start = process.cpuUsage()
  let spent = 0
  let rounds = 0
  for (; spent < 1.5e6; rounds++) {
    await work()
    const { user, system } = process.cpuUsage(start)
    spent = user + system
  }
  return { name, value: (rounds * bytes) / spent, unit: 'MB/s', note: 'per CPU second' }
}

/** MB a CPU second; NaN where there is no openssl. */
function openssl(): number {
  const options = ['speed', '-seconds', '1', '-evp', 'aes-256-gcm', '-bytes', '16384']
  const { stdout } = spawnSync('openssl', options, { encoding: 'utf8' })
  return Number(/([\d.]+)k\s*$/m.exec(stdout ?? '')?.[1] ?? Number.NaN) / 1e3
}

async function seekRows(): Promise<Row[]> {
  const key = randomBytes(32)
  const context = Buffer.from('bench')
  const message = encrypt(key, context, randomBytes(32 * 2 ** 20))
  const read = async (position: number, length: number): Promise<Buffer> =>
    message.subarray(position, position + length)
  const reader = await openMessage(key, context, { size: message.length, read })
  const times: number[] = []
  for (let i = 0; i < 500; i++) {
    const at = Math.floor(Math.random() * (reader.size - 65_536))
    const start = performance.now()
    await reader.read(at, at + 65_536)
    times.push(performance.now() - start)
  }
  return [{ name: 'random read of 64 KiB from memory, p95', value: percentile(times, 0.95), unit: 'ms' }]
}

/** A thousand legs of 50 packets a second, on the disk of the temporary folder. */
export async function benchLive(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'verbale-bench-'))
  const engine = startEngine({
    objects: localObjects(folder),
    log: silentLog,
    settings: defaultSettings,
    firstGeneration: 1,
  })
  const packet = randomBytes(PACKET_BYTES)
  const streams = Array.from({ length: STREAMS }, (_, i) =>
    engine.open({
      id: newId(),
      name: `packets/${i % 2}`,
      renditionId: newId(),
      dataKey: randomBytes(32),
      onFault: () => {},
    }),
  )
  // Calls do not start together: neither do their chunks fill together.
  for (const s of streams) engine.append(s, randomBytes(Math.floor(Math.random() * 16_384)))
  const feed = async (seconds: number): Promise<{ late: number[]; behind: number[] }> => {
    const start = performance.now()
    const late: number[] = []
    const behind: number[] = []
    for (let tick = 0; tick < seconds * 50; tick++) {
      const due = start + tick * 20
      const wait = due - performance.now()
      if (wait > 0) await sleep(wait)
      late.push(performance.now() - due)
      for (const s of streams) engine.append(s, packet)
      const first = streams[0]!
      behind.push((first.appended - first.durable) / (PACKET_BYTES / 20))
    }
    return { late, behind }
  }
  await feed(LIVE_SECONDS)
  const before = process.cpuUsage()
  const start = performance.now()
  const { late, behind } = await feed(LIVE_SECONDS)
  const cpu = process.cpuUsage(before)
  const wall = (performance.now() - start) / 1e3
  const dropped = streams.reduce((n, s) => n + s.dropped, 0)
  await engine.stop()
  await rm(folder, { recursive: true })
  return [
    { name: `${STREAMS} live streams, all threads`, value: (cpu.user + cpu.system) / 1e6 / wall, unit: 'CPU s/s' },
    { name: 'of it user time', value: cpu.user / 1e6 / wall, unit: 'CPU s/s' },
    { name: 'event loop lateness, p99', value: percentile(late, 0.99), unit: 'ms' },
    { name: 'bytes not yet durable, p99, as time', value: percentile(behind, 0.99), unit: 'ms' },
    { name: 'memory (RSS) at the end', value: process.memoryUsage().rss / 2 ** 20, unit: 'MiB' },
    { name: 'dropped', value: dropped, unit: 'B' },
  ]
}
