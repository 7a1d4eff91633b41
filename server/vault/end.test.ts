import { cp, mkdtemp, rm } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Kysely } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import { silentLog } from '../platform/log.ts'
import { localObjects, type Objects } from '../platform/objects/index.ts'
import { type TestDatabase, testDatabase } from '../platform/testkit/database.ts'
import { createVault, fileEpochKeys, type PurposeName, type Vault, type VaultTables } from './index.ts'

const DAY = 86_400_000
const purposes = ['evidence', 'training', 'analytics'] as const
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
beforeEach(fresh)
afterEach(async () => {
  for (const each of vaults.splice(0)) await each.stop()
  await rm(root, { recursive: true, force: true })
})

async function fresh(): Promise<void> {
  clock = manualClock()
  root = await mkdtemp(join(tmpdir(), 'verbale-end-'))
  for (const table of ['vault_intent', 'rendition_hold', 'key_wrap', 'rendition', 'bucket'] as const)
    await db.deleteFrom(table).execute()
  vault = await start()
}

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

const inDays = (days: number): Date => new Date(clock.now() + days * DAY)

/** A sealed rendition of a call with a few bytes, open for `for_`. */
async function made(callId: string, for_: readonly PurposeName[], days = 10): Promise<string> {
  const id = newId()
  const wraps = for_.map((purpose) => ({ purpose, expiresOn: inDays(days) }))
  const spec = { id, callId, format: 'lanes' as const, purpose: for_[0] ?? 'card', wraps }
  const key = await db.transaction().execute((tx) => vault.createRendition(tx, spec))
  const stream = await vault.writeStream(key, 'lane/0', [Buffer.from('heard')])
  await db.transaction().execute((tx) => vault.sealRendition(tx, id, [stream]))
  key.dispose()
  return id
}

const hold = (ask: { holdId: string; callIds?: string[]; renditionIds?: string[] }) =>
  db.transaction().execute((tx) => vault.hold(tx, ask))
const release = (holdId: string) => db.transaction().execute((tx) => vault.releaseHold(tx, holdId))
const opens = (id: string, purpose: PurposeName, of = vault): Promise<boolean> =>
  of.unlock(id, purpose).then(
    (key) => (key.dispose(), true),
    () => false,
  )
const folders = (): string[] => readdirSync(join(root, 'objects'))

describe('ending purposes', () => {
  it('destroys what is named and leaves the rest; the bytes go with the last', async () => {
    const id = await made(newId(), purposes)
    const first = await vault.end([{ renditionId: id, purpose: 'training' }])
    expect(first).toEqual({
      held: [],
      unknown: [],
      erased: [],
      wraps: [{ renditionId: id, purpose: 'training' }],
    })
    expect([await opens(id, 'training'), await opens(id, 'evidence'), await opens(id, 'analytics')]).toEqual([
      false,
      true,
      true,
    ])
    expect((await vault.end([{ renditionId: id, purpose: 'training' }])).wraps).toEqual([])
    const last = await vault.end([
      { renditionId: id, purpose: 'evidence' },
      { renditionId: id, purpose: 'analytics' },
    ])
    expect(last.erased).toEqual([id])
    expect(folders()).not.toContain(id)
    const nothing = newId()
    expect((await vault.end([{ renditionId: nothing, purpose: 'all' }])).unknown).toEqual([nothing])
  })

  it('decides nothing when what is written alongside fails', async () => {
    const id = await made(newId(), ['evidence'])
    const failing = vault.end([{ renditionId: id, purpose: 'evidence' }], async () => {
      throw new Error('the ledger is full')
    })
    await expect(failing).rejects.toThrow('the ledger is full')
    expect(await opens(id, 'evidence')).toBe(true)
    expect(await db.selectFrom('vault_intent').select('idx').execute()).toEqual([])
  })

  it('forgets the key trees of weeks that are over, except those a hold needs', async () => {
    const [gone, kept] = [await made(newId(), ['training'], 1), await made(newId(), ['evidence'], 1)]
    const holdId = newId()
    await hold({ holdId, renditionIds: [kept] })
    clock.advance(15 * DAY)
    await vault.end([{ renditionId: gone, purpose: 'training' }])
    await vault.end([{ renditionId: kept, purpose: 'evidence' }])
    expect((await vault.dropTrees()).map((name) => name.split('/')[0])).toEqual(['training'])
    expect(await opens(kept, 'evidence')).toBe(false)
    ;(await vault.unlockHeld(kept)).dispose()
    await release(holdId)
    await expect(vault.unlockHeld(kept)).rejects.toMatchObject({ code: 'purpose_lapsed' })
    await vault.end([{ renditionId: kept, purpose: 'evidence' }])
    expect((await vault.dropTrees()).map((name) => name.split('/')[0])).toEqual(['evidence'])
    expect(await vault.dropTrees()).toEqual([])
  })

  it('moves last days without moving keys', async () => {
    const id = await made(newId(), ['evidence', 'training'], 30)
    await db
      .transaction()
      .execute((tx) => vault.setLastDays(tx, [{ renditionId: id, purpose: 'training', expiresOn: inDays(2) }]))
    clock.advance(3 * DAY)
    expect([await opens(id, 'training'), await opens(id, 'evidence')]).toEqual([false, true])
    await db
      .transaction()
      .execute((tx) => vault.setLastDays(tx, [{ renditionId: id, purpose: 'training', expiresOn: inDays(60) }]))
    expect(await opens(id, 'training')).toBe(true)
  })
})

