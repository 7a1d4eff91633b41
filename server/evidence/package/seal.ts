import type { Kysely } from 'kysely'
import { signNote } from '../../../proof/note.ts'
import { Problem } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'
import { currentLog, openKey } from '../log/logs.ts'
import type { EvidenceTables } from '../store.ts'

/**
 * Signs a text with the key of the log that is written. A package's seal cannot be taken for a checkpoint: its second line is no
 * number. Throws Problem `log_not_begun` (503).
 */
export async function sealWithLogKey(db: Kysely<EvidenceTables>, box: Box, text: string): Promise<string> {
  const log = await currentLog(db)
  if (!log) throw new Problem('log_not_begun', 503, 'The log has not begun yet. Try again shortly.')
  return signNote(text, log.origin, await openKey(db, box, log))
}
