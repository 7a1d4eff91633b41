import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import { silentLog } from '../platform/log.ts'
import { localObjects } from '../platform/objects/index.ts'
import { type TestDatabase, testDatabase } from '../platform/testkit/database.ts'
import {
  createVault,
  fileEpochKeys,
  type DoctorFinding,
  type NewRendition,
  type RenditionKey,
  type Vault,
  type VaultTables,
} from './index.ts'

const DAY = 86_400_000
let database: TestDatabase
let db: Kysely<VaultTables>
let root = ''
let vault: Vault
let clock = manualClock()
const vaults: Vault[] = []

beforeAll(async () => {
  database = await testDatabase()
  db = database.db
})
afterAll(() => database.drop())

beforeEach(async () => {
  clock = manualClock()
  root = await mkdtemp(join(tmpdir(), 'verbale-vault-'))
  for (const table of ['vault_intent', 'rendition_hold', 'key_wrap', 'rendition', 'bucket'] as const)
    await db.deleteFrom(table).execute()
  vault = await start()
})
afterEach(async () => {
  for (const each of vaults.splice(0)) await each.stop()
  await rm(root, { recursive: true, force: true })
})

async function start(): Promise<Vault> {
  const epochKeys = fileEpochKeys([localObjects(join(root, 'epoch-a')), localObjects(join(root, 'epoch-b'))])
  const folders = { objects: localObjects(join(root, 'objects')), keys: localObjects(join(root, 'keys')) }
  const made = await createVault({ db, ...folders, epochKeys, clock, log: silentLog, settings: { flushMs: 5 } })
  vaults.push(made)
  return made
}

const inDays = (days: number): Date => new Date(clock.now() + days * DAY)
const spec = (wraps: NewRendition['wraps']): NewRendition => ({
  id: newId(),
  callId: newId(),
  format: 'packets',
  purpose: 'processing',
  wraps,
})
const create = (rendition: NewRendition): Promise<RenditionKey> =>
  db.transaction().execute((tx) => vault.createRendition(tx, rendition))

async function codes(of: Vault): Promise<string[]> {
  const found: DoctorFinding[] = []
  for await (const finding of of.doctor()) found.push(finding)
  return found.map((f) => f.code)
}

/** A sealed rendition with one stream. */
async function sealed(bytes: Buffer): Promise<{ id: string; key: RenditionKey }> {
  const rendition = spec([{ purpose: 'processing', expiresOn: inDays(10) }])
  const key = await create(rendition)
  const stream = await vault.writeStream(key, 'original', [bytes])
  await db.transaction().execute((tx) => vault.sealRendition(tx, rendition.id, [stream]))
  return { id: rendition.id, key }
}

