import type { Kysely } from 'kysely'
import { type Checkpoint, parseCheckpoint } from '../../../proof/checkpoint.ts'
import { LogError } from '../../../proof/log-error.ts'
import { rootOf } from '../../../proof/merkle.ts'
import { type Objects, readWhole, replaceFile } from '../../platform/objects/index.ts'
import type { EvidenceTables, LogRow } from '../store.ts'
import { asInconsistency, Inconsistency } from './inconsistency.ts'
import { storedNodes } from './tiles.ts'

/** What was signed last, as the file tells it: the checkpoint's text. */
export type Guarded = { text: string; checkpoint: Checkpoint }

/**
 * The guard: a file outside the database with what was signed last. A database that was set back to an older state, or that was
 * rewritten, cannot agree with it.
 */
export type Guard = {
  /** Null when there is no file. Throws Inconsistency `guard_damaged`. */
  read(): Promise<Guarded | null>
  /** Durable when it resolves. */
  write(text: string): Promise<void>
}

const FILE = 'last-signed'

export function createGuard(folder: Objects): Guard {
  return {
    async read() {
      const bytes = await readWhole(folder, FILE)
      if (!bytes) return null
      try {
        return { text: bytes.toString('utf8'), checkpoint: parseCheckpoint(bytes.toString('utf8')) }
      } catch (e) {
        if (!(e instanceof LogError)) throw e
        throw new Inconsistency('guard_damaged', 'The file with the last signed state of the log is damaged.')
      }
    },
    write: (text) => replaceFile(folder, '', FILE, Buffer.from(text)),
  }
}

/**
 * Whether the log in the database continues what was signed last: at least as long, and with the same root at that size,
 * recomputed from its tiles. Throws Inconsistency.
 */
export async function requireContinues(
  db: Kysely<EvidenceTables>,
  log: LogRow,
  guarded: Guarded | null,
): Promise<void> {
  if (!guarded) return requireUnsigned(db)
  const { origin, size, root } = guarded.checkpoint
  if (origin !== log.origin) return requireFollows(db, log, guarded)
  if (size > log.size)
    throw new Inconsistency(
      'log_shorter',
      `Log ${log.name} has ${log.size} entries, but ${size} were signed: the database is older than that.`,
    )
  const found = await asInconsistency(() => rootOf(storedNodes(db, log.id, size), size))
  if (!found.equals(root))
    throw new Inconsistency(
      'history_differs',
      `The first ${size} entries of log ${log.name} are not those that were signed.`,
    )
}

/** Before anything was signed there is no guard. */
async function requireUnsigned(db: Kysely<EvidenceTables>): Promise<void> {
  const signed = await db.selectFrom('checkpoint').select('size').limit(1).executeTakeFirst()
  if (signed)
    throw new Inconsistency(
      'guard_missing',
      'The file with the last signed state of the log is gone, but there is a signed log.',
    )
}

/** A new log follows what was signed last of another, until it is signed itself. */
async function requireFollows(db: Kysely<EvidenceTables>, log: LogRow, guarded: Guarded): Promise<void> {
  const signed = await db
    .selectFrom('checkpoint')
    .select('size')
    .where('origin', '=', log.origin)
    .limit(1)
    .executeTakeFirst()
  if (signed || log.after !== guarded.text)
    throw new Inconsistency(
      'guard_other_log',
      `What was signed last is of ${guarded.checkpoint.origin}; the database writes ${log.origin}.`,
    )
}
