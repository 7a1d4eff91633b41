import { readFileSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../platform/clock.ts'
import { localObjects } from '../../platform/objects/index.ts'
import { MemoryDisk, seeded } from '../testkit/memory-disk.ts'
import { bucketOf, isoWeek } from './bucket.ts'
import { fileEpochKeys } from './epoch.ts'
import { type Keystore, openKeystore } from './keystore.ts'

const DAY = 86_400_000
let root = ''
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'verbale-keys-'))))
afterEach(() => rm(root, { recursive: true, force: true }))

const clock = manualClock()
const deps = (): Parameters<typeof openKeystore>[0] => ({
  folder: localObjects(join(root, 'keys')),
  epochKeys: fileEpochKeys([localObjects(join(root, 'a')), localObjects(join(root, 'b'))]),
  clock,
})
const file = (): string => join(root, 'keys', 'keystore')
const LEAF = { bucket: 'training/2027-W21', leaf: 5 }

async function withBucket(): Promise<Keystore> {
  const keystore = await openKeystore(deps(), true)
  await keystore.ensureBucket(LEAF.bucket)
  return keystore
}

describe('keystore', () => {
  it('keeps secrets and punctures over a restart', async () => {
    const keystore = await withBucket()
    const [secret, box] = [keystore.secret(LEAF)!, Buffer.from(keystore.boxKey)]
    await keystore.puncture([{ ...LEAF, leaf: 6 }], 12)
    const again = await openKeystore(deps(), false)
    expect(again.secret(LEAF)!.equals(secret)).toBe(true)
    expect(again.boxKey.equals(box)).toBe(true)
    expect([again.secret({ ...LEAF, leaf: 6 }), again.applied, again.hasBucket('x')]).toEqual([null, 12, false])
  })

  it('is written once for changes made together', async () => {
    const disk = new MemoryDisk(seeded(1))
    const keystore = await openKeystore({ ...deps(), folder: disk }, true)
    const before = disk.history.length
    await Promise.all(Array.from({ length: 50 }, (_, i) => keystore.ensureBucket(`b/${i}`)))
    expect(disk.history.length - before).toBeLessThanOrEqual(2)
    expect((await openKeystore({ ...deps(), folder: disk }, false)).hasBucket('b/49')).toBe(true)
  })

  it('holds no secret in clear, and only its user may read it', async () => {
    const keystore = await withBucket()
    const secrets = [keystore.boxKey, keystore.selectionKey]
    expect(secrets.some((s) => readFileSync(file()).includes(s))).toBe(false)
    for (const path of [file(), join(root, 'a', '20454.key'), join(root, 'b', '20454.key')]) {
      expect((await stat(path)).mode & 0o777).toBe(0o600)
    }
  })

  it('zeroes what it held', async () => {
    const keystore = await withBucket()
    keystore.dispose()
    expect(keystore.boxKey.equals(Buffer.alloc(32))).toBe(true)
    expect(keystore.secret(LEAF)).toBe(null)
  })

  it('survives a crash at any operation with the old or the new content', async () => {
    for (let budget = 0; budget < 25; budget++) {
      const disk = new MemoryDisk(seeded(budget))
      const keystore = await openKeystore({ ...deps(), folder: disk }, true)
      await keystore.ensureBucket('old')
      disk.budget = budget
      let done = false
      const cut = new Promise<void>((resolve) => (disk.onCut = resolve))
      const work = keystore.ensureBucket('new').then(() => (done = true))
      await Promise.race([cut, work])
      const again = await openKeystore({ ...deps(), folder: disk.afterCut() }, false)
      expect(again.hasBucket('old')).toBe(true)
      expect(done && !again.hasBucket('new')).toBe(false)
    }
  })

  it('refuses to start anew while recordings exist, and says what is damaged', async () => {
    await expect(openKeystore(deps(), false)).rejects.toMatchObject({ code: 'keystore_missing' })
    await withBucket()
    const bytes = readFileSync(file())
    bytes[60]! ^= 1
    await writeFile(file(), bytes)
    await expect(openKeystore(deps(), false)).rejects.toMatchObject({ code: 'keystore_unreadable' })
    await writeFile(file(), 'not one')
    await expect(openKeystore(deps(), false)).rejects.toMatchObject({ code: 'keystore_unreadable' })
  })
})

describe('epoch keys', () => {
  it('rotate daily; a copy of the keystore dies with its key', async () => {
    const keystore = await withBucket()
    const copy = readFileSync(file())
    for (let day = 0; day < 9; day++) {
      clock.jumpWall(DAY)
      await keystore.rotateEpoch()
    }
    expect((await deps().epochKeys.list()).length).toBe(8)
    expect((await openKeystore(deps(), false)).hasBucket(LEAF.bucket)).toBe(true)
    await writeFile(file(), copy)
    await expect(openKeystore(deps(), false)).rejects.toMatchObject({ code: 'epoch_key_missing' })
  })

  it('change nothing on the same day or when the clock goes back', async () => {
    const keystore = await withBucket()
    const before = await deps().epochKeys.list()
    await keystore.rotateEpoch()
    clock.jumpWall(-3 * DAY)
    await keystore.rotateEpoch()
    expect(await deps().epochKeys.list()).toEqual(before)
    clock.jumpWall(3 * DAY)
  })

  it('are restored from the other replica, and never mixed', async () => {
    await withBucket()
    const day = (await deps().epochKeys.list())[0]!
    await rm(join(root, 'a', `${day}.key`))
    expect((await openKeystore(deps(), false)).hasBucket(LEAF.bucket)).toBe(true)
    await deps().epochKeys.create(day)
    expect(readFileSync(join(root, 'a', `${day}.key`)).equals(readFileSync(join(root, 'b', `${day}.key`)))).toBe(true)
    await writeFile(join(root, 'b', `${day}.key`), Buffer.alloc(32))
    await expect(deps().epochKeys.create(day)).rejects.toMatchObject({ code: 'epoch_key_conflict' })
    await deps().epochKeys.destroy(day)
    await expect(openKeystore(deps(), false)).rejects.toMatchObject({ code: 'epoch_key_missing' })
  })
})

describe('buckets', () => {
  it('follow ISO 8601 weeks', () => {
    const weeks = ['2026-01-01', '2027-01-03', '2027-01-04', '2027-05-24', '2024-12-30', '2020-12-31', '2021-01-03']
    expect(weeks.map((day) => isoWeek(new Date(day)))).toEqual([
      '2026-W01',
      '2026-W53',
      '2027-W01',
      '2027-W21',
      '2025-W01',
      '2020-W53',
      '2020-W53',
    ])
    expect(bucketOf('training', new Date('2027-05-30T23:59:59Z'))).toBe('training/2027-W21')
  })
})
