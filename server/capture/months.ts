import { sql } from 'kysely'
import type { CaptureDb } from './recorder/ledger.ts'

/** Makes the monthly partitions of calls and access records for this month and the next. Idempotent. */
export async function ensureMonths(db: CaptureDb, nowMs: number): Promise<void> {
  for (const table of ['call', 'access_record']) {
    for (const days of [0, 31])
      await sql`select ensure_month(${table}::regclass, ${new Date(nowMs + days * 86_400_000)})`.execute(db)
  }
}
