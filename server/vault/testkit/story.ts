import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { newId } from '../../platform/ids.ts'
import type { Objects } from '../../platform/objects/index.ts'
import { silentLog } from '../../platform/log.ts'
import { type Engine, startEngine } from '../live/engine.ts'
import { scanJournal } from '../live/format.ts'
import { indexJournals, journalNames } from '../live/journal-reader.ts'
import type { LiveStream } from '../live/stream.ts'
import { openReader } from '../reader.ts'
import { recoverStreams } from '../recover.ts'
import { holdKey } from '../rendition-key.ts'
import { defaultSettings, type VaultSettings } from '../settings.ts'
import type { SealedStream, VaultFault } from '../types.ts'
import type { MemoryDisk } from './memory-disk.ts'

/** Endless bytes that differ everywhere, the same for the same stream id. */
export function truth(id: string, from: number, to: number): Buffer {
  const key = createHash('sha256').update(id).digest()
  const iv = Buffer.alloc(16)
  const block = Math.floor(from / 16)
  iv.writeUInt32BE(block, 12)
  const skip = from - block * 16
  const cipher = createCipheriv('aes-256-ctr', key, iv)
  return cipher.update(Buffer.alloc(to - from + skip)).subarray(skip)
}

export type Told = { stream: LiveStream; durable: number; appended: number; sealed: SealedStream | undefined }

/** One rendition with some streams, driven by hand on any disk. */
export type Story = {
  readonly engine: Engine
  readonly renditionId: string
  readonly dataKey: Buffer
  readonly streams: LiveStream[]
  readonly faults: VaultFault[]
  /** Streams whose last word was a fault, not its end. */
  readonly troubled: ReadonlySet<LiveStream>
  readonly sealed: Map<LiveStream, SealedStream>
  append(stream: LiveStream, bytes: number): void
  /** What the outside was told so far. */
  told(): Told[]
}

export function startStory(objects: Objects, count: number, settings: Partial<VaultSettings> = {}): Story {
  const engine = startEngine({
    objects,
    log: silentLog,
    settings: { ...defaultSettings, flushMs: 0, ...settings },
    firstGeneration: 1,
  })
  const renditionId = newId()
  const dataKey = randomBytes(32)
  const faults: VaultFault[] = []
  const troubled = new Set<LiveStream>()
  const sealed = new Map<LiveStream, SealedStream>()
  const open = (i: number): LiveStream => {
    const hear = (fault: VaultFault | null): void => {
      if (fault) faults.push(fault)
      if (fault) troubled.add(stream)
      else troubled.delete(stream)
    }
    const stream = engine.open({ id: newId(), name: `packets/${i}`, renditionId, dataKey, onFault: hear })
    return stream
  }
  const streams = Array.from({ length: count }, (_, i) => open(i))
  return {
    engine,
    renditionId,
    dataKey,
    streams,
    faults,
    troubled,
    sealed,
    append: (s, bytes) => engine.append(s, truth(s.id, s.appended, s.appended + bytes)),
    told: () => streams.map((s) => ({ stream: s, durable: s.durable, appended: s.appended, sealed: sealed.get(s) })),
  }
}

export async function recoverStory(objects: Objects, story: Story): Promise<SealedStream[]> {
  const journals = await indexJournals(objects, await journalNames(objects))
  return recoverStreams({ objects, renditionId: story.renditionId, dataKey: story.dataKey, journals })
}

/** The plaintext of a finished stream through the ordinary reader. */
export async function contentOf(objects: Objects, story: Story, stream: SealedStream): Promise<Buffer> {
  const key = holdKey(story.renditionId, Buffer.from(story.dataKey))
  const bytes = await openReader(objects, key, stream).read(0, stream.bytes)
  key.dispose()
  return bytes
}

/** What recovery got wrong, in words; empty when nothing. */
export async function judge(
  objects: Objects,
  story: Story,
  told: Told[],
  recovered: SealedStream[],
): Promise<string[]> {
  const wrong: string[] = []
  for (const { stream: s, durable, appended } of told) {
    const found = recovered.find((r) => r.streamId === s.id)
    if (!found) {
      if (durable > 0) wrong.push(`lost: ${durable} durable bytes, no stream`)
      continue
    }
    if (found.bytes < durable) wrong.push(`lost: ${durable - found.bytes} durable bytes`)
    if (found.bytes > appended) wrong.push('more bytes than were appended')
    const bytes = await contentOf(objects, story, found).catch((e: unknown) => String(e))
    if (typeof bytes === 'string') wrong.push(`unreadable: ${bytes}`)
    else if (!bytes.equals(truth(s.id, 0, found.bytes))) wrong.push('other bytes than were appended')
    else if (createHash('sha256').update(bytes).digest('hex') !== found.sha256) wrong.push('wrong hash')
  }
  return wrong
}

/** Counters under which two different records were ever sealed, and files written twice with different bytes. */
export function sealedTwice(disk: MemoryDisk): string[] {
  const seen = new Map<string, string>()
  const twice: string[] = [...disk.rewrites].filter((path) => path.endsWith('.seg') || path.endsWith('.jnl'))
  for (const { path, inode } of disk.history) {
    if (!path.endsWith('.jnl')) continue
    for (const frame of scanJournal(inode.now)) {
      if (frame.kind !== 'record') continue
      const id = `${frame.stream}/${frame.n}#${frame.counter}`
      const hash = createHash('sha256').update(frame.sealed).digest('hex')
      if ((seen.get(id) ?? hash) !== hash) twice.push(id)
      seen.set(id, hash)
    }
  }
  return twice
}
