import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ticksPerSecond =
  process.platform === 'linux' ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 100

type Stat = { pid: number; parent: number; ownTicks: number; reapedTicks: number }

function statOf(pid: number): Stat | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null
  }
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const field = (n: number): number => fields[n] ?? 0
  return { pid, parent: field(1), ownTicks: field(11) + field(12), reapedTicks: field(13) + field(14) }
}

/** CPU seconds a process has used, all threads. */
export const cpuOf = (pid: number): number => (statOf(pid)?.ownTicks ?? 0) / ticksPerSecond

/** CPU seconds of a process and its children, those included that have ended. */
export function cpuOfFamily(pid: number): number {
  const own = statOf(pid)
  if (!own) return 0
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (statOf(Number(name)) ?? []) : []))
  const children = all.filter((s) => s.parent === pid).reduce((sum, s) => sum + s.ownTicks, 0)
  return (own.ownTicks + own.reapedTicks + children) / ticksPerSecond
}

/** Resident memory of a process, MiB. */
export function memoryOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** The embedded database's first process. */
export const databasePid = (dataDir: string): number =>
  Number(readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0])

/** Datagrams the kernel dropped on this machine because a socket's buffer was full. */
export function kernelDrops(): number {
  const lines = readFileSync('/proc/net/snmp', 'latin1')
    .split('\n')
    .filter((line) => line.startsWith('Udp: '))
  const column = lines[0]?.split(' ').indexOf('RcvbufErrors') ?? -1
  return Number(lines[1]?.split(' ')[column] ?? 0)
}

export type Cores = { server: string; load: string }

/** One core for the server, the others for the load; no pinning where `taskset` or a second core is missing. */
export function shareCores(): Cores | null {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) return null
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0'
  const cores = list.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
  if (cores.length < 2) return null
  return { server: String(cores[0]), load: cores.slice(1).join(',') }
}

/** The command line that runs node on some cores. */
export const nodeOn = (cores: string | null | undefined, args: string[]): [string, string[]] =>
  cores ? ['taskset', ['-c', cores, process.execPath, ...args]] : [process.execPath, args]
