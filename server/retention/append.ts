import type { AnyTransaction } from '../platform/db/index.ts'

/** What this room's rules and records tell the evidence log. `data` holds ids, counts and hashes; never personal data. */
export type GovernanceEvent =
  | 'register.published'
  | 'organisation.changed'
  | 'jurisdictions.changed'
  | 'gate.registered'
  | 'gate.revoked'
  | 'announcement.published'
  | 'consent.recorded'

/** Appends an event to the evidence log in the transaction that makes it true. */
export type Append = (
  tx: AnyTransaction,
  event: { type: GovernanceEvent; callId: string | null; data: Record<string, unknown> },
) => Promise<void>
