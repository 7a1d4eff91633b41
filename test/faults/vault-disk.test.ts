import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { localObjects } from '../../server/platform/objects/index.ts'
import type { LiveStream } from '../../server/vault/live/stream.ts'
import { openLiveReader } from '../../server/vault/reader.ts'
import { holdKey } from '../../server/vault/rendition-key.ts'
import { MemoryDisk, seeded } from '../../server/vault/testkit/memory-disk.ts'
import {
  contentOf,
  judge,
  recoverStory,
  sealedTwice,
  startStory,
  type Story,
  truth,
} from '../../server/vault/testkit/story.ts'
import type { SealedStream } from '../../server/vault/types.ts'

const LIMITS = { memoryPerStream: 100_000, memoryTotal: 250_000 }

/** Turns the loop until the stream is finished. */
async function finish(story: Story, s: LiveStream): Promise<SealedStream> {
  let sealed: SealedStream | undefined
  const done = story.engine.finish(s).then((result) => (sealed = result))
  while (!sealed) {
    await story.engine.flush()
    await new Promise((wake) => setTimeout(wake, 2))
  }
  return done
}

async function expectWhole(disk: MemoryDisk, story: Story, s: LiveStream): Promise<void> {
  const sealed = await finish(story, s)
  expect(sealed.bytes).toBe(s.appended)
  expect((await contentOf(disk, story, sealed)).equals(truth(s.id, 0, s.appended))).toBe(true)
}

