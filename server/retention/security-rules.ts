import { type Kysely, sql } from 'kysely'
import type { Agreement } from '../../contract/models/agreements.ts'
import type { AnnouncementVersion, ConsentKind } from '../../contract/models/consent.ts'
import type { Organisation } from '../../contract/models/retention.ts'
import { missingOf } from './announcement/text.ts'
import type { ConsentTables } from './consent/store.ts'
import type { Register } from './register/register.ts'

type RulesDeps = {
  db: Kysely<ConsentTables>
  register: ReturnType<Register['current']>
  announcement: AnnouncementVersion | null
  organisation: Organisation | null
  agreements: readonly Agreement[]
}

/** The rules behind retention, in numbers. Times in ms. */
export async function rulesFacts({ db, register, announcement, organisation, agreements }: RulesDeps) {
  const active = register.entries.filter((entry) => entry.active)
  const inForce = agreements.filter((one) => one.inForce)
  const countries = [...new Set(inForce.map(({ country }) => country))].toSorted()
  return {
    register: register.version,
    registerMs: register.publishedAt.getTime(),
    // the first version is the product's own
    registerBy: register.publishedBy
      ? ('person' as const)
      : register.version === 1
        ? ('product' as const)
        : ('nobody' as const),
    purposes: active.length,
    purposesWithText: active.filter(({ legalText }) => legalText.trim() !== '').length,
    purposesWithSoftware: active.filter(({ ai }) => ai !== null).length,
    announcement: announcement?.version ?? null,
    announcementMissing: announcement ? missingOf(organisation).length : 0,
    agreements: countries.map((country) => ({
      country,
      n: inForce.filter((one) => one.country === country).length,
    })),
    consents: await consentsByKind(db),
  }
}

async function consentsByKind(db: Kysely<ConsentTables>): Promise<{ kind: ConsentKind; n: number }[]> {
  const { rows } = await sql<{ kind: ConsentKind; n: number }>`
    select kind, count(*)::int as n from consent_record where kind is not null group by kind order by kind`.execute(db)
  return rows
}
