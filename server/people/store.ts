import type { ColumnType, Generated, Kysely, Transaction } from 'kysely'
import type { Role } from '../../contract/permissions.ts'
import type { Locale } from '../../contract/models/common.ts'

export type SessionState = 'signed_in' | 'enrolling'
export type ChallengeKind = 'register' | 'authenticate'

/** The tables of this room. Columns of type Buffer hold sealed values, keyed indexes or hashes. */
export type PeopleTables = {
  teams: { id: string; name: Buffer; name_index: Buffer; country: string | null; created_at: Date }
  people: {
    id: string
    name: Buffer
    email: Buffer
    email_index: Buffer
    role: Role
    country: string | null
    locale: Locale
    active: Generated<boolean>
    password: Buffer | null
    totp: Buffer | null
    totp_step: number | null
    /** A day (UTC), `YYYY-MM-DD`; null before the first sign-in. */
    last_sign_in_on: ColumnType<string | null, string | undefined, string>
    created_at: Date
  }
  person_teams: { person_id: string; team_id: string }
  person_aliases: { alias_index: Buffer; person_id: string; alias: Buffer; position: number }
  passkeys: {
    id: string
    person_id: string
    credential_id: string
    public_key: Buffer
    counter: number
    transports: string[]
    name: Buffer
    created_at: Date
  }
  recovery_codes: { person_id: string; code_index: Buffer }
  sessions: {
    id: string
    token_hash: Buffer
    person_id: string
    state: SessionState
    created_at: Date
    seen_at: Date
    ends_at: Date
    challenge: string | null
    challenge_kind: ChallengeKind | null
    challenge_ends_at: Date | null
    pending_totp: Buffer | null
  }
  invitations: { person_id: string; token_hash: Buffer; ends_at: Date }
  setup_token: { single: Generated<boolean>; token_hash: Buffer; created_at: Date }
  api_tokens: {
    id: string
    token_hash: Buffer
    name: Buffer
    permissions: string[]
    created_by: string | null
    created_at: Date
    last_used_at: Date | null
  }
  sign_in_throttles: { key: Buffer; failures: number; blocked_until: Date; touched_at: Date }
}

export type PeopleDb = Kysely<PeopleTables>
export type PeopleTx = Transaction<PeopleTables>