describe('a rendition', () => {
  it('opens for the purposes it was made for, and no other, and only in time', async () => {
    const rendition = spec([
      { purpose: 'evidence', expiresOn: inDays(100) },
      { purpose: 'training', expiresOn: inDays(3) },
    ])
    const key = await create(rendition)
    const value = vault.sealValue(key, 'facts', Buffer.from('queue 7'))
    for (const purpose of ['evidence', 'training'] as const) {
      expect(vault.openValue(await vault.unlock(rendition.id, purpose), 'facts', value).toString()).toBe('queue 7')
    }
    await expect(vault.unlock(rendition.id, 'analytics')).rejects.toMatchObject({ code: 'purpose_lapsed', status: 410 })
    await expect(vault.unlock(newId(), 'evidence')).rejects.toMatchObject({ code: 'rendition_unknown', status: 404 })
    clock.jumpWall(3 * DAY)
    await vault.unlock(rendition.id, 'training')
    clock.jumpWall(DAY)
    await expect(vault.unlock(rendition.id, 'training')).rejects.toMatchObject({ code: 'purpose_lapsed' })
    await vault.unlock(rendition.id, 'evidence')
  })

  it('leaves nothing when its transaction is rolled back, and its leaf is used again', async () => {
    const make = spec([{ purpose: 'evidence', expiresOn: inDays(1) }])
    const failing = db.transaction().execute(async (tx) => {
      await vault.createRendition(tx, make)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await expect(vault.unlock(make.id, 'evidence')).rejects.toMatchObject({ code: 'rendition_unknown' })
    await create(make)
    await vault.unlock(make.id, 'evidence')
  })

  it('is created by many at once without a leaf given twice', async () => {
    const specs = Array.from({ length: 40 }, (_, i) =>
      spec([
        { purpose: 'processing', expiresOn: inDays(i % 3) },
        { purpose: 'evidence', expiresOn: inDays(300) },
      ]),
    )
    await Promise.all(specs.map(create))
    const leaves = await db.selectFrom('key_wrap').select(['bucket', 'leaf']).execute()
    expect(new Set(leaves.map((l) => `${l.bucket} ${l.leaf}`)).size).toBe(80)
    for (const { id } of specs) await vault.unlock(id, 'evidence')
  })

  it('keeps its key after the vault restarts; a key put away opens nothing', async () => {
    const { id, key } = await sealed(Buffer.from('some audio'))
    const [stream] = await vault.manifest(id)
    const reader = vault.openReader(key, stream!)
    key.dispose()
    await expect(reader.read(0, 4)).rejects.toMatchObject({ code: 'key_disposed' })
    await vault.stop()
    vault = await start()
    const again = vault.openReader(await vault.unlock(id, 'processing'), stream!)
    expect((await again.read(0, 100)).toString()).toBe('some audio')
    await expect(db.transaction().execute((tx) => vault.sealRendition(tx, id, []))).rejects.toMatchObject({
      status: 409,
    })
  })
})

describe('streams', () => {
  it('are written whole and read at any place', async () => {
    const plain = randomBytes(100_000)
    const { id, key } = await sealed(plain)
    const [stream] = await vault.manifest(id)
    const reader = vault.openReader(key, stream!)
    expect(reader.size).toBe(100_000)
    for (const [from, to] of [
      [0, 100_000],
      [16_383, 16_385],
      [99_999, 100_050],
      [5, 5],
    ] as const) {
      expect((await reader.read(from, to)).equals(plain.subarray(from, to))).toBe(true)
    }
  })

  it('leave nothing behind when their source fails', async () => {
    const key = await create(spec([{ purpose: 'processing', expiresOn: inDays(1) }]))
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield randomBytes(50_000)
      throw new Error('source failed')
    }
    await expect(vault.writeStream(key, 'original', broken())).rejects.toThrow('source failed')
    expect(readdirSync(join(root, 'objects', key.renditionId))).toEqual([])
  })

  it('are live, durable within a moment, and recovered after a crash', async () => {
    const rendition = spec([{ purpose: 'processing', expiresOn: inDays(1) }])
    const key = await create(rendition)
    const plain = randomBytes(40_000)
    const writer = vault.openWriter(key, 'packets/0', () => {})
    const second = vault.openWriter(key, 'packets/1', () => {})
    for (let at = 0; at < plain.length; at += 190) writer.append(plain.subarray(at, at + 190))
    second.append(plain.subarray(0, 10))
    expect((await vault.openLiveReader(key, writer).read(100, 39_000)).equals(plain.subarray(100, 39_000))).toBe(true)
    await expect(vault.recover(key)).rejects.toMatchObject({ code: 'rendition_live' })
    while (writer.durable < plain.length || second.durable < 10) await new Promise((wake) => setTimeout(wake, 5))
    await vault.writeStream(key, 'peaks', [Buffer.from('p')])

    // Not stopped: another process takes over what is on the disk.
    const next = await start()
    expect(await codes(next)).toContain('journal_stale')
    const unlocked = await next.unlock(rendition.id, 'processing')
    const streams = await next.recover(unlocked)
    expect(streams.map((s) => [s.name, s.bytes])).toEqual([
      ['packets/0', 40_000],
      ['packets/1', 10],
      ['peaks', 1],
    ])
    expect(await next.recover(unlocked)).toEqual(streams)
    expect((await next.openReader(unlocked, streams[0]!).read(0, 40_000)).equals(plain)).toBe(true)
    await next.removeStream(unlocked, streams[2]!.streamId)
    await db.transaction().execute((tx) => next.sealRendition(tx, rendition.id, streams.slice(0, 2)))
    expect(await codes(next)).toEqual(['vault_sound'])
  })

  it('finish with the hash of what was appended', async () => {
    const { createHash } = await import('node:crypto')
    const key = await create(spec([{ purpose: 'processing', expiresOn: inDays(1) }]))
    for (const size of [0, 1, 16_384, 50_000]) {
      const plain = randomBytes(size)
      const writer = vault.openWriter(key, `packets/${size}`, () => {})
      writer.append(plain)
      const stream = await writer.finish()
      expect(stream).toMatchObject({ bytes: size, sha256: createHash('sha256').update(plain).digest('hex') })
      expect((await vault.openReader(key, stream).read(0, size)).equals(plain)).toBe(true)
      expect(() => writer.append(plain)).toThrow(expect.objectContaining({ code: 'stream_closed' }))
    }
  })

  it('never leave the plaintext anywhere on the disk', async () => {
    const pattern = Buffer.from('a-known-pattern-no-file-may-hold')
    const rendition = spec([{ purpose: 'processing', expiresOn: inDays(1) }])
    const key = await create(rendition)
    const writer = vault.openWriter(key, 'packets/0', () => {})
    for (let i = 0; i < 3000; i++) writer.append(pattern)
    await vault.writeStream(key, 'original', [Buffer.concat(Array.from({ length: 3000 }, () => pattern))])
    while (writer.durable < writer.appended) await new Promise((wake) => setTimeout(wake, 5))
    const live = files(root)
    await writer.finish()
    const found: string[] = []
    for (const path of [...live, ...files(root)]) {
      let bytes: Buffer
      try {
        bytes = readFileSync(path)
      } catch {
        continue // An older journal, gone meanwhile.
      }
      if (bytes.includes(pattern)) found.push(path)
    }
    expect(found).toEqual([])
  })
})

const files = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? files(path) : [path]
  })

