import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { newId } from '../../server/platform/ids.ts'
import { localObjects } from '../../server/platform/objects/index.ts'
import { recoverStreams } from '../../server/vault/recover.ts'
import { indexJournals, journalNames } from '../../server/vault/live/journal-reader.ts'
import { holdKey } from '../../server/vault/rendition-key.ts'
import { openReader } from '../../server/vault/reader.ts'
import { truth } from '../../server/vault/testkit/story.ts'

/* A real process, real files, kill -9 at random times. */

const CHILD = fileURLToPath(new URL('vault-crash-child.ts', import.meta.url))
const ROUNDS = 20
/** The promise, ms of appended audio. */
const AT_MOST_LOST_MS = 1000

type Report = { at: number; durable: number[]; appended: number[] }

function start(plan: object): { child: ChildProcess; reports: Report[] } {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const reports: Report[] = []
  let rest = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) reports.push(JSON.parse(line) as Report)
  })
  return { child, reports }
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((done) => child.on('close', done))
  child.kill('SIGKILL')
  await gone
}

/** One child, killed; then what is left is recovered, twice. */
async function round(folder: string, i: number): Promise<'sound'> {
  const dataKey = randomBytes(32)
  const dataKeyFile = join(folder, 'data-key')
  const objectsFolder = join(folder, 'objects')
  await writeFile(dataKeyFile, dataKey)
  const renditionId = newId()
  const streams = [newId(), newId(), newId(), newId()]
  // From a telephone codec to fast enough for several checkpoints and many full chunks.
  const packetBytes = [190, 700, 3000][i % 3]!
  const plan = {
    folder: objectsFolder,
    renditionId,
    dataKeyFile,
    streams,
    packetBytes,
    checkpointMs: i % 2 ? 600 : 10_000,
  }
  const { child, reports } = start(plan)
  while (reports.length === 0) await sleep(10)
  await sleep(Math.random() * 1500)
  await kill(child)

  const last = reports.at(-1)!
  const early = reports.findLast((r) => r.at <= last.at - AT_MOST_LOST_MS)
  const objects = localObjects(objectsFolder)
  const recover = async (): ReturnType<typeof recoverStreams> =>
    recoverStreams({
      objects,
      renditionId,
      dataKey,
      journals: await indexJournals(objects, await journalNames(objects)),
    })
  const found = await recover()
  const key = holdKey(renditionId, Buffer.from(dataKey))
  for (const [n, id] of streams.entries()) {
    const stream = found.find((s) => s.streamId === id)
    const bytes = stream?.bytes ?? 0
    expect(bytes).toBeGreaterThanOrEqual(last.durable[n]!)
    expect(bytes).toBeGreaterThanOrEqual(early?.appended[n] ?? 0)
    if (!stream) continue
    expect(stream.name).toBe(`packets/${n}`)
    const content = await openReader(objects, key, stream).read(0, bytes)
    expect(content.equals(truth(id, 0, bytes))).toBe(true)
    expect(createHash('sha256').update(content).digest('hex')).toBe(stream.sha256)
  }
  expect(await recover()).toEqual(found)
  for (const name of await journalNames(objects)) {
    expect(readFileSync(join(objectsFolder, 'journal', name)).includes(truth(streams[0]!, 0, 64))).toBe(false)
  }
  return 'sound'
}

it(`loses nothing durable and at most the last second over ${ROUNDS} kill -9`, async () => {
  for (let i = 0; i < ROUNDS; i++) {
    const folder = await mkdtemp(join(tmpdir(), 'verbale-crash-'))
    try {
      expect(await round(folder, i)).toBe('sound')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}, 180_000)
