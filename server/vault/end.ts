import { type Kysely, sql, type Transaction } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Objects } from '../platform/objects/index.ts'
import { Problem } from '../platform/problem.ts'
import type { Keystore, Leaf } from './keys/keystore.ts'
import type { VaultTables } from './store.ts'
import type { Ended, Ending } from './types.ts'
import { removeStream } from './write.ts'

/*
 * Ending purposes of renditions. A crash after any step is safe: the intent is replayed at start.
 *   intent, wraps deleted (nothing opens from here) → keystore punctured → ciphertext of renditions without a wrap deleted, or that
 *   of streams written anew under another key (`replace.ts`)
 *   → negative test → done
 * Intents are written and carried out one after the other, in the order of their numbers: the number the keystore remembers
 * then stands for all before it.
 */

export type EndDeps = {
  db: Kysely<VaultTables>
  keystore: Keystore
  objects: Objects
  clock: Clock
  /** Stops what is being written to a rendition. */
  abort: (renditionId: string) => Promise<void>
}

export type Wrap = Leaf & { rendition: string; purpose: string }
/** `streams`: ciphertext of renditions that stay, under a key that is destroyed. */
type Intent = { idx: number; wraps: Wrap[]; renditions: string[]; streams: { rendition: string; stream: string }[] }

/** What else is written in the transaction of the decision; it commits before anything is destroyed. */
export type Alongside = (tx: Transaction<VaultTables>, ended: Ended) => Promise<void>

/**
 * Writes the decision down, then carries out every decision not yet carried out. Held renditions are left alone and told.
 * Idempotent. Throws Problem `erasure_failed` (500).
 */
export async function endPurposes(deps: EndDeps, endings: Ending[], alongside: Alongside): Promise<Ended> {
  const ended = await deps.db.transaction().execute(async (tx) => {
    const intended = await intend(deps, tx, endings)
    await alongside(tx, intended)
    return intended
  })
  await carryOutOpen(deps)
  return ended
}

async function intend(deps: EndDeps, tx: Transaction<VaultTables>, endings: Ending[]): Promise<Ended> {
  const ids = [...new Set(endings.map((e) => e.renditionId))].toSorted()
  const unknown = await lockRenditions(tx, ids)
  const held = await heldOf(tx, ids)
  const out = new Set([...held, ...unknown])
  const free = endings.filter((e) => !out.has(e.renditionId))
  const wraps = await dropWraps(tx, free)
  const renditions = await markErasing(tx, [...new Set(free.map((e) => e.renditionId))])
  if (wraps.length + renditions.length > 0)
    await tx
      .insertInto('vault_intent')
      .values({
        wraps: JSON.stringify(wraps),
        renditions,
        created_at: new Date(deps.clock.now()),
        done_at: null,
      })
      .execute()
  return {
    held,
    unknown,
    erased: renditions,
    wraps: wraps.map((w) => ({ renditionId: w.rendition, purpose: w.purpose })),
  }
}

/** Returns the ids that do not exist: renditions not made yet. */
async function lockRenditions(tx: Transaction<VaultTables>, ids: string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from rendition where id = any(${ids}::uuid[]) order by id for update`.execute(tx)
  const known = new Set(rows.map((row) => row.id))
  return ids.filter((id) => !known.has(id))
}

async function heldOf(tx: Transaction<VaultTables>, ids: string[]): Promise<string[]> {
  const { rows } = await sql<{ rendition_id: string }>`
    select distinct rendition_id from rendition_hold where rendition_id = any(${ids}::uuid[])`.execute(tx)
  return rows.map((row) => row.rendition_id)
}

/** From here on they open nothing; the intent says which leaves to destroy. */
async function dropWraps(tx: Transaction<VaultTables>, endings: Ending[]): Promise<Wrap[]> {
  const { rows } = await sql<Wrap>`
    delete from key_wrap w
    using unnest(${endings.map((e) => e.renditionId)}::uuid[], ${endings.map((e) => e.purpose)}::text[]) as e(rendition_id, purpose)
    where w.rendition_id = e.rendition_id and (e.purpose = 'all' or w.purpose = e.purpose)
    returning w.rendition_id as rendition, w.purpose, w.bucket, w.leaf`.execute(tx)
  return rows
}

/** Renditions that no wrap will open any more. */
async function markErasing(tx: Transaction<VaultTables>, ids: string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update rendition r set state = 'erasing'
    where r.id = any(${ids}::uuid[]) and r.state in ('recording', 'sealed')
      and not exists (select from key_wrap w where w.rendition_id = r.id)
    returning r.id`.execute(tx)
  return rows.map((row) => row.id)
}

