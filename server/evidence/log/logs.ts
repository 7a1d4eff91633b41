import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import { emptyRoot } from '../../../proof/merkle.ts'
import { ED25519, encodeVkey, noteKey, rawPublicKey } from '../../../proof/note.ts'
import type { Box } from '../../vault/index.ts'
import type { EvidenceTables, LogRow } from '../store.ts'

type Tx = Transaction<EvidenceTables>

/** Only one process at a time integrates or signs: an advisory lock of the database, held to the end of the transaction. */
const WRITER = 6_962_202_600
export const lockWriter = (tx: Tx): Promise<unknown> => sql`select pg_advisory_xact_lock(${WRITER})`.execute(tx)

/** The log that is being written, or undefined before the first. */
export const currentLog = (db: Kysely<EvidenceTables>): Promise<LogRow | undefined> =>
  db.selectFrom('log').selectAll().where('ended_at', 'is', null).executeTakeFirst()

export type Beginning = {
  /** First part of the origin, such as `verbale.example.com`. */
  operator: string
  year: number
  atMs: number
  /** The checkpoint text that was signed last before. */
  after: string | null
  /** A name that must not be used again although the database does not know it. */
  not?: string | undefined
}

/**
 * Begins a log with a key of its own; it must be the only one that is not ended.
 * Name: the year, then `2026-2`, `2026-3` …
 */
export async function beginLog(tx: Tx, box: Box, beginning: Beginning): Promise<LogRow> {
  const { operator, year, atMs, after } = beginning
  const name = await freeName(tx, year, beginning.not)
  const origin = `${operator}/${name}`
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const vkey = encodeVkey(noteKey(origin, ED25519, rawPublicKey(publicKey)))
  const log = await tx
    .insertInto('log')
    .values({ name, origin, year, vkey, size: 0, root: emptyRoot, after, began_at: new Date(atMs), ended_at: null })
    .returningAll()
    .executeTakeFirstOrThrow()
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' })
  await tx
    .insertInto('log_key')
    .values({ log_id: log.id, sealed: box.seal(keyLabel(log), secret) })
    .execute()
  secret.fill(0)
  return log
}

async function freeName(tx: Tx, year: number, not: string | undefined): Promise<string> {
  const rows = await tx.selectFrom('log').select('name').where('year', '=', year).execute()
  const numbers = [...rows.map((row) => row.name), ...(not === undefined ? [] : [not])].map((name) => {
    const [, of, number = '1'] = /^(\d+)(?:-(\d+))?$/.exec(name) ?? []
    return Number(of) === year ? Number(number) : 0
  })
  const next = Math.max(0, ...numbers) + 1
  return next === 1 ? String(year) : `${year}-${next}`
}

const keyLabel = (log: { origin: string }): string => `log-key ${log.origin}`

/** The private key of a log. Throws Problem `sealed_value_unreadable`. */
export async function openKey(db: Kysely<EvidenceTables>, box: Box, log: LogRow): Promise<KeyObject> {
  const { sealed } = await db
    .selectFrom('log_key')
    .select('sealed')
    .where('log_id', '=', log.id)
    .executeTakeFirstOrThrow()
  const secret = box.open(keyLabel(log), sealed)
  const key = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' })
  secret.fill(0)
  return key
}

/** Ends the log that is being written. `abandoned`: it is not what was signed. */
export async function endLog(tx: Tx, log: LogRow, how: { atMs: number; abandoned: boolean }): Promise<void> {
  await tx
    .updateTable('log')
    .set({ ended_at: new Date(how.atMs), abandoned: how.abandoned })
    .where('id', '=', log.id)
    .execute()
}