describe('a hold', () => {
  it('keeps what it covers from every end, and what is made later of a held call', async () => {
    const [callId, other] = [newId(), newId()]
    const [first, elsewhere] = [await made(callId, ['evidence', 'training']), await made(other, ['training'])]
    const [one, two] = [newId(), newId()]
    expect(await hold({ holdId: one, callIds: [callId] })).toEqual({ held: [first], tooLate: [] })
    expect(await hold({ holdId: two, renditionIds: [first] })).toEqual({ held: [first], tooLate: [] })
    const later = await made(callId, ['analytics'])
    const asked = [first, later, elsewhere].map((renditionId) => ({ renditionId, purpose: 'all' as const }))
    const ended = await vault.end(asked)
    expect(ended.held.toSorted()).toEqual([first, later].toSorted())
    expect(ended.erased).toEqual([elsewhere])
    await expect(vault.erase(first)).rejects.toMatchObject({ code: 'rendition_held', status: 409 })
    await release(one)
    expect((await vault.end(asked.slice(0, 2))).erased).toEqual([later])
    await release(two)
    expect((await vault.end(asked.slice(0, 1))).erased).toEqual([first])
    expect(await hold({ holdId: newId(), callIds: [callId] })).toEqual({ held: [], tooLate: [first, later].toSorted() })
  })

  it('and an end at the same moment: one of them wins, whole', async () => {
    for (let i = 0; i < 12; i++) {
      const callId = newId()
      const id = await made(callId, ['evidence'])
      const [held, ended] = await Promise.all([
        hold({ holdId: newId(), callIds: [callId] }),
        vault.end([{ renditionId: id, purpose: 'all' }]),
      ])
      expect(held.held.length + ended.erased.length).toBe(1)
      expect(await opens(id, 'evidence')).toBe(held.held.length === 1)
    }
  })
})