/** Carries out what was decided and not done, oldest first. Returns how many decisions. */
export async function carryOutOpen(deps: EndDeps): Promise<number> {
  return carryOut(deps, await intents(deps).where('done_at', 'is', null).execute())
}

const intents = (deps: EndDeps) =>
  deps.db.selectFrom('vault_intent').select(['idx', 'wraps', 'renditions', 'streams']).orderBy('idx')

async function carryOut(deps: EndDeps, open: Intent[]): Promise<number> {
  for (const intent of open) {
    const { idx, wraps, renditions, streams } = intent
    for (const id of renditions) await deps.abort(id)
    await deps.keystore.puncture(wraps, idx)
    await someAtATime(renditions, (id) => deps.objects.removeFolder(id))
    for (const { rendition, stream } of streams) await removeStream(deps.objects, rendition, stream)
    if (renditions.length > 0) await deps.objects.syncFolder('')
    await testGone(deps, intent)
    await markDone(deps, intent)
  }
  return open.length
}

/** The negative test: nothing that was to be destroyed can still be derived or read. */
async function testGone(deps: EndDeps, { wraps, renditions, streams }: Intent): Promise<void> {
  const alive = wraps.find((wrap) => deps.keystore.hasLeaf(wrap))
  if (alive) throw failed(alive.rendition)
  await someAtATime(renditions, async (id) => {
    if ((await deps.objects.list(id)).length > 0) throw failed(id)
  })
  const left = streams.map(({ stream }) => `${stream}.`)
  for (const id of new Set(streams.map(({ rendition }) => rendition)))
    if ((await deps.objects.list(id)).some((file) => left.some((start) => file.startsWith(start)))) throw failed(id)
}

/** Folders are removed side by side, as many as the system works on at once. */
const atOnce = 16

async function someAtATime(ids: string[], work: (id: string) => Promise<void>): Promise<void> {
  for (let at = 0; at < ids.length; at += atOnce) await Promise.all(ids.slice(at, at + atOnce).map(work))
}

async function markDone(deps: EndDeps, { idx, renditions }: Intent): Promise<void> {
  const now = new Date(deps.clock.now())
  await deps.db.transaction().execute(async (tx) => {
    await sql`update rendition set state = 'erased', manifest = '[]', erased_at = ${now}
      where id = any(${renditions}::uuid[])`.execute(tx)
    await tx.updateTable('vault_intent').set({ done_at: now }).where('idx', '=', idx).execute()
  })
}

const failed = (renditionId: string): Problem =>
  new Problem(
    'erasure_failed',
    500,
    `Rendition ${renditionId} could still be opened after its erasure. It stays locked; run doctor.`,
    { renditionId },
  )

/**
 * Carries out again what was decided: intents not done, and those a keystore restored from a backup does not know of.
 * Before anything is served. `restored`: the keystore is ahead, so the database was restored from a backup.
 */
export async function replayIntents(deps: EndDeps): Promise<{ restored: boolean }> {
  const { applied } = deps.keystore
  const restored = await catchUpNumbers(deps, applied)
  const open = intents(deps).where((e) => e.or([e('done_at', 'is', null), e('idx', '>', applied)]))
  await carryOut(deps, await open.execute())
  return { restored }
}

/** After a database restored from a backup, new intents get numbers above those the keystore has carried out. */
async function catchUpNumbers(deps: EndDeps, applied: number): Promise<boolean> {
  const { last } = await deps.db
    .selectFrom('vault_intent')
    .select((e) => e.fn.coalesce(e.fn.max('idx'), sql<number>`0`).as('last'))
    .executeTakeFirstOrThrow()
  if (last >= applied) return false
  await sql`select setval(pg_get_serial_sequence('vault_intent', 'idx'), ${applied})`.execute(deps.db)
  return true
}

/**
 * Wraps whose leaf is gone although no decision says so: what was destroyed after the backup a database was restored from.
 * What is found is to be ended again, which completes the rows.
 */
export async function* findDead(deps: EndDeps): AsyncGenerator<{ renditionId: string; purpose: string }> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await deps.db
      .selectFrom('key_wrap')
      .select(['rendition_id', 'purpose', 'bucket', 'leaf'])
      .where('rendition_id', '>', after)
      .orderBy('rendition_id')
      .limit(1000)
      .execute()
    for (const row of rows)
      if (!deps.keystore.hasLeaf(row)) yield { renditionId: row.rendition_id, purpose: row.purpose }
    if (rows.length < 1000) return
    after = rows.at(-1)!.rendition_id
  }
}
