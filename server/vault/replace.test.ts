import { readdirSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import { silentLog } from '../platform/log.ts'
import { localObjects, type Objects } from '../platform/objects/index.ts'
import { type TestDatabase, testDatabase } from '../platform/testkit/database.ts'
import {
  createVault,
  fileEpochKeys,
  type PurposeName,
  type RenditionKey,
  type Replacement,
  type SealedStream,
  type Vault,
  type VaultTables,
} from './index.ts'

const DAY = 86_400_000
let database: TestDatabase
let db: Kysely<VaultTables>
let root = ''
let clock = manualClock()
let vault: Vault
const vaults: Vault[] = []

beforeAll(async () => {
  database = await testDatabase()
  db = database.db
})
afterAll(() => database.drop())
beforeEach(async () => {
  clock = manualClock()
  root = await mkdtemp(join(tmpdir(), 'verbale-replace-'))
  for (const table of ['vault_intent', 'rendition_hold', 'key_wrap', 'rendition', 'bucket'] as const)
    await db.deleteFrom(table).execute()
  vault = await start()
})
afterEach(async () => {
  for (const each of vaults.splice(0)) await each.stop()
  await rm(root, { recursive: true, force: true })
})

async function start(wrap: (objects: Objects) => Objects = (o) => o): Promise<Vault> {
  const made = await createVault({
    db,
    objects: wrap(localObjects(join(root, 'objects'))),
    keys: wrap(localObjects(join(root, 'keys'))),
    epochKeys: fileEpochKeys([localObjects(join(root, 'epoch'))]),
    clock,
    log: silentLog,
    settings: { flushMs: 5 },
  })
  vaults.push(made)
  return made
}

const secret = 'my card is 4111 1111 1111 1111 thank you'
const rest = 'my card is                     thank you'

async function made(for_: readonly PurposeName[] = ['evidence', 'training'], callId = newId()): Promise<string> {
  const id = newId()
  const wraps = for_.map((purpose, i) => ({ purpose, expiresOn: new Date(clock.now() + (10 + i) * DAY) }))
  const spec = { id, callId, format: 'lanes' as const, purpose: for_[0]!, wraps }
  const key = await db.transaction().execute((tx) => vault.createRendition(tx, spec))
  const streams = [
    await vault.writeStream(key, 'lane/0', [Buffer.from(secret)]),
    await vault.writeStream(key, 'original/0', [Buffer.from(secret)]),
  ]
  await db.transaction().execute((tx) => vault.sealRendition(tx, id, streams))
  key.dispose()
  return id
}

/** Takes the number out, and the stream that cannot be cut. */
async function takeOut(id: string, of = vault): Promise<boolean> {
  const open = await of.openReplacement(id)
  if (!open) return false
  try {
    return await of.replaceRendition(open, [await rewritten(open, of)])
  } finally {
    await open.close().catch(() => undefined)
  }
}

async function rewritten(open: Replacement, of = vault): Promise<SealedStream> {
  const heard = await contentOf(open.old, open.manifest[0]!, of)
  return of.writeStream(open.fresh, 'lane/0', [Buffer.from(heard === secret ? rest : heard)])
}

async function contentOf(key: RenditionKey, stream: SealedStream, of = vault): Promise<string> {
  return (await of.openReader(key, stream).read(0, stream.bytes)).toString()
}

/** What a purpose is given; null when it is given nothing. */
async function heard(id: string, purpose: PurposeName, of = vault): Promise<string[] | null> {
  const key = await of.unlock(id, purpose).catch(() => null)
  if (!key) return null
  const streams = await of.manifest(id)
  const found = await Promise.all(streams.map((stream) => contentOf(key, stream, of)))
  key.dispose()
  return found
}

const wrapsOf = (id: string) =>
  db.selectFrom('key_wrap').selectAll().where('rendition_id', '=', id).orderBy('purpose').execute()
const filesOf = (id: string): string[] => readdirSync(join(root, 'objects', id))
async function codes(of = vault): Promise<string[]> {
  const found: string[] = []
  for await (const { code } of of.doctor()) found.push(code)
  return found
}

describe('a rendition written again', () => {
  it('opens for the same purposes until the same days, and nothing of before is left', async () => {
    const id = await made()
    const before = await wrapsOf(id)
    const old = new Set((await vault.manifest(id)).map(({ streamId }) => streamId))
    expect(await takeOut(id)).toBe(true)
    expect([await heard(id, 'evidence'), await heard(id, 'training')]).toEqual([[rest], [rest]])
    const after = await wrapsOf(id)
    const same = (wraps: typeof before) => wraps.map(({ purpose, bucket, expires_on }) => [purpose, bucket, expires_on])
    expect(same(after)).toEqual(same(before))
    for (const [i, { leaf, wrapped }] of after.entries()) {
      expect(leaf).not.toBe(before[i]!.leaf)
      expect(wrapped.equals(before[i]!.wrapped)).toBe(false)
    }
    expect(filesOf(id).filter((file) => old.has(file.slice(0, 36)))).toEqual([])
    expect(await codes()).toEqual(['vault_sound'])
  })

  it('its old ciphertext does not open any more, with the rows and files of before', async () => {
    const id = await made()
    await cp(join(root, 'objects'), join(root, 'objects-before'), { recursive: true })
    const rows = { wraps: await wrapsOf(id), manifest: await vault.manifest(id) }
    expect(await heard(id, 'evidence')).toEqual([secret, secret])
    await takeOut(id)
    const now = await vault.unlock(id, 'evidence')
    await vault.stop()
    await cp(join(root, 'objects-before'), join(root, 'objects'), { recursive: true })
    for (const { purpose, ...row } of rows.wraps)
      await db.updateTable('key_wrap').set(row).where('rendition_id', '=', id).where('purpose', '=', purpose).execute()
    await db
      .updateTable('rendition')
      .set({ manifest: JSON.stringify(rows.manifest) })
      .where('id', '=', id)
      .execute()
    vault = await start()
    // neither the key of before, nor the one of now
    await expect(vault.unlock(id, 'evidence')).rejects.toMatchObject({ code: 'purpose_lapsed' })
    await expect(vault.unlock(id, 'training')).rejects.toMatchObject({ code: 'purpose_lapsed' })
    await expect(contentOf(now, rows.manifest[0]!)).rejects.toMatchObject({ code: expect.stringMatching(/^stream_/) })
    expect(await takeOut(id)).toBe(false)
  })

  it('a hold does not stop it, and goes on; what nobody may open any more by its day is written again too', async () => {
    const callId = newId()
    const id = await made(['evidence'], callId)
    const holdId = newId()
    await db.transaction().execute((tx) => vault.hold(tx, { holdId, callIds: [callId] }))
    clock.advance(30 * DAY)
    expect(await heard(id, 'evidence')).toBeNull()
    expect(await takeOut(id)).toBe(true)
    expect((await vault.end([{ renditionId: id, purpose: 'all' }])).held).toEqual([id])
    const key = await vault.unlockHeld(id)
    expect(await contentOf(key, (await vault.manifest(id))[0]!)).toBe(rest)
    key.dispose()
    await db.transaction().execute((tx) => vault.releaseHold(tx, holdId))
    expect((await vault.end([{ renditionId: id, purpose: 'all' }])).erased).toEqual([id])
    expect(await takeOut(id)).toBe(false)
  })

  it('brings no purpose back that ended while it was written, and nothing when all did', async () => {
    const [part, whole] = [await made(), await made()]
    const [one, two] = [await vault.openReplacement(part), await vault.openReplacement(whole)]
    await expect(vault.openReplacement(part)).rejects.toMatchObject({ code: 'rendition_busy' })
    await vault.end([
      { renditionId: part, purpose: 'training' },
      { renditionId: whole, purpose: 'all' },
    ])
    const streams = [await rewritten(one!), await vault.writeStream(two!.fresh, 'lane/0', [Buffer.from(rest)])]
    expect(await vault.replaceRendition(one!, [streams[0]!])).toBe(true)
    expect(await vault.replaceRendition(two!, [streams[1]!])).toBe(false)
    await one!.close()
    await two!.close()
    expect([await heard(part, 'evidence'), await heard(part, 'training')]).toEqual([[rest], null])
    expect(readdirSync(join(root, 'objects'))).not.toContain(whole)
    expect(await codes()).toEqual(['vault_sound'])
  })

  it('changes nothing when what is written alongside fails', async () => {
    const id = await made()
    const open = await vault.openReplacement(id)
    const streams = [await rewritten(open!)]
    const failing = vault.replaceRendition(open!, streams, async () => {
      throw new Error('the ledger is full')
    })
    await expect(failing).rejects.toThrow('the ledger is full')
    await open!.close()
    expect(await heard(id, 'evidence')).toEqual([secret, secret])
    expect(await codes()).toEqual(['vault_sound'])
  })

  it('a leaf that a restored database lists although it is gone is not renewed', async () => {
    const id = await made()
    const training = (await wrapsOf(id)).find(({ purpose }) => purpose === 'training')!
    await vault.end([{ renditionId: id, purpose: 'training' }])
    await db.insertInto('key_wrap').values(training).execute()
    expect(await takeOut(id)).toBe(true)
    expect([await heard(id, 'evidence'), await heard(id, 'training')]).toEqual([[rest], null])
    const dead: unknown[] = []
    for await (const each of vault.findDead()) dead.push(each)
    expect(dead).toEqual([{ renditionId: id, purpose: 'training' }])
  })

  it('a keystore of before it forgets the old key again', async () => {
    const id = await made()
    await cp(join(root, 'keys'), join(root, 'keys-before'), { recursive: true })
    const before = await wrapsOf(id)
    await takeOut(id)
    await vault.stop()
    await cp(join(root, 'keys-before'), join(root, 'keys'), { recursive: true })
    vault = await start()
    expect(await heard(id, 'evidence')).toEqual([rest])
    for (const { purpose, leaf, wrapped } of before)
      await db
        .updateTable('key_wrap')
        .set({ leaf, wrapped })
        .where('rendition_id', '=', id)
        .where('purpose', '=', purpose)
        .execute()
    await expect(vault.unlock(id, 'evidence')).rejects.toMatchObject({ code: 'purpose_lapsed' })
  })
})

/** Store whose `n`th change fails, and every one after it: the process is as good as dead. */
const dyingAt =
  (n: number, did: { changes: number }) =>
  (objects: Objects): Objects => {
    const change = (): void => {
      if (did.changes++ >= n) throw Object.assign(new Error('killed here'), { code: 'EIO' })
    }
    return {
      ...objects,
      create: async (path) => (change(), objects.create(path)),
      rename: async (from, to) => (change(), objects.rename(from, to)),
      remove: async (path) => (change(), objects.remove(path)),
      removeFolder: async (path) => (change(), objects.removeFolder(path)),
      syncFolder: async (path) => (change(), objects.syncFolder(path)),
    }
  }

it('a crash after any step leaves all of before or nothing of it, and the next start and try complete it', async () => {
  const seen = { before: 0, after: 0, open: 0 }
  let survived = false
  for (let n = 0; !survived; n++) {
    const id = await made()
    const old = await vault.manifest(id)
    await vault.stop()
    const did = { changes: Number.NEGATIVE_INFINITY }
    const dying = await start(dyingAt(n, did))
    did.changes = 0
    survived = await takeOut(id, dying).catch(() => false)
    survived &&= did.changes <= n
    const intent = await db.selectFrom('vault_intent').select('done_at').orderBy('idx', 'desc').executeTakeFirst()
    const decided = (await vault.manifest(id)).length === 1
    if (decided && intent?.done_at === null) seen.open++
    seen[decided ? 'after' : 'before']++
    vault = await start()
    expect([n, await heard(id, 'evidence')]).toEqual([n, decided ? [rest] : [secret, secret]])
    // of a decision that was taken, everything is done before anything is served
    const left = filesOf(id).filter((file) => old.some(({ streamId }) => file.startsWith(streamId)))
    expect([n, decided && left.length > 0]).toEqual([n, false])
    // tried again, as its caller does: nothing is left over
    expect(await takeOut(id)).toBe(true)
    expect([n, await heard(id, 'training'), await codes()]).toEqual([n, [rest], ['vault_sound']])
    await vault.erase(id)
  }
  for (const many of Object.values(seen)) expect(many).toBeGreaterThan(2)
})
