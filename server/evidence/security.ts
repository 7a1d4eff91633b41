import { type Kysely, sql } from 'kysely'
import { ED25519, parseVkey } from '../../proof/note.ts'
import type { Log } from './log/index.ts'
import type { Stamps } from './stamps/index.ts'
import type { EvidenceTables } from './store.ts'

type SecurityDeps = {
  db: Kysely<EvidenceTables>
  log: Pick<Log, 'status' | 'checkedMs'>
  stamps: Pick<Stamps, 'status'>
}

/** The log, its witnesses and its stamps, in numbers. Times in ms; null where there is none yet. */
export async function securityFacts({ db, log, stamps }: SecurityDeps) {
  const [status, stamp, all] = await Promise.all([log.status(), stamps.status(), countAll(db)])
  const type = status.vkey === null ? null : parseVkey(status.vkey).type
  return {
    ...all,
    queued: status.queued,
    checkpointMs: status.checkpoint ? Date.parse(status.checkpoint.signedAt) : null,
    checkedMs: log.checkedMs(),
    alarm: status.alarm?.code ?? null,
    signature: type === ED25519 ? 'Ed25519' : null,
    witnesses: status.witnesses.length,
    witnessesFailing: status.witnesses.filter(({ problem }) => problem !== null).length,
    level: stamp.level,
    stampedMs: stamp.last ? Date.parse(stamp.last.stampedAt) : null,
    stampFailing: stamp.failure !== null || stamp.late,
  }
}

/** Entries of all logs that stand, and how many logs were given up. */
async function countAll(db: Kysely<EvidenceTables>): Promise<{ entries: number; abandoned: number }> {
  const { rows } = await sql<{ entries: number; abandoned: number }>`
    select coalesce(sum(size) filter (where not abandoned), 0)::bigint as entries,
      count(*) filter (where abandoned)::int as abandoned from log`.execute(db)
  return rows[0]!
}
