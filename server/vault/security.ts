import { type Kysely, sql } from 'kysely'
import { algorithms } from '../../proof/container.ts'
import type { Clock } from '../platform/clock.ts'
import type { EpochKeys } from './keys/epoch.ts'
import type { Keystore } from './keys/keystore.ts'
import type { VaultTables } from './store.ts'
import type { VaultFacts } from './types.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

type SecurityDeps = { db: Kysely<VaultTables>; keystore: Keystore; epochKeys: EpochKeys; clock: Clock }

/** Keys and what they open, in numbers. */
export async function securityFacts({ db, keystore, epochKeys, clock }: SecurityDeps): Promise<VaultFacts> {
  const [days, counts] = await Promise.all([epochKeys.list(), countRenditions(db, clock.now())])
  return {
    cipher: algorithms.cipher,
    keyHash: algorithms.hash,
    epochKeyAgeMs: clock.now() - keystore.epochDay * DAY_MS,
    epochKeys: days.length,
    ...counts,
  }
}

type Counts = Pick<VaultFacts, 'renditions' | 'erased' | 'withoutPurpose' | 'withoutPurposeHeld' | 'unfinished'>

async function countRenditions(db: Kysely<VaultTables>, nowMs: number): Promise<Counts> {
  const today = new Date(nowMs).toISOString().slice(0, 10)
  const { rows } = await sql<Counts>`
    select count(*) filter (where state <> 'erased')::int as renditions,
      count(*) filter (where state = 'erased')::int as erased,
      count(*) filter (where over and not held)::int as "withoutPurpose",
      count(*) filter (where over and held)::int as "withoutPurposeHeld",
      (select count(*)::int from vault_intent where done_at is null and created_at < ${new Date(nowMs - HOUR_MS)}) as unfinished
    from (
      select state, exists (select from rendition_hold h where h.rendition_id = r.id) as held,
        state in ('recording', 'sealed') and not exists (
          select from key_wrap w where w.rendition_id = r.id and w.expires_on >= ${today}::date) as over
      from rendition r
    ) r`.execute(db)
  return rows[0]!
}
