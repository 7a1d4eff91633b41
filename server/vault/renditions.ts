import { randomBytes } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import { Problem } from '../platform/problem.ts'
import { followHolds } from './hold.ts'
import { bucketOf, isoDay } from './keys/bucket.ts'
import type { Keystore, Leaf } from './keys/keystore.ts'
import { TREE_LEAVES } from './keys/keytree.ts'
import { holdKey } from './rendition-key.ts'
import { seal, subkey, unseal } from './seal.ts'
import type { VaultTables } from './store.ts'
import type { NewRendition, PurposeName, RenditionKey, SealedStream } from './types.ts'

export type RenditionDeps = { db: Kysely<VaultTables>; keystore: Keystore; clock: Clock }

/**
 * One lock for all allocations of leaves, held to the end of the transaction: transactions that make several renditions touch
 * several buckets, and would otherwise wait for each other in a circle.
 */
export const LEAF_LOCK = 7_236_104_992_203

/** Creates a rendition and its wraps in `tx`. Throws Problem `purpose_lapsed` for a purpose whose week is over. */
export async function createRendition(
  deps: RenditionDeps,
  tx: Transaction<VaultTables>,
  spec: NewRendition,
): Promise<RenditionKey> {
  const now = new Date(deps.clock.now())
  const { id, callId, format, purpose } = spec
  await tx
    .insertInto('rendition')
    .values({ id, call_id: callId, format, purpose, created_at: now, sealed_at: null, erased_at: null })
    .execute()
  await sql`select pg_advisory_xact_lock(${LEAF_LOCK})`.execute(tx)
  const secret = randomBytes(32)
  for (const wrap of spec.wraps) {
    const bucket = bucketOf(wrap.purpose, wrap.expiresOn)
    await deps.keystore.ensureBucket(await openBucket(tx, bucket, wrap.purpose, now))
    const leaf = await takeLeaf(deps, tx, bucket)
    const wrapped = wrapKey(deps.keystore, { ...leaf, renditionId: id, purpose: wrap.purpose }, secret)
    const expires = isoDay(wrap.expiresOn)
    await tx
      .insertInto('key_wrap')
      .values({ rendition_id: id, purpose: wrap.purpose, ...leaf, wrapped, expires_on: expires })
      .execute()
  }
  await followHolds(deps.clock, tx, id)
  return holdKey(id, secret)
}

/** Makes the bucket's row unless there is one. */
async function openBucket(tx: Transaction<VaultTables>, id: string, purpose: string, now: Date): Promise<string> {
  await tx
    .insertInto('bucket')
    .values({ id, purpose, created_at: now })
    .onConflict((c) => c.doNothing())
    .execute()
  const { state } = await tx.selectFrom('bucket').select('state').where('id', '=', id).executeTakeFirstOrThrow()
  if (state === 'lapsed')
    throw new Problem('purpose_lapsed', 410, `The keys of ${id} were destroyed: nothing can be kept for it.`, {
      bucket: id,
    })
  return id
}

/**
 * The next leaf that can still be derived: after a restored database, numbers already punctured come up again. Under `LEAF_LOCK`.
 */
export async function takeLeaf(deps: RenditionDeps, tx: Transaction<VaultTables>, bucket: string): Promise<Leaf> {
  if (!deps.keystore.hasBucket(bucket)) throw treeMissing(bucket)
  for (;;) {
    const row = await tx
      .updateTable('bucket')
      .set((e) => ({ next_leaf: e('next_leaf', '+', 1) }))
      .where('id', '=', bucket)
      .returning('next_leaf')
      .executeTakeFirstOrThrow()
    const leaf = row.next_leaf - 1
    if (leaf >= TREE_LEAVES)
      throw new Problem('bucket_full', 500, `All ${TREE_LEAVES} keys of ${bucket} are used.`, { bucket })
    if (deps.keystore.hasLeaf({ bucket, leaf })) return { bucket, leaf }
  }
}

export type WrapId = Leaf & { renditionId: string; purpose: string }

const wrapAad = ({ renditionId, purpose }: WrapId): Buffer => Buffer.from(`${renditionId}\0${purpose}`, 'utf8')

/** The key that wraps a data key for one purpose; null when its leaf is gone. */
function wrappingKey(keystore: Keystore, id: WrapId): Buffer | null {
  const secret = keystore.secret(id)
  if (!secret) return null
  const key = subkey(secret, `verbale/wrap/v1\0${id.renditionId}\0${id.purpose}\0${id.bucket}\0${id.leaf}`)
  secret.fill(0)
  return key
}

export function wrapKey(keystore: Keystore, id: WrapId, dataKey: Buffer): Buffer {
  const key = wrappingKey(keystore, id)
  if (!key) throw treeMissing(id.bucket)
  const wrapped = seal(key, dataKey, wrapAad(id))
  key.fill(0)
  return wrapped
}

const treeMissing = (bucket: string): Problem =>
  new Problem('key_tree_missing', 500, `The keystore holds no key tree for ${bucket}. Run doctor.`, { bucket })

