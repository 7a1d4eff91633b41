import { randomBytes } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import { joinPath, type Objects } from '../platform/objects/index.ts'
import { Problem } from '../platform/problem.ts'
import type { Wrap } from './end.ts'
import { readEntry } from './live/format.ts'
import { holdKey, secretOf } from './rendition-key.ts'
import { LEAF_LOCK, type RenditionDeps, takeLeaf, unwrapKey, wrapKey } from './renditions.ts'
import type { VaultTables } from './store.ts'
import type { Replacement, SealedStream } from './types.ts'

/*
 * Part of a sealed rendition is destroyed: it is written again without it under another data key, in place. Its id, purposes, last
 * days and holds stay; what was written before opens no more, in backups neither. A crash after any step is safe:
 *   new streams, under a key that only memory has (after a crash nobody opens them; the next try clears them away)
 *   → in one transaction: wraps of the new key in new leaves, manifest, intent (only the new key opens from here)
 *   → as every intent (`end.ts`): keystore punctured → old ciphertext deleted → negative test → done
 */

export type ReplaceDeps = RenditionDeps & { objects: Objects }

type Opened = Omit<Replacement, 'close'>

/**
 * Opens a sealed rendition to be written again, whatever the last days of its purposes. Null when it is not sealed, or nothing opens
 * it any more. Clears away what a try cut short has left. `busy` holds those that are open.
 */
export async function openReplacement(
  deps: ReplaceDeps,
  renditionId: string,
  busy: Set<string>,
): Promise<Replacement | null> {
  if (busy.has(renditionId))
    throw new Problem(
      'rendition_busy',
      409,
      `Rendition ${renditionId} is being written again; try again in a moment.`,
      {
        renditionId,
      },
    )
  busy.add(renditionId)
  try {
    const opened = await open(deps, renditionId)
    if (!opened) busy.delete(renditionId)
    return opened && { ...opened, close: () => close(deps, opened, busy) }
  } catch (e) {
    busy.delete(renditionId)
    throw e
  }
}

async function open(deps: ReplaceDeps, renditionId: string): Promise<Opened | null> {
  const row = await deps.db
    .selectFrom('rendition')
    .select(['state', 'manifest'])
    .where('id', '=', renditionId)
    .executeTakeFirst()
  if (row?.state !== 'sealed') return null
  for (const wrap of await wrapsOf(deps.db, renditionId)) {
    const secret = unwrapKey(deps.keystore, { ...wrap, renditionId }, wrap.wrapped)
    if (typeof secret === 'string') continue
    await clear(deps, renditionId)
    const [old, fresh] = [holdKey(renditionId, secret), holdKey(renditionId, randomBytes(32))]
    return { renditionId, manifest: row.manifest, old, fresh }
  }
  return null
}

async function close(deps: ReplaceDeps, { renditionId, old, fresh }: Opened, busy: Set<string>): Promise<void> {
  old.dispose()
  fresh.dispose()
  try {
    await clear(deps, renditionId)
  } finally {
    busy.delete(renditionId)
  }
}

const wrapsOf = (db: Kysely<VaultTables>, renditionId: string) =>
  db
    .selectFrom('key_wrap')
    .select(['purpose', 'bucket', 'leaf', 'wrapped'])
    .where('rendition_id', '=', renditionId)
    .orderBy('purpose')
    .execute()

/** Removes the files that no manifest lists: of a rendition that ended meanwhile, all. */
async function clear({ db, objects }: ReplaceDeps, renditionId: string): Promise<void> {
  const row = await db.selectFrom('rendition').select('manifest').where('id', '=', renditionId).executeTakeFirst()
  const listed = new Set(row?.manifest.map(({ streamId }) => streamId))
  const files = (await objects.list(renditionId)).map(readEntry)
  const stray = files.filter((entry) => !('stream' in entry) || !listed.has(entry.stream))
  for (const { file } of stray) await objects.remove(joinPath(renditionId, file))
  if (listed.size === 0) await objects.removeFolder(renditionId)
  else if (stray.length > 0) await objects.syncFolder(renditionId)
}

/**
 * Decides it: from the end of `tx` on only the new key opens the rendition, and what it holds is `streams`. False, and nothing is
 * changed, when it ended or was replaced since it was opened.
 */
export async function decideReplacement(
  deps: ReplaceDeps,
  tx: Transaction<VaultTables>,
  { of, streams }: { of: Opened; streams: SealedStream[] },
): Promise<boolean> {
  const { renditionId, manifest } = of
  // The order of `placeHold`: the lock of leaves, then the row.
  await sql`select pg_advisory_xact_lock(${LEAF_LOCK})`.execute(tx)
  const row = await tx
    .selectFrom('rendition')
    .select(['state', 'manifest'])
    .where('id', '=', renditionId)
    .forUpdate()
    .executeTakeFirst()
  if (row?.state !== 'sealed' || idsOf(row.manifest) !== idsOf(manifest)) return false
  const wraps = await renewWraps(deps, tx, of)
  if (wraps.length === 0) return false
  await tx
    .updateTable('rendition')
    .set({ manifest: JSON.stringify(streams) })
    .where('id', '=', renditionId)
    .execute()
  const old = manifest.map(({ streamId }) => ({ rendition: renditionId, stream: streamId }))
  await tx
    .insertInto('vault_intent')
    .values({
      wraps: JSON.stringify(wraps),
      renditions: [],
      streams: JSON.stringify(old),
      created_at: new Date(deps.clock.now()),
      done_at: null,
    })
    .execute()
  return true
}

const idsOf = (streams: readonly SealedStream[]): string => streams.map(({ streamId }) => streamId).join()

/** Wraps the new key for each purpose that is alive, in its tree. Returns the wraps of the old one; one already dead stays so. */
async function renewWraps(
  deps: ReplaceDeps,
  tx: Transaction<VaultTables>,
  { renditionId, fresh }: Opened,
): Promise<Wrap[]> {
  const renewed: Wrap[] = []
  for (const { purpose, bucket, leaf } of await wrapsOf(tx, renditionId)) {
    if (!deps.keystore.hasLeaf({ bucket, leaf })) continue
    const next = await takeLeaf(deps, tx, bucket)
    const wrapped = wrapKey(deps.keystore, { ...next, renditionId, purpose }, secretOf(fresh))
    await tx
      .updateTable('key_wrap')
      .set({ ...next, wrapped })
      .where('rendition_id', '=', renditionId)
      .where('purpose', '=', purpose)
      .execute()
    renewed.push({ rendition: renditionId, purpose, bucket, leaf })
  }
  return renewed
}
