import { type ColumnType, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { AgreementDraft } from '../../../contract/models/agreements.ts'
import type { AgreementKind, Feature } from '../../../contract/models/retention.ts'
import type { Box } from '../../vault/index.ts'
import type { Document } from './form.ts'
import type { Registered } from './gate.ts'

type Day = ColumnType<string, string, never>

/** Kept as written: the database refuses every change. */
export type AgreementTables = {
  agreement: {
    id: string
    country: string
    kind: string
    features: string[]
    teams: string[]
    valid_from: Day
    valid_to: ColumnType<string | null, string | null, never>
    reference: Buffer
    registered_at: Date
    registered_by: string | null
  }
  agreement_document: { agreement_id: string; sealed: Buffer; sha256: string; media_type: string; bytes: number }
  agreement_revocation: { agreement_id: string; reason: Buffer; revoked_at: Date; revoked_by: string | null }
}

export type StoredAgreement = Registered & {
  reference: string
  document: { sha256: string; mediaType: string; bytes: number } | null
  registeredBy: string | null
  revokedBy: string | null
  revokedBecause: string | null
}

export type NewAgreement = { id: string; draft: AgreementDraft; document: Document | null; at: Date; by: string | null }
type Alongside = (tx: Transaction<AgreementTables>) => Promise<void>

const label = {
  reference: (id: string): string => `agreement/reference/${id}`,
  reason: (id: string): string => `agreement/reason/${id}`,
  document: (id: string): string => `agreement/document/${id}`,
}

export function createAgreementStore(db: Kysely<AgreementTables>, box: Box) {
  const open = (name: string, sealed: Buffer): string => box.open(name, sealed).toString('utf8')

  /** All of them, newest first, without their documents' bytes. */
  async function all(): Promise<StoredAgreement[]> {
    const agreements = await db.selectFrom('agreement').selectAll().orderBy('id', 'desc').execute()
    const documents = await db
      .selectFrom('agreement_document')
      .select(['agreement_id', 'sha256', 'media_type', 'bytes'])
      .execute()
    const revocations = await db.selectFrom('agreement_revocation').selectAll().execute()
    return agreements.map((row) => {
      const document = documents.find((one) => one.agreement_id === row.id)
      const revoked = revocations.find((one) => one.agreement_id === row.id)
      return {
        ...factsOf(row),
        reference: open(label.reference(row.id), row.reference),
        registeredBy: row.registered_by,
        document: document ? { sha256: document.sha256, mediaType: document.media_type, bytes: document.bytes } : null,
        revokedAt: revoked?.revoked_at.getTime() ?? null,
        revokedBy: revoked?.revoked_by ?? null,
        revokedBecause: revoked ? open(label.reason(row.id), revoked.reason) : null,
      }
    })
  }

  return {
    all,
    register: ({ id, draft, document, at, by }: NewAgreement, alongside: Alongside): Promise<void> =>
      db.transaction().execute(async (tx) => {
        const { country, kind, features, teams } = draft
        const reference = box.seal(label.reference(id), draft.reference)
        const days = { valid_from: draft.validFrom, valid_to: draft.validTo }
        await tx
          .insertInto('agreement')
          .values({ id, country, kind, features, teams, ...days, reference, registered_at: at, registered_by: by })
          .execute()
        if (document) {
          const { bytes, sha256, mediaType: media_type } = document
          const sealed = box.seal(label.document(id), bytes)
          await tx
            .insertInto('agreement_document')
            .values({ agreement_id: id, sealed, sha256, media_type, bytes: bytes.length })
            .execute()
        }
        await alongside(tx)
      }),
    /** False when it is revoked already. */
    revoke: (
      { id, reason, at, by }: { id: string; reason: string; at: Date; by: string | null },
      alongside: Alongside,
    ): Promise<boolean> =>
      db.transaction().execute(async (tx) => {
        const written = await tx
          .insertInto('agreement_revocation')
          .values({ agreement_id: id, reason: box.seal(label.reason(id), reason), revoked_at: at, revoked_by: by })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
        if (written.numInsertedOrUpdatedRows === 0n) return false
        await alongside(tx)
        return true
      }),
    async document(id: string): Promise<{ bytes: Buffer; mediaType: string } | null> {
      const row = await db
        .selectFrom('agreement_document')
        .select(['sealed', 'media_type'])
        .where('agreement_id', '=', sql<string>`${id}::uuid`)
        .executeTakeFirst()
      return row ? { bytes: box.open(label.document(id), row.sealed), mediaType: row.media_type } : null
    },
  }
}

const factsOf = (row: Selectable<AgreementTables['agreement']>): Omit<Registered, 'revokedAt'> => ({
  id: row.id,
  country: row.country,
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from the same list
  kind: row.kind as AgreementKind,
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from the same list
  features: row.features as Feature[],
  teams: row.teams,
  validFrom: row.valid_from,
  validTo: row.valid_to,
  registeredAt: row.registered_at.getTime(),
})