/** The data key, or why not: `gone` when its leaf is destroyed, `damaged` when the wrap is not what was written. */
export function unwrapKey(keystore: Keystore, id: WrapId, wrapped: Buffer): Buffer | 'gone' | 'damaged' {
  const key = wrappingKey(keystore, id)
  if (!key) return 'gone'
  const dataKey = unseal(key, wrapped, wrapAad(id))
  key.fill(0)
  return dataKey ?? 'damaged'
}

/** Throws Problem `rendition_unknown` (404), `purpose_lapsed` (410), `key_wrap_damaged` (500). */
export async function unlock(deps: RenditionDeps, renditionId: string, purpose: PurposeName): Promise<RenditionKey> {
  const row = await deps.db
    .selectFrom('rendition')
    .leftJoin('key_wrap', (join) =>
      join.onRef('key_wrap.rendition_id', '=', 'rendition.id').on('key_wrap.purpose', '=', purpose),
    )
    .select(['rendition.state', 'bucket', 'leaf', 'wrapped', 'expires_on'])
    .where('rendition.id', '=', renditionId)
    .executeTakeFirst()
  if (!row) throw unknownRendition(renditionId)
  const erased = row.state === 'erasing' || row.state === 'erased'
  const { bucket, leaf, wrapped, expires_on: lastDay } = row
  const over = lastDay === null || lastDay < isoDay(new Date(deps.clock.now()))
  if (erased || over || bucket === null || leaf === null || wrapped === null) throw lapsed(renditionId, purpose)
  return openWrap(deps, { renditionId, purpose, bucket, leaf }, wrapped)
}

function openWrap(deps: RenditionDeps, id: WrapId, wrapped: Buffer): RenditionKey {
  const { renditionId, purpose } = id
  const dataKey = unwrapKey(deps.keystore, id, wrapped)
  if (dataKey === 'gone') throw lapsed(renditionId, purpose)
  if (dataKey === 'damaged')
    throw new Problem(
      'key_wrap_damaged',
      500,
      `The key of rendition ${renditionId} for ${purpose} does not open. Run doctor.`,
      { renditionId, purpose },
    )
  return holdKey(renditionId, dataKey)
}

/** For a legal hold: any purpose of a held rendition opens it, whatever its day. Throws as `unlock`. */
export async function unlockHeld(deps: RenditionDeps, renditionId: string): Promise<RenditionKey> {
  const row = await deps.db
    .selectFrom('key_wrap')
    .select(['purpose', 'bucket', 'leaf', 'wrapped'])
    .where('rendition_id', '=', renditionId)
    .where((e) => e.exists(e.selectFrom('rendition_hold').select('hold_id').where('rendition_id', '=', renditionId)))
    .orderBy('expires_on', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) throw lapsed(renditionId, 'hold')
  return openWrap(deps, { ...row, renditionId }, row.wrapped)
}

/** Changes the last days of wraps. The key tree stays where it is: it is dropped only when no wrap needs it. */
export async function setLastDays(
  tx: Transaction<VaultTables>,
  days: { renditionId: string; purpose: string; expiresOn: Date }[],
): Promise<void> {
  await sql`update key_wrap w set expires_on = e.day
    from unnest(${days.map((d) => d.renditionId)}::uuid[], ${days.map((d) => d.purpose)}::text[], ${days.map((d) => isoDay(d.expiresOn))}::date[])
      as e(rendition_id, purpose, day)
    where w.rendition_id = e.rendition_id and w.purpose = e.purpose`.execute(tx)
}

const lapsed = (renditionId: string, purpose: string): Problem =>
  new Problem(
    'purpose_lapsed',
    410,
    `Rendition ${renditionId} cannot be opened for ${purpose}: the purpose never was, or is over.`,
    {
      renditionId,
      purpose,
    },
  )

export const unknownRendition = (renditionId: string): Problem =>
  new Problem('rendition_unknown', 404, `There is no rendition ${renditionId}.`, { renditionId })

/** Throws Problem `rendition_not_recording` (409). */
export async function sealRendition(
  deps: RenditionDeps,
  tx: Transaction<VaultTables>,
  renditionId: string,
  streams: SealedStream[],
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('rendition')
    .set({ state: 'sealed', manifest: JSON.stringify(streams), sealed_at: new Date(deps.clock.now()) })
    .where('id', '=', renditionId)
    .where('state', '=', 'recording')
    .executeTakeFirst()
  if (numUpdatedRows === 1n) return
  throw new Problem(
    'rendition_not_recording',
    409,
    `Rendition ${renditionId} is not being recorded: it cannot be sealed.`,
    { renditionId },
  )
}

/** Throws Problem `rendition_unknown` (404). */
export async function manifest(deps: RenditionDeps, renditionId: string): Promise<SealedStream[]> {
  const row = await deps.db.selectFrom('rendition').select('manifest').where('id', '=', renditionId).executeTakeFirst()
  if (!row) throw unknownRendition(renditionId)
  return row.manifest
}

/** The renditions of calls that are not erased. */
export async function renditionsOf(deps: RenditionDeps, callIds: string[]): Promise<{ id: string; callId: string }[]> {
  const { rows } = await sql<{ id: string; callId: string }>`
    select id, call_id as "callId" from rendition where call_id = any(${callIds}::uuid[]) and state <> 'erased'`.execute(
    deps.db,
  )
  return rows
}
