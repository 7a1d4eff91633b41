import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDataFolder } from './datafolder.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'verbale-folder-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('one holder at a time, and again after release', async () => {
  const path = join(dir, 'a')
  const first = await openDataFolder(path, 0)
  await expect(openDataFolder(path, 0)).rejects.toThrow(
    new RegExp(`in use by another Verbale \\(process ${process.pid}\\)`),
  )
  await first.release()
  await (await openDataFolder(path, 0)).release()
})

test('of ten at once exactly one holds it, also over a dead lock', async () => {
  const path = join(dir, 'b')
  mkdirSync(path)
  await leaveDeadLock(join(path, 'lock.3'))
  const all = await Promise.allSettled(Array.from({ length: 10 }, () => openDataFolder(path, 0)))
  const held = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  expect(held).toHaveLength(1)
  await expect(openDataFolder(path, 0)).rejects.toThrow(/in use/)
  await Promise.all(held.map((one) => one.release()))
})

test('a very long path can be locked', async () => {
  const path = join(dir, 'x'.repeat(90), 'y'.repeat(90))
  const first = await openDataFolder(path, 0)
  await expect(openDataFolder(path, 0)).rejects.toThrow(/in use/)
  await first.release()
})

test('too little space, a file in the way and a read-only place are told plainly', async () => {
  await expect(openDataFolder(join(dir, 'c'), 1e18)).rejects.toThrow(/MB free; 1000000000000 MB are needed/)
  writeFileSync(join(dir, 'file'), '')
  await expect(openDataFolder(join(dir, 'file'), 0)).rejects.toThrow(/cannot be written: it is not a folder/)
  await expect(openDataFolder(join(dir, 'file/below'), 0)).rejects.toThrow(/a part of the path is not a folder/)
  await expect(openDataFolder('/proc/verbale', 0)).rejects.toThrow(/cannot be written/)
})

/** Leaves the socket of a process that was killed. */
async function leaveDeadLock(path: string): Promise<void> {
  const code = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(existsSync(path)).toBe(true)
}
