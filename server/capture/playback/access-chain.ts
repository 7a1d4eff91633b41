import { createHash } from 'node:crypto'
import { type Insertable, type Selectable, sql } from 'kysely'
import type { CaptureDb, CaptureTx } from '../recorder/ledger.ts'
import type { CaptureTables } from '../store.ts'

type Row = Selectable<CaptureTables['access_record']>
type NewRow = Omit<Insertable<CaptureTables['access_record']>, 'number' | 'prev_hash' | 'hash'>
type Chained = Omit<Row, 'hash' | 'from_ms' | 'to_ms' | 'served_ms'>

/** What a doctor says of the chain. */
export type AccessFinding = { level: 'ok' | 'error'; code: string; detail: string }

const PAGE = 1000
const hex = (bytes: Buffer | null): string | null => bytes?.toString('hex') ?? null

/**
 * SHA-256 over the hash of the record before (32 bytes; zeros before the first) and, as a JSON array in UTF-8, everything that was
 * written of this one: sealed values as they lie in the database. How much was handed out (`served_ms`, `from_ms`, `to_ms`) grows
 * afterwards and is outside of the hash.
 */
export function recordHash(row: Chained): Buffer {
  const fields = [
    'verbale/access/v1',
    row.number,
    row.id,
    row.at.toISOString(),
    [row.actor_id, row.actor_role, row.auth_method, row.session_hash],
    [row.action, row.call_id, row.agent_id, row.rendition_id, row.segment],
    [row.purpose, row.purpose_iri, row.legal_basis],
    [hex(row.reason), hex(row.case_ref), row.approver_id],
    [row.outcome, row.refusal, row.redaction],
  ]
  return createHash('sha256')
    .update(row.prev_hash ?? Buffer.alloc(0))
    .update(JSON.stringify(fields))
    .digest()
}

/** Writes a record behind the newest one and returns its hash. Writers wait for each other from here to their commit. */
export async function appendChained(
  tx: CaptureTx,
  row: NewRow & Omit<Chained, 'number' | 'prev_hash'>,
): Promise<Buffer> {
  const head = await tx.selectFrom('access_chain').select(['number', 'hash']).forUpdate().executeTakeFirstOrThrow()
  const chained = { ...row, number: head.number + 1, prev_hash: head.hash }
  const hash = recordHash(chained)
  await tx
    .insertInto('access_record')
    .values({ ...chained, hash })
    .execute()
  await tx.updateTable('access_chain').set({ number: chained.number, hash }).execute()
  return hash
}

/**
 * Ends records older than `months`: the only way out of the book. Of the chain only its oldest part ends, up to the first record that
 * stays, so that what is left can be checked from there.
 */
export async function endOldAccesses(db: CaptureDb, nowMs: number, months: number): Promise<void> {
  const before = new Date(nowMs)
  before.setUTCMonth(before.getUTCMonth() - months)
  await db.transaction().execute(async (tx) => {
    const head = await tx.selectFrom('access_chain').select('number').forUpdate().executeTakeFirstOrThrow()
    await sql`select set_config('verbale.access_before', ${before.toISOString()}, true)`.execute(tx)
    const stays = await tx
      .selectFrom('access_record')
      .select('number')
      .where('number', 'is not', null)
      .where('at', '>=', before)
      .orderBy('number')
      .limit(1)
      .executeTakeFirst()
    const ended = await tx
      .deleteFrom('access_record')
      .where('at', '<', before)
      .where((e) => e.or([e('number', 'is', null), e('number', '<', stays?.number ?? head.number + 1)]))
      .returning(['number', 'hash'])
      .execute()
    const last = ended.reduce((a, b) => ((b.number ?? 0) > (a.number ?? 0) ? b : a), { number: 0, hash: null })
    if (last.number && last.hash)
      await tx.updateTable('access_chain').set({ ended_number: last.number, ended_hash: last.hash }).execute()
  })
}

/** Recomputes the chain as it is at one moment. */
export async function* examineAccesses(db: CaptureDb): AsyncGenerator<AccessFinding> {
  const found = await db.transaction().setIsolationLevel('repeatable read').execute(firstMisfit)
  if (typeof found === 'number')
    yield { level: 'ok', code: 'access_chain_sound', detail: `${found} access records fit their chain.` }
  else yield { level: 'error', code: 'access_chain_broken', detail: found.detail }
}

/** How many records fit the chain; or the first that does not. */
export async function firstMisfit(tx: CaptureTx): Promise<number | { id: string | null; detail: string }> {
  const chain = await tx.selectFrom('access_chain').selectAll().executeTakeFirstOrThrow()
  let before = { number: chain.ended_number, hash: chain.ended_hash }
  for (;;) {
    const rows = await tx
      .selectFrom('access_record')
      .selectAll()
      .where('number', '>', before.number)
      .orderBy('number')
      .orderBy('id')
      .limit(PAGE)
      .execute()
    for (const row of rows) {
      if (!fits(row, before)) return misfit(row)
      before = { number: row.number as number, hash: row.hash as Buffer }
    }
    if (rows.length < PAGE) break
  }
  if (before.number !== chain.number || !before.hash.equals(chain.hash)) return cutOff(before.number, chain.number)
  return chain.number - chain.ended_number
}

const fits = (row: Row, before: { number: number; hash: Buffer }): boolean =>
  row.number === before.number + 1 &&
  row.prev_hash?.equals(before.hash) === true &&
  row.hash?.equals(recordHash(row)) === true

const misfit = ({ id, number, at }: Row): { id: string; detail: string } => ({
  id,
  detail: `Access record ${id} (number ${number}, ${at.toISOString()}) does not fit the one before: one of the two was changed, or records between them were removed, outside of the program. Those before it are as they were written.`,
})

const cutOff = (found: number, newest: number): { id: null; detail: string } => ({
  id: null,
  detail: `The chain of access records ends at number ${found}, yet ${newest} were written: the newest were removed outside of the program, or the database is older than it says.`,
})