describe('whatever is asked in whatever order', () => {
  type Step =
    | { kind: 'end'; rendition: number; purpose: PurposeName }
    | { kind: 'hold' | 'release'; hold: number; rendition: number }
    | { kind: 'restart' | 'oldKeystore' }
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constant('end' as const),
      rendition: fc.nat(3),
      purpose: fc.constantFrom<PurposeName>(...purposes, 'all'),
    }),
    fc.record({ kind: fc.constantFrom('hold' as const, 'release' as const), hold: fc.nat(2), rendition: fc.nat(3) }),
    fc.record({ kind: fc.constantFrom('restart' as const, 'oldKeystore' as const) }),
  )

  it('opens exactly what a model says, also after restarts and with an old keystore', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const ids = [
          await made(newId(), purposes),
          await made(newId(), ['evidence']),
          await made(newId(), purposes),
          await made(newId(), ['training']),
        ]
        const model = ids.map(
          (_, i) => new Set<PurposeName>(i % 2 === 0 ? purposes : i === 1 ? ['evidence'] : ['training']),
        )
        const holds = [newId(), newId(), newId()]
        const held = new Set<string>()
        await cp(join(root, 'keys'), join(root, 'keys-old'), { recursive: true, force: true })
        for (const each of steps) {
          if (each.kind === 'end') {
            await vault.end([{ renditionId: ids[each.rendition]!, purpose: each.purpose }])
            if (![...held].some((h) => h.endsWith(`/${each.rendition}`)))
              for (const p of each.purpose === 'all' ? purposes : [each.purpose]) model[each.rendition]!.delete(p)
          } else if (each.kind === 'hold') {
            const { held: taken } = await hold({ holdId: holds[each.hold]!, renditionIds: [ids[each.rendition]!] })
            expect(taken.length === 1).toBe(model[each.rendition]!.size > 0)
            if (taken.length === 1) held.add(`${each.hold}/${each.rendition}`)
          } else if (each.kind === 'release') {
            await release(holds[each.hold]!)
            for (const h of held) if (h.startsWith(`${each.hold}/`)) held.delete(h)
          } else {
            await vault.stop()
            if (each.kind === 'oldKeystore')
              await cp(join(root, 'keys-old'), join(root, 'keys'), { recursive: true, force: true })
            vault = await start()
          }
        }
        for (const [i, id] of ids.entries())
          for (const p of purposes) expect([i, p, await opens(id, p)]).toEqual([i, p, model[i]!.has(p)])
        await release(holds[0]!)
      }),
      { numRuns: 12 },
    )
  })
})

describe('a crash', () => {
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
        removeFolder: async (path) => (change(), objects.removeFolder(path)),
        syncFolder: async (path) => (change(), objects.syncFolder(path)),
      }
    }

  it('after any step of an end leaves all or nothing, and the next start completes it', async () => {
    let completed = 0
    for (let n = 0; n < 12; n++) {
      const [whole, part] = [await made(newId(), ['training']), await made(newId(), purposes)]
      await vault.stop()
      const did = { changes: Number.NEGATIVE_INFINITY }
      const dying = await start(dyingAt(n, did))
      did.changes = 0
      const ended = await dying
        .end([
          { renditionId: whole, purpose: 'training' },
          { renditionId: part, purpose: 'training' },
        ])
        .then(
          () => true,
          () => false,
        )
      if (ended) completed++
      expect([await opens(whole, 'training', dying), await opens(part, 'training', dying)]).toEqual([false, false])
      vault = await start()
      expect([await opens(whole, 'training'), await opens(part, 'training'), await opens(part, 'evidence')]).toEqual([
        false,
        false,
        true,
      ])
      expect(folders().includes(whole)).toBe(false)
      const open = await db.selectFrom('vault_intent').select('idx').where('done_at', 'is', null).execute()
      expect(open).toEqual([])
    }
    expect(completed).toBeGreaterThan(0)
    expect(completed).toBeLessThan(12)
  })

  it('and a database restored from before it: what was destroyed stays so, and is named', async () => {
    const id = await made(newId(), purposes)
    const wraps = await db.selectFrom('key_wrap').selectAll().execute()
    await vault.end([{ renditionId: id, purpose: 'training' }])
    await vault.stop()
    await db.deleteFrom('vault_intent').execute()
    await db.deleteFrom('key_wrap').execute()
    await db.insertInto('key_wrap').values(wraps).execute()
    vault = await start()
    expect(vault.restored).toBe(true)
    const dead: unknown[] = []
    for await (const each of vault.findDead()) dead.push(each)
    expect(dead).toEqual([{ renditionId: id, purpose: 'training' }])
    await vault.end(dead as { renditionId: string; purpose: PurposeName }[])
    expect([await opens(id, 'training'), await opens(id, 'evidence')]).toEqual([false, true])
  })
})