describe('erasure', () => {
  it('destroys keys, wraps and files, once and for all', async () => {
    const { id } = await sealed(Buffer.from('gone'))
    const other = await sealed(Buffer.from('stays'))
    await vault.erase(id)
    await vault.erase(id)
    await expect(vault.unlock(id, 'processing')).rejects.toMatchObject({ code: 'purpose_lapsed' })
    expect(readdirSync(join(root, 'objects')).includes(id)).toBe(false)
    await vault.unlock(other.id, 'processing')
    await expect(vault.erase(newId())).rejects.toMatchObject({ code: 'rendition_unknown' })
    expect(await codes(vault)).toEqual(['vault_sound'])
  })

  it('stops a stream being written', async () => {
    const key = await create(spec([{ purpose: 'processing', expiresOn: inDays(1) }]))
    const writer = vault.openWriter(key, 'packets/0', () => {})
    writer.append(randomBytes(50_000))
    await vault.erase(key.renditionId)
    expect(() => writer.append(randomBytes(1))).toThrow(expect.objectContaining({ code: 'stream_closed' }))
    await new Promise((wake) => setTimeout(wake, 30))
    expect(readdirSync(join(root, 'objects')).includes(key.renditionId)).toBe(false)
  })

  it('is carried out at the next start when a crash came after the decision', async () => {
    const { id } = await sealed(Buffer.from('half gone'))
    const wraps = await db
      .selectFrom('key_wrap')
      .select(['rendition_id as rendition', 'purpose', 'bucket', 'leaf'])
      .where('rendition_id', '=', id)
      .execute()
    await db.updateTable('rendition').set({ state: 'erasing' }).where('id', '=', id).execute()
    const intent = { wraps: JSON.stringify(wraps), renditions: [id], created_at: new Date(), done_at: null }
    await db.insertInto('vault_intent').values(intent).execute()
    expect(await codes(vault)).toContain('erased_files_remain')
    const next = await start()
    expect(await codes(next)).toEqual(['vault_sound'])
    const row = await db.selectFrom('rendition').select('state').where('id', '=', id).executeTakeFirstOrThrow()
    expect(row.state).toBe('erased')
  })

  it('holds against a keystore restored from a backup', async () => {
    const { id } = await sealed(Buffer.from('gone'))
    const wrap = await db.selectFrom('key_wrap').selectAll().where('rendition_id', '=', id).executeTakeFirstOrThrow()
    await cp(join(root, 'keys'), join(root, 'keys-backup'), { recursive: true })
    await vault.erase(id)
    await rm(join(root, 'keys'), { recursive: true })
    await cp(join(root, 'keys-backup'), join(root, 'keys'), { recursive: true })
    const next = await start()
    await db.insertInto('key_wrap').values(wrap).execute()
    await db.updateTable('rendition').set({ state: 'sealed' }).where('id', '=', id).execute()
    await expect(next.unlock(id, 'processing')).rejects.toMatchObject({ code: 'purpose_lapsed' })
    expect(await codes(next)).toContain('key_destroyed')
    await next.erase(id)
    expect(await codes(next)).toEqual(['vault_sound'])
  })

  it('holds against a database restored from a backup: its leaves and numbers are not given out again', async () => {
    const rendition = spec([{ purpose: 'processing', expiresOn: inDays(10) }])
    await create(rendition)
    await vault.erase(rendition.id)
    await db.deleteFrom('vault_intent').execute()
    await db.deleteFrom('rendition').execute()
    await db.updateTable('bucket').set({ next_leaf: 0 }).execute()
    vault = await start()
    const key = await create(spec([{ purpose: 'processing', expiresOn: inDays(10) }]))
    const wraps = await db.selectFrom('key_wrap').select('leaf').execute()
    expect(wraps).toEqual([{ leaf: 1 }])
    await vault.erase(key.renditionId)
    await expect(vault.unlock(key.renditionId, 'processing')).rejects.toMatchObject({ code: 'purpose_lapsed' })
  })
})

