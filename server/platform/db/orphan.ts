import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../problem.ts'
import { codeOf } from './code.ts'

/** How long a left-over server may take to write its last checkpoint, ms. */
const STOP_PATIENCE_MS = 60_000

/** A name on the server's command line, by which it is recognised as the one of this folder. */
export function clusterName(cluster: string): string {
  return `verbale-${createHash('sha256').update(realpathSync(cluster)).digest('hex').slice(0, 12)}`
}

/**
 * Looks for a server left over from a killed process and stops it. Its process number AND command line must match:
 * numbers are reused. `postmaster.pid` is never deleted; when its number now belongs to another program, that number is
 * returned, to be given to PostgreSQL as one it may disregard (`PG_GRANDPARENT_PID`) while it still checks shared memory.
 * @throws Problem `database_busy` when the left-over server does not stop
 */
export async function stopOrphan(cluster: string): Promise<{ stopped?: number; foreign?: number }> {
  const pid = recordedPid(cluster)
  if (pid === undefined || !isAlive(pid)) return {}
  if (!isServerOf(pid, cluster)) return { foreign: pid }
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + STOP_PATIENCE_MS
  while (isAlive(pid)) {
    if (Date.now() > deadline)
      throw new Problem(
        'database_busy',
        500,
        `An earlier database server (process ${pid}) is still running in ${cluster} and does not stop. Stop it, then start again.`,
      )
    await sleep(20)
  }
  return { stopped: pid }
}

/** The process number in postmaster.pid. */
export function recordedPid(cluster: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0])
    return Number.isInteger(pid) && pid > 1 ? pid : undefined
  } catch {
    return undefined
  }
}

/** Whether a process exists (a zombie does not count). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (e) {
    return codeOf(e) === 'EPERM'
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}

function isServerOf(pid: number, cluster: string): boolean {
  const command = commandLine(pid)
  if (!command.includes('postgres')) return false
  if (command.includes(clusterName(cluster)) || command.includes(realpathSync(cluster))) return true
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster)
  } catch {
    return false
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? ''
  }
}
