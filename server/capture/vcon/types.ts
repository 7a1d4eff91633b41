import type { KeyObject, X509Certificate } from 'node:crypto'
import type { PartyRole } from '../source.ts'
import type { JsonObject } from './json.ts'

/** Everything here may be personal data: keep it sealed, never log it. */

export type VconParty = {
  role: PartyRole
  /** Telephone number, SIP or mail address, or login, as written. */
  address?: string | undefined
  name?: string | undefined
  /** ISO 3166-1 alpha-2. */
  country?: string | undefined
}

/** A span without the caller's real audio, ms from the start of the recording. `channel` null: all of them. */
export type VconGap = { kind: string; fromMs: number; toMs: number; channel: number | null }

export type VconRecording = {
  start: Date
  durationMs: number | null
  mediaType: string | null
  filename: string | null
  media: Buffer
  /** Parties heard on each channel, by index; see `partiesByChannel`. */
  channels: number[][]
  /** Party that began the dialog, when it is not the first. */
  originator: number | null
  gaps: VconGap[]
  /** Contact-centre extension: campaign, interaction id, type and skill. */
  contact: { campaign?: string; interactionId?: string; interactionType?: string; skill?: string }
}

export type ImportedRecording = VconRecording & {
  /** Index in the vCon's `dialog`. */
  dialog: number
}

export type BasisName =
  | 'consent'
  | 'contract'
  | 'legal_obligation'
  | 'vital_interests'
  | 'public_task'
  | 'legitimate_interests'

export type PurposeGrant = { purpose: string; granted: boolean; grantedAt: Date; conditions: string[] }

/** A `lawful_basis` attachment (draft-howe-vcon-lawful-basis-00). */
export type LawfulBasis = {
  basis: BasisName
  /** When it ends; null: no end. */
  expiration: Date | null
  grants: PurposeGrant[]
  /** Indexes of the party and dialog it is about, when told. */
  party: number | null
  dialog: number | null
  /** What shows that it was granted, as the draft's `proof_mechanisms`. */
  proofs?: JsonObject[] | undefined
}

/** A part kept as it came: text dialogs, transfers, analyses, attachments. */
export type RawPart = { kind: 'dialog' | 'analysis' | 'attachment'; index: number; type: string | null; json: unknown }

export type SignatureReport = {
  /** Always true in a result: a bad signature is refused. */
  valid: true
  algorithm: string
  subject: string
  issuer: string
  /** SHA-256 of the signer's certificate, hex. */
  fingerprint: string
  validFrom: Date
  validTo: Date
  /** Whether the chain ends at a configured anchor and every certificate is in force. */
  trusted: boolean
  /** Why it is not trusted. */
  reason: 'no_anchor' | 'out_of_force' | 'chain_broken' | 'not_an_issuer' | null
}

export type VconWarning =
  | 'unknown_version'
  | 'older_field_names'
  | 'lawful_basis_unreadable'
  | 'amends_another'
  | 'body_alphabet'
  | 'hash_missing'

export type ImportedVcon = {
  uuid: string
  version: string | null
  createdAt: Date
  updatedAt: Date | null
  subject: string | null
  redacted: boolean
  parties: VconParty[]
  recordings: ImportedRecording[]
  lawfulBases: LawfulBasis[]
  others: RawPart[]
  /** Outermost signature first; empty: unsigned. */
  signatures: SignatureReport[]
  signed: boolean
  encrypted: boolean
  warnings: VconWarning[]
  /** The bytes as received, for evidence. */
  raw: Buffer
}

export type VconLimits = {
  maxBytes: number
  maxDepth: number
  /** JSON values in all. */
  maxValues: number
  maxDialogs: number
  maxParties: number
  /** Envelopes (JWS, JWE) around each other. */
  maxEnvelopes: number
  /** JavaScript heap of the reading worker, MB, and the longest time it may take, ms. */
  heapMb: number
  timeoutMs: number
}

export const defaultVconLimits: VconLimits = {
  maxBytes: 128 * 1024 * 1024,
  maxDepth: 64,
  maxValues: 1_000_000,
  maxDialogs: 1000,
  maxParties: 1000,
  maxEnvelopes: 4,
  heapMb: 1500,
  timeoutMs: 300_000,
}

/** V8's longest string: a larger vCon cannot be parsed. */
export const MAX_VCON_BYTES = 384 * 1024 * 1024

export type VconKeys = {
  /** Our private keys for encrypted vCons. */
  decrypt?: KeyObject[] | undefined
  /** Certificates at which a signer's chain may end. */
  anchors?: X509Certificate[] | undefined
}

export type VconOptions = {
  keys?: VconKeys | undefined
  /** Content of external references, by their URL exactly as written. Nothing is ever fetched. */
  content?: ReadonlyMap<string, Buffer> | undefined
  limits?: Partial<VconLimits> | undefined
  /** Wall time for the certificates' validity, ms since the epoch. */
  now?: number | undefined
}
