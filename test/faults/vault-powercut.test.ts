import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { MemoryDisk, seeded } from '../../server/vault/testkit/memory-disk.ts'
import {
  judge,
  recoverStory,
  sealedTwice,
  startStory,
  type Story,
  type Told,
} from '../../server/vault/testkit/story.ts'

/*
 * Power cuts at any disk operation while streams are written, and again while they are recovered. The same harness with a
 * deliberately broken disk or writer must find losses: otherwise it would prove nothing.
 */

const RUNS = Number(process.env['VERBALE_POWERCUT_RUNS'] ?? 300)

type Mutant = { disk?: (disk: MemoryDisk) => void; story?: (story: Story) => void }

async function oneCut(seed: number, mutant: Mutant = {}): Promise<string[]> {
  const random = seeded(seed)
  const disk = new MemoryDisk(random)
  mutant.disk?.(disk)
  const story = startStory(disk, 3)
  const cut = new Promise<Told[]>((resolve) => (disk.onCut = () => resolve(story.told())))
  disk.budget = 5 + Math.floor(random() * 250)
  const told = await Promise.race([cut, live(story, random, mutant)])
  const wrong = sealedTwice(disk)

  let left = disk.afterCut()
  if (random() < 0.5) {
    // A second cut, in the middle of recovery.
    const again = new Promise<void>((resolve) => (left.onCut = resolve))
    left.budget = Math.floor(random() * 60)
    mutant.disk?.(left)
    await Promise.race([again, recoverStory(left, story).catch(() => [])])
    left = left.afterCut()
  }
  const first = await recoverStory(left, story)
  wrong.push(...(await judge(left, story, told, first)))
  const second = await recoverStory(left, story)
  if (JSON.stringify(first) !== JSON.stringify(second)) wrong.push('a second recovery gives other streams')
  return wrong
}

/** Appends, journal turns and checkpoints in any order, until the power goes or every stream is finished. */
async function live(story: Story, random: () => number, mutant: Mutant): Promise<Told[]> {
  while (story.streams.some((each) => each.state !== 'closed')) {
    const s = story.streams[Math.floor(random() * story.streams.length)]!
    const what = random()
    if (what < 0.6 && s.state === 'open') story.append(s, 1 + Math.floor(random() ** 3 * 20_000))
    else if (what < 0.85) await story.engine.flush()
    else if (what < 0.97) {
      await story.engine.checkpoint()
      mutant.story?.(story)
    } else if (s.state === 'open') {
      void story.engine.finish(s).then(
        (sealed) => story.sealed.set(s, sealed),
        () => {},
      )
    }
    if (random() < 0.3) await setImmediate()
  }
  return story.told()
}

/** A disk on which one operation in fifty fails for good, and which is full now and then. */
function failing(random: () => number): (disk: MemoryDisk) => void {
  return (disk) => {
    disk.fail = (operation) => {
      if (operation === 'read') return undefined
      if (random() < 0.02) disk.capacity = disk.capacity === 0 ? Number.POSITIVE_INFINITY : 0
      return random() < 0.02 ? 'EIO' : undefined
    }
  }
}

async function count(runs: number, mutant: Mutant): Promise<number> {
  let failures = 0
  for (let seed = 1; seed <= runs; seed++) if ((await oneCut(seed, mutant)).length > 0) failures++
  return failures
}

describe('power cut', () => {
  it('loses nothing that was reported durable, wherever it falls', async () => {
    for (let seed = 1; seed <= RUNS; seed++) expect(await oneCut(seed), `seed ${seed}`).toEqual([])
  }, 900_000)

  it('loses nothing that was reported durable on a failing and full disk either', async () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      expect(await oneCut(seed, { disk: failing(seeded(seed * 7)) }), `seed ${seed}`).toEqual([])
    }
  }, 900_000)

  it('is seen by the harness when bytes are not synced', async () => {
    expect(await count(40, { disk: (d) => (d.ignoreSync = true) })).toBeGreaterThan(20)
  }, 60_000)

  it('is seen by the harness when folders are not synced', async () => {
    expect(await count(40, { disk: (d) => (d.ignoreFolderSync = true) })).toBeGreaterThan(10)
  }, 60_000)

  it('is seen by the harness when a record counter starts again', async () => {
    const reset = (story: Story): void => story.streams.forEach((s) => (s.segment.tail.counter = 0))
    expect(await count(40, { story: reset })).toBeGreaterThan(10)
  }, 60_000)
})