describe('doctor', () => {
  it('names what is damaged, missing or left over', async () => {
    const { id } = await sealed(randomBytes(40_000))
    expect(await codes(vault)).toEqual(['vault_sound'])
    const objects = localObjects(join(root, 'objects'))
    const segment = (await objects.list(id)).find((name) => name.endsWith('.seg'))!
    const file = await objects.open(`${id}/${segment}`)
    const good = await file.read(0, 56)
    await file.write(randomBytes(56), 0)
    expect(await codes(vault)).toEqual(['stream_damaged'])
    await file.write(good, 0)
    await file.write(randomBytes(20), 40_000)
    await file.close()
    expect(await codes(vault)).toEqual(['stream_damaged'])
    await objects.rename(`${id}/${segment}`, `${id}/notes`)
    expect((await codes(vault)).toSorted()).toEqual(['file_missing', 'file_unlisted'])
    await objects.removeFolder(id)
    await objects.makeFolder(newId())
    expect((await codes(vault)).toSorted()).toEqual(['file_missing', 'files_without_row'])
    await db.deleteFrom('key_wrap').execute()
    expect(await codes(vault)).toContain('wraps_missing')
  })

  it('checks the key of a card, which has no streams and is never sealed', async () => {
    await create({ ...spec([{ purpose: 'evidence', expiresOn: inDays(30) }]), format: 'card', purpose: 'card' })
    expect(await codes(vault)).toEqual(['vault_sound'])
    await db
      .updateTable('key_wrap')
      .set({ wrapped: randomBytes(60) })
      .execute()
    expect(await codes(vault)).toEqual(['key_wrap_damaged'])
  })

  it('finds a bucket without its key tree and a damaged wrap', async () => {
    await sealed(Buffer.from('x'))
    await db
      .updateTable('key_wrap')
      .set({ wrapped: randomBytes(60) })
      .execute()
    expect(await codes(vault)).toEqual(['key_wrap_damaged'])
    await db
      .insertInto('bucket')
      .values({ id: 'training/2030-W01', purpose: 'training', next_leaf: 3, created_at: new Date() })
      .execute()
    expect(await codes(vault)).toContain('key_tree_missing')
  })

  it('refuses to start without the keystore of an existing database', async () => {
    await sealed(Buffer.from('x'))
    await rm(join(root, 'keys'), { recursive: true })
    await expect(start()).rejects.toMatchObject({ code: 'keystore_missing' })
  })
})

describe('the box', () => {
  it('seals by label and finds equal values', () => {
    const value = vault.box.seal('person.name', 'Ada Löwe')
    expect(vault.box.open('person.name', value).toString()).toBe('Ada Löwe')
    expect(vault.box.seal('person.name', 'Ada Löwe').equals(value)).toBe(false)
    const unreadable = expect.objectContaining({ code: 'sealed_value_unreadable' }) as Error
    expect(() => vault.box.open('person.email', value)).toThrow(unreadable)
    value[20]! ^= 1
    expect(() => vault.box.open('person.name', value)).toThrow(unreadable)
    const index = (label: string, text: string): string => vault.box.blindIndex(label, text).toString('hex')
    expect(index('email', ' Ada@Example.org ')).toBe(index('email', 'ada@example.org'))
    expect(index('email', 'ada@example.org')).not.toBe(index('name', 'ada@example.org'))
  })

  it('chooses the same after a restart', async () => {
    const before = vault.selectionHash('call 1').toString('hex')
    await vault.stop()
    expect((await start()).selectionHash('call 1').toString('hex')).toBe(before)
  })
})
