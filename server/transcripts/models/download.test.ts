import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Download, download } from './download.ts'
import { type ArchiveServer, archiveServer } from './testkit/archive-server.ts'
import { type Scene, scene } from './testkit/scene.ts'

const body = Buffer.concat([Buffer.from('BZh9'), randomBytes(400_000)])
const half = 150_000
let here: Scene
let server: ArchiveServer
let what: Download
beforeEach(async () => {
  here = scene()
  server = await archiveServer(body)
  mkdirSync(here.root)
  const part = join(here.root, 'archive')
  server.kept = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0
  what = { url: `${server.url}/a.tar.bz2`, part, bytes: body.length }
})
afterEach(async () => {
  await server.close()
  here.end()
})
const run = (): Promise<void> =>
  download(what, { ...here.deps, onProgress: (done, total) => here.deps.onProgress('download', done, total) })
const expectWhole = (): void => expect(readFileSync(what.part).equals(server.file.body)).toBe(true)
const ranges = (): (string | undefined)[] => server.requests.map(({ range }) => range)

describe('download', { timeout: 60_000 }, () => {
  it('takes the whole file and tells how far it is', async () => {
    await run()
    expectWhole()
    expect(ranges()).toEqual([undefined])
    expect(here.progress.at(-1)).toEqual({ phase: 'download', done: body.length, total: body.length })
    const dones = here.progress.map(({ done }) => done)
    expect(dones).toEqual(dones.toSorted((a, b) => a - b))
    // Once more: nothing is asked for.
    await run()
    expect(server.requests).toHaveLength(1)
  })

  it('asks only for the rest after an interruption, of that version only', async () => {
    server.next = [{ cutAfter: half }]
    await run()
    expectWhole()
    expect(ranges()).toEqual([undefined, `bytes=${half}-`])
    expect(server.requests[1]).toMatchObject({ ifRange: '"one"', sent: body.length - half })
    expect(here.waits).toEqual([1000])
  })

  it('goes by the date where there is no strong ETag', async () => {
    const modified = 'Mon, 01 Jun 2026 10:00:00 GMT'
    server.file = { body, etag: 'W/"weak"', modified }
    server.next = [{ cutAfter: half }]
    await run()
    expectWhole()
    expect(server.requests[1]?.ifRange).toBe(modified)
  })

  it('begins anew where nothing tells versions apart', async () => {
    server.file = { body, etag: null, modified: null }
    server.next = [{ cutAfter: half }]
    await run()
    expectWhole()
    expect(ranges()).toEqual([undefined, undefined])
  })

  it('begins anew with a server that knows no ranges', async () => {
    server.next = [{ cutAfter: half }, { noRanges: true }]
    await run()
    expectWhole()
    expect(ranges()).toEqual([undefined, `bytes=${half}-`])
    expect(server.requests[1]?.sent).toBe(body.length)
  })

  it('begins anew when the file has changed between two tries', async () => {
    server.next = [{ cutAfter: half }]
    const other = Buffer.concat([Buffer.from('BZh9'), randomBytes(400_000)])
    const sleep = (): Promise<void> => {
      server.file = { body: other, etag: '"two"', modified: null }
      return Promise.resolve()
    }
    await download(what, { ...here.deps, sleep, onProgress: () => {} })
    expectWhole()
    expect(server.requests[1]).toMatchObject({ range: `bytes=${half}-`, ifRange: '"one"', sent: body.length })
  })

  it('does not believe a 206 of another version or place', async () => {
    const lies = [
      { etag: '"two"' },
      { 'content-range': `bytes 0-${body.length - 1}/${body.length}` },
      { 'content-range': `bytes ${half}-${body.length + 9}/${body.length + 10}` },
    ]
    for (const headers of lies) {
      server.next = [{ cutAfter: half }, { status: 206, headers }]
      await run()
      expectWhole()
      expect(ranges().splice(-1)).toEqual([undefined])
      writeFileSync(what.part, '')
    }
  })

  it('goes on in a later run', async () => {
    server.next = [{ cutAfter: half }, ...Array.from({ length: 5 }, () => ({ status: 503 }))]
    await expect(run()).rejects.toMatchObject({ code: 'model_download_failed' })
    await run()
    expectWhole()
    expect(server.requests.at(-1)).toMatchObject({ range: `bytes=${half}-`, sent: body.length - half })
  })

  it('gives up after tries that bring nothing, and says why and what to do', async () => {
    server.next = Array.from({ length: 9 }, () => ({ status: 500 }))
    await expect(run()).rejects.toThrow(/status 500.*run the command again.*--from FILE/)
    expect(server.requests).toHaveLength(5)
    expect(here.waits).toEqual([1000, 2000, 4000, 8000])
    expect(here.retries).toHaveLength(4)
  })

  it('goes on for as long as each try brings something', async () => {
    server.next = Array.from({ length: 8 }, () => ({ cutAfter: 40_000 }))
    await run()
    expectWhole()
    expect(server.requests.map(({ range }) => Number(range?.slice(6, -1) ?? 0))).toEqual(
      Array.from({ length: 9 }, (_, n) => n * 40_000),
    )
  })

  it('does not stay for ever with a server that always begins anew and always ends early', async () => {
    server.next = Array.from({ length: 50 }, (_, n) => ({ noRanges: true, cutAfter: half - (n % 3) * 1000 }))
    await expect(run()).rejects.toMatchObject({ code: 'model_download_failed' })
    expect(server.requests.length).toBeLessThan(10)
  })

  it('waits as long as the server asks', async () => {
    server.next = [
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 503, headers: { 'retry-after': '99999' } },
    ]
    await run()
    expect(here.waits).toEqual([7000, 60_000])
  })

  it('does not try again what is refused', async () => {
    for (const status of [404, 403, 401, 410]) {
      server.next = [{ status }]
      await expect(run()).rejects.toMatchObject({
        code: 'model_download_refused',
        message: expect.stringContaining(`status ${status}`),
      })
    }
    expect(server.requests).toHaveLength(4)
  })

  it('gives up a connection on which nothing comes, and goes on from there', async () => {
    server.next = [{ stallAfter: half }]
    await download(what, { ...here.deps, idleMs: 1500, onProgress: () => {} })
    expectWhole()
    expect(server.requests[1]).toMatchObject({ range: `bytes=${half}-` })
    expect(here.retries).toEqual(['nothing came for 1.5 s'])
  })

  it('takes a connection that cannot be made for passing', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    what.url = `http://127.0.0.1:${port}/a`
    await expect(run()).rejects.toThrow(/ECONNREFUSED/)
  })

  it('refuses a web page, and what is not bzip2, and keeps nothing of it', async () => {
    const page = Buffer.from('<!doctype html><title>Sign in</title>')
    what.bytes = null
    server.next = [{ body: page, headers: { 'content-type': 'text/html; charset=utf-8' } }]
    await expect(run()).rejects.toThrow(/a web page instead of an archive/)
    server.next = [{ body: page }]
    await expect(run()).rejects.toMatchObject({ code: 'model_archive_not_one' })
    expect(existsSync(what.part) ? readFileSync(what.part).length : 0).toBe(0)
    expect(server.requests).toHaveLength(2)
  })

  it('refuses another size before anything is written, and more than was announced', async () => {
    server.next = [{ body: body.subarray(0, 1000) }]
    await expect(run()).rejects.toMatchObject({
      code: 'model_archive_other',
      message: expect.stringMatching(/1000 bytes instead of \d+.*--sha256/),
    })
    server.next = [{ body: Buffer.concat([body, body]), noLength: true }]
    await run()
    expectWhole()
  })

  it('takes what it gets where nobody knows the size', async () => {
    what.bytes = null
    server.next = [{ noLength: true }]
    await run()
    expectWhole()
    expect(here.progress.at(-1)).toMatchObject({ total: null })
  })

  it('begins anew when what it remembers is damaged', async () => {
    server.next = [{ cutAfter: half }, ...Array.from({ length: 5 }, () => ({ status: 500 }))]
    await expect(run()).rejects.toThrow('status 500')
    writeFileSync(`${what.part}.json`, '{"url":')
    await run()
    expectWhole()
    expect(server.requests.at(-1)?.range).toBeUndefined()
  })
})