describe('a full disk', () => {
  it('is told at its first refusal, while memory keeps everything, and told over when it takes bytes again', async () => {
    const disk = new MemoryDisk(seeded(11))
    const story = startStory(disk, 2, LIMITS)
    const [speaking, quiet] = story.streams as [LiveStream, LiveStream]
    for (const s of story.streams) story.append(s, 1000)
    await story.engine.flush()
    disk.capacity = 0
    story.append(speaking, 100)
    await story.engine.flush()
    expect(story.faults).toMatchObject([{ kind: 'disk_full', lost: false, streamId: speaking.id }])
    for (let i = 0; i < 5; i++) {
      story.append(speaking, 5000)
      await story.engine.flush()
    }
    expect([...story.troubled]).toEqual([speaking])
    expect([story.faults.length, speaking.dropped, quiet.dropped]).toEqual([1, 0, 0])
    disk.capacity = Number.POSITIVE_INFINITY
    for (let i = 0; i < 3; i++) await story.engine.checkpoint()
    expect([...story.troubled]).toEqual([])
    expect(speaking.durable).toBe(26_100)
    for (const s of story.streams) await expectWhole(disk, story, s)
    expect(story.faults).toHaveLength(1)
  })

  it('is told when a stream cannot even begin', async () => {
    const disk = new MemoryDisk(seeded(12))
    disk.capacity = 0
    const story = startStory(disk, 1, LIMITS)
    story.append(story.streams[0]!, 100)
    await story.engine.flush()
    expect(story.faults).toMatchObject([{ kind: 'disk_full', lost: false }])
    disk.capacity = Number.POSITIVE_INFINITY
    await story.engine.flush()
    await story.engine.checkpoint()
    expect([...story.troubled]).toEqual([])
    await expectWhole(disk, story, story.streams[0]!)
  })

  it('makes one hole: what is said while bytes are lost is lost too, however little, until a whole chunk has room', async () => {
    const disk = new MemoryDisk(seeded(15))
    const story = startStory(disk, 1, LIMITS)
    const [s] = story.streams as [LiveStream]
    story.append(s, 1000)
    await story.engine.checkpoint()
    disk.capacity = 0
    while (s.dropped === 0) story.append(s, 5000)
    const kept = s.appended
    for (const little of [1, 200, 4000, 1]) story.append(s, little)
    expect([s.appended, s.dropped]).toEqual([kept, 5000 + 4202])
    disk.capacity = Number.POSITIVE_INFINITY
    await story.engine.flush()
    await story.engine.checkpoint()
    story.append(s, 200)
    expect(s.appended).toBe(kept + 200)
    await expectWhole(disk, story, s)
  })

  it('is waited for in memory, then drops with one fault, then goes on', async () => {
    const disk = new MemoryDisk(seeded(1))
    const story = startStory(disk, 2, LIMITS)
    const [busy, calm] = story.streams as [LiveStream, LiveStream]
    story.append(busy, 50_000)
    story.append(calm, 1000)
    await story.engine.checkpoint()
    expect([busy.durable, calm.durable]).toEqual([50_000, 1000])

    disk.capacity = 0
    for (let i = 0; i < 200; i++) {
      story.append(busy, 1000)
      if (i % 10 === 0) await story.engine.flush()
    }
    story.append(calm, 500)
    await story.engine.flush()
    expect(busy.appended + busy.dropped).toBe(250_000)
    expect(busy.appended).toBeGreaterThan(50_000 + 80_000)
    expect(busy.durable).toBe(50_000)
    expect(story.faults.map((f) => [f.kind, f.lost, f.streamId])).toEqual([
      ['disk_full', false, busy.id],
      ['disk_full', true, busy.id],
      ['disk_full', false, calm.id],
    ])
    expect([calm.appended, calm.dropped]).toEqual([1500, 0])

    disk.capacity = Number.POSITIVE_INFINITY
    await story.engine.flush()
    await story.engine.checkpoint()
    story.append(busy, 5000)
    await story.engine.checkpoint()
    await story.engine.checkpoint()
    expect(busy.durable).toBe(busy.appended)
    for (const s of story.streams) await expectWhole(disk, story, s)
    expect(sealedTwice(disk)).toEqual([])
  })

  it('keeps a stream waiting to be finished, and finishes it when space returns', async () => {
    const disk = new MemoryDisk(seeded(2))
    const story = startStory(disk, 1, LIMITS)
    const s = story.streams[0]!
    story.append(s, 20_000)
    await story.engine.flush()
    disk.capacity = 0
    story.append(s, 20_000)
    const finished = story.engine.finish(s)
    for (let i = 0; i < 5; i++) await story.engine.flush()
    expect(s.state).toBe('finishing')
    disk.capacity = Number.POSITIVE_INFINITY
    for (let i = 0; i < 20; i++) await story.engine.flush().then(() => new Promise(setImmediate))
    const sealed = await finished
    expect((await contentOf(disk, story, sealed)).equals(truth(s.id, 0, 40_000))).toBe(true)
  })

  it('of a real small file system loses nothing that was reported durable', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'verbale-full-'))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', folder]).status === 0
    try {
      if (!mounted) test.skip('mounting a small tmpfs needs root')
      const objects = localObjects(folder)
      const story = startStory(objects, 2, LIMITS)
      for (let i = 0; i < 600; i++) {
        for (const s of story.streams) story.append(s, 700)
        if (i % 5 === 0) await story.engine.flush()
      }
      expect(story.faults.length).toBeGreaterThan(0)
      const told = story.told()
      await story.engine.stop()
      // Recovery needs room for what the journal alone holds: the operator makes some.
      spawnSync('mount', ['-o', 'remount,size=4m', folder])
      expect(await judge(objects, story, told, await recoverStory(objects, story))).toEqual([])
    } finally {
      if (mounted) spawnSync('umount', ['-l', folder])
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('stopping while the disk refuses', () => {
  /** Turns the loop until the promise is settled, at most a few seconds. */
  async function settled<T>(story: Story, promise: Promise<T>): Promise<T | 'waits on'> {
    let over = false
    void promise.catch(() => undefined).finally(() => (over = true))
    for (let i = 0; i < 500 && !over; i++) {
      await story.engine.flush()
      await new Promise((wake) => setTimeout(wake, 2))
    }
    return over ? promise : 'waits on'
  }

  for (const code of ['ENOSPC', 'EIO']) {
    it(`gives up after a while, and keeps what was durable: ${code}`, async () => {
      const disk = new MemoryDisk(seeded(13))
      const story = startStory(disk, 2, { stopMs: 50 })
      const [ending, other] = story.streams as [LiveStream, LiveStream]
      for (const s of story.streams) story.append(s, 40_000)
      await story.engine.flush()
      await story.engine.checkpoint()
      disk.fail = (operation) => (operation === 'write' || operation === 'sync' ? code : undefined)
      for (const s of story.streams) story.append(s, 20_000)
      await story.engine.flush()
      const finished = story.engine.finish(ending)
      finished.catch(() => undefined)
      story.engine.windDown()
      await expect(settled(story, finished)).rejects.toMatchObject({ code: 'vault_stopped' })
      expect(story.faults.filter((f) => f.lost).map((f) => f.streamId)).toEqual(story.streams.map((s) => s.id))
      expect([ending.state, other.state]).toEqual(['closed', 'closed'])
      // The recorder may not know yet: what it still brings is counted, not refused.
      story.append(other, 100)
      expect(other.dropped).toBe(100)
      await expect(story.engine.finish(other)).rejects.toMatchObject({ code: 'vault_stopped' })
      const told = story.told()
      await story.engine.stop()
      disk.fail = () => undefined
      expect(await judge(disk, story, told, await recoverStory(disk, story))).toEqual([])
    })
  }

  it('leaves a stream alone that the disk takes', async () => {
    const disk = new MemoryDisk(seeded(14))
    const story = startStory(disk, 1, { stopMs: 0 })
    story.append(story.streams[0]!, 40_000)
    story.engine.windDown()
    for (let i = 0; i < 3; i++) await story.engine.flush()
    await expectWhole(disk, story, story.streams[0]!)
  })

  it('deletes no journal that alone holds a chunk', async () => {
    const disk = new MemoryDisk(seeded(15))
    const story = startStory(disk, 1)
    story.append(story.streams[0]!, 100)
    await story.engine.flush()
    await story.engine.checkpoint()
    disk.fail = (operation, path) => (operation === 'write' && path.endsWith('.seg') ? 'ENOSPC' : undefined)
    story.append(story.streams[0]!, 39_900)
    await story.engine.flush()
    await story.engine.checkpoint()
    expect(story.streams[0]!.durable).toBe(40_000)
    const told = story.told()
    await story.engine.stop()
    disk.fail = () => undefined
    expect(await judge(disk, story, told, await recoverStory(disk, story))).toEqual([])
  })
})

describe('a failing disk', () => {
  /** Fails every operation of a kind on the first segment of a stream. */
  const failSegment = (disk: MemoryDisk, s: LiveStream, kinds: string[]): void => {
    disk.fail = (operation, path) => (kinds.includes(operation) && path.includes(`${s.id}.0.0.seg`) ? 'EIO' : undefined)
  }

  for (const kinds of [['sync'], ['write'], ['sync', 'write'], ['sync', 'read']]) {
    it(`is left behind when ${kinds.join(' and ')} fails: the stream goes on in a new segment, others untouched`, async () => {
      const disk = new MemoryDisk(seeded(3))
      const story = startStory(disk, 2)
      const [bad, good] = story.streams as [LiveStream, LiveStream]
      for (const s of story.streams) story.append(s, 40_000)
      await story.engine.flush()
      await story.engine.checkpoint()
      for (const s of story.streams) story.append(s, 40_000)
      await story.engine.flush()
      failSegment(disk, bad, kinds)
      for (const s of story.streams) story.append(s, 30_000)
      for (let i = 0; i < 6; i++) await story.engine.checkpoint().then(() => new Promise((wake) => setTimeout(wake, 3)))
      expect(new Set(story.faults.map((f) => `${f.kind} ${f.streamId}`))).toEqual(new Set([`io ${bad.id}`]))
      expect([bad.durable, good.durable]).toEqual([110_000, 110_000])
      expect(bad.segment.n).toBeGreaterThan(0)
      expect(good.segment.n).toBe(0)
      for (const s of story.streams) story.append(s, 10_000)
      await expectWhole(disk, story, good)
      disk.fail = () => undefined
      await expectWhole(disk, story, bad)
      expect(sealedTwice(disk)).toEqual([])
    })
  }

  it('of the journal is left behind: a new generation, and nothing lost', async () => {
    const disk = new MemoryDisk(seeded(4))
    const story = startStory(disk, 2)
    for (const s of story.streams) story.append(s, 1000)
    await story.engine.flush()
    disk.fail = (operation, path) => (operation === 'sync' && path.endsWith('01.jnl') ? 'EIO' : undefined)
    for (const s of story.streams) story.append(s, 20_000)
    await story.engine.flush()
    expect(story.streams.map((s) => s.durable)).toEqual([1000, 1000])
    await story.engine.flush()
    await story.engine.checkpoint()
    expect(story.streams.map((s) => s.durable)).toEqual([21_000, 21_000])
    for (const s of story.streams) await expectWhole(disk, story, s)
    expect(sealedTwice(disk)).toEqual([])
  })
})

describe('while a stream is written', () => {
  it('every byte appended can be read', async () => {
    const disk = new MemoryDisk(seeded(5))
    const story = startStory(disk, 1)
    const s = story.streams[0]!
    const key = holdKey(story.renditionId, Buffer.from(story.dataKey))
    const reader = openLiveReader(disk, key, s)
    const random = seeded(6)
    for (let i = 0; i < 60; i++) {
      story.append(s, Math.floor(random() * 9000))
      if (random() < 0.3) await story.engine.flush()
      const from = Math.floor(random() * s.appended)
      const to = from + Math.floor(random() * 40_000)
      expect((await reader.read(from, to)).equals(truth(s.id, from, Math.min(to, s.appended)))).toBe(true)
    }
    expect(reader.size).toBe(s.appended)
    await finish(story, s)
    expect((await reader.read(0, s.appended)).equals(truth(s.id, 0, s.appended))).toBe(true)
  })
})
