import type { Transaction } from 'kysely'
import type { VaultTables } from './store.ts'

/** `processing`, or the key of a purpose in the register: lower-case letters, digits, `_` (contract `PurposeKey`). */
export type PurposeName = string

export type RenditionFormat = 'packets' | 'lanes' | 'card'

/** An unlocked data key. Held in memory only; `dispose()` zeroes it. Never serialised, never logged. */
export type RenditionKey = { readonly renditionId: string; readonly disposed: boolean; dispose(): void }

/** One encrypted message. `final` ends with its short last chunk; `recovered` was cut after `chunks` full chunks. */
export type SealedSegment = { n: number; chunks: number; bytes: number; closed: 'final' | 'recovered' }

/** A finished stream as the rendition's manifest lists it (no personal data: stored in clear). */
export type SealedStream = {
  streamId: string
  name: string
  /** Plaintext bytes over all segments. */
  bytes: number
  /** SHA-256 of the plaintext, hex. */
  sha256: string
  /** In order; a segment starts where the ones before it end. */
  segments: SealedSegment[]
}

export type StreamWriter = {
  readonly streamId: string
  readonly name: string
  /** Bytes appended so far. */
  readonly appended: number
  /** Bytes that a kill or power cut can no longer take. */
  readonly durable: number
  /**
   * Appends plaintext; returns at once, encrypting before anything is written. When the disk refuses, bytes are kept in
   * memory up to the vault's limit; past it they are dropped and `dropped` grows. `onFault` hears of both.
   */
  append(bytes: Buffer): void
  readonly dropped: number
  /** More waits in memory than half of what may: whoever can be made to wait should wait, although no disk has refused. */
  readonly crowded: boolean
  /** True once the program stops and the disk did not take the last bytes: what is appended is dropped. */
  readonly givenUp: boolean
  /** Waits for a disk that refuses. Throws Problem `vault_stopped` when the stream is given up. */
  finish(): Promise<SealedStream>
}

export type StreamReader = { readonly size: number; read(from: number, to: number): Promise<Buffer> }

/** Seals small values (names, addresses, metadata) and finds them again by blind index. */
export type Box = {
  seal(label: string, plain: string | Buffer): Buffer
  /** Throws Problem `sealed_value_unreadable` when tampered with or sealed under another key or label. */
  open(label: string, sealed: Buffer): Buffer
  /** HMAC-SHA256 of a normalised value: equal inputs give equal indexes; reveals nothing else. */
  blindIndex(label: string, value: string): Buffer
}

/** The disk refuses a stream. `lost`: some of its bytes are gone for good; otherwise all are kept in memory. */
export type VaultFault = {
  kind: 'disk_full' | 'io'
  lost: boolean
  renditionId: string
  streamId: string
  detail: string
}

export type DoctorFinding = { level: 'ok' | 'warning' | 'error'; code: string; detail: string; renditionId?: string }

/** Keys and what they open, in numbers. */
export type VaultFacts = {
  /** What recordings are sealed with, and how keys are derived, as OpenSSL names it. */
  cipher: string
  keyHash: string
  /** Age of the key that seals the keystore at present, ms, and how many such keys exist. */
  epochKeyAgeMs: number
  epochKeys: number
  /** Renditions that exist, and those whose bytes and keys are gone. */
  renditions: number
  erased: number
  /** Renditions that no purpose may open any more, apart from those a hold keeps. */
  withoutPurpose: number
  withoutPurposeHeld: number
  /** Destructions decided more than an hour ago and not carried out. */
  unfinished: number
}

export type NewRendition = {
  id: string
  callId: string
  format: RenditionFormat
  purpose: string
  /** `expiresOn`: the last day (UTC) on which the purpose may open it. */
  wraps: { purpose: PurposeName; expiresOn: Date }[]
}

/** `all`: every purpose of the rendition. */
export type Ending = { renditionId: string; purpose: PurposeName }
export type Ended = {
  /** Renditions under a hold: nothing of them was ended. */
  held: string[]
  /** Renditions that do not exist, or not yet. */
  unknown: string[]
  /** Renditions that nobody can open any more: their bytes go. */
  erased: string[]
  wraps: { renditionId: string; purpose: string }[]
}

/** A sealed rendition that is being written again under another data key. `close` puts both keys away, and what was not taken. */
export type Replacement = {
  readonly renditionId: string
  /** Opens what it holds, whatever the last days of its purposes. */
  readonly old: RenditionKey
  /** What is written anew is written under. */
  readonly fresh: RenditionKey
  readonly manifest: readonly SealedStream[]
  close(): Promise<void>
}

/** `callIds`: everything held of these calls, now and later. */
export type HoldAsk = { holdId: string; callIds?: string[]; renditionIds?: string[] }

export type Vault = {
  /**
   * Creates a rendition with a fresh data key, wrapped once per entry of `wraps`. Rows are written in `tx`; the purpose
   * buckets' trees are durable in the keystore before this resolves (design order: keystore, wraps, started, bytes).
   */
  createRendition(tx: Transaction<VaultTables>, rendition: NewRendition): Promise<RenditionKey>
  /** Unwraps the data key for one purpose. Throws Problem `purpose_lapsed` (410) or `rendition_unknown` (404). */
  unlock(renditionId: string, purpose: PurposeName): Promise<RenditionKey>
  /**
   * Live, crash-safe writing through the shared journal. `onFault` is called when the disk first refuses, when bytes are first
   * lost, and with null when the disk takes everything again.
   */
  openWriter(key: RenditionKey, name: string, onFault: (fault: VaultFault | null) => void): StreamWriter
  /** Writes a whole stream, durable when it resolves. On error nothing is left behind. */
  writeStream(key: RenditionKey, name: string, source: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<SealedStream>
  openReader(key: RenditionKey, stream: SealedStream): StreamReader
  /** Reads a live writer's stream up to its appended bytes. */
  openLiveReader(key: RenditionKey, writer: StreamWriter): StreamReader
  /** Removes a stream of a rendition still `recording`: a derived one that is made again. */
  removeStream(key: RenditionKey, streamId: string): Promise<void>
  /**
   * After a crash: every stream of a rendition still `recording`, from segments and journal, closed and listed, whole streams
   * written by `writeStream` too. Idempotent. Throws Problem `rendition_live` (409) while this process writes to it.
   */
  recover(key: RenditionKey): Promise<SealedStream[]>
  /** Marks the rendition sealed with its manifest, in `tx`. */
  sealRendition(tx: Transaction<VaultTables>, renditionId: string, streams: SealedStream[]): Promise<void>
  manifest(renditionId: string): Promise<SealedStream[]>
  /**
   * Ends purposes of renditions for good: intent, puncture, wraps, ciphertext of what nobody can open any more, negative test.
   * Held renditions are left alone and told. `alongside` runs in the transaction of the decision, before anything is destroyed.
   * Idempotent, replayed at start; without endings it carries out what was decided before. Throws Problem `erasure_failed` (500).
   */
  end(endings: Ending[], alongside?: (tx: Transaction<VaultTables>, ended: Ended) => Promise<void>): Promise<Ended>
  /** Destroys a rendition for good, whatever its purposes. Throws Problem `rendition_unknown` (404), `rendition_held` (409), `erasure_failed` (500). */
  erase(renditionId: string): Promise<void>
  /**
   * Opens a sealed rendition to destroy a part of it, by writing the rest again. Null when it is not sealed, or nothing opens it any
   * more. Throws Problem `rendition_busy` (409) while another one is open.
   */
  openReplacement(renditionId: string): Promise<Replacement | null>
  /**
   * Exchanges what a rendition holds, its streams and its data key, in place: id, purposes, last days and holds stay. The old key is
   * destroyed as `end` does, for backups too; a hold does not stop it. `alongside` runs in the transaction of the decision. False when
   * the rendition ended meanwhile. Replayed at start. Throws Problem `erasure_failed` (500).
   */
  replaceRendition(
    of: Replacement,
    streams: SealedStream[],
    alongside?: (tx: Transaction<VaultTables>) => Promise<void>,
  ): Promise<boolean>
  /** Keeps renditions from being ended by anything, those made later of a call held as a whole too. */
  hold(tx: Transaction<VaultTables>, ask: HoldAsk): Promise<{ held: string[]; tooLate: string[] }>
  releaseHold(tx: Transaction<VaultTables>, holdId: string): Promise<void>
  /** Unwraps the data key of a held rendition under any of its purposes, over or not. Throws as `unlock`. */
  unlockHeld(renditionId: string): Promise<RenditionKey>
  /** Changes the last day of purposes. What was to be opened until later days is refused at once. */
  setLastDays(
    tx: Transaction<VaultTables>,
    days: (Omit<Ending, 'purpose'> & { purpose: PurposeName; expiresOn: Date })[],
  ): Promise<void>
  /** Ids of the renditions of calls, erased ones left out. */
  renditionsOf(callIds: string[]): Promise<{ id: string; callId: string }[]>
  /** True when the database was older than the keystore at start: it was restored from a backup. */
  readonly restored: boolean
  /** After a restored database: purposes whose keys were destroyed since the backup, though rows still list them. */
  findDead(): AsyncIterable<{ renditionId: string; purpose: string }>
  /** Forgets the key trees of weeks that are over and that no wrap needs any more. Returns their names. */
  dropTrees(): Promise<string[]>
  sealValue(key: RenditionKey, label: string, plain: Buffer): Buffer
  openValue(key: RenditionKey, label: string, sealed: Buffer): Buffer
  /** The deployment's own box for staff data and source credentials. */
  readonly box: Box
  /** Keyed hash for auditable choices (recording policy `random N %`): HMAC-SHA256 under a key of the keystore. */
  selectionHash(input: string): Buffer
  /**
   * Seals the keystore under today's key and destroys the keys older than seven days, so that older copies of the keystore can
   * no longer be opened. To be called daily; once a day is enough, more does no harm.
   */
  rotateEpoch(): Promise<void>
  doctor(): AsyncIterable<DoctorFinding>
  /** Keys and what they open, in numbers. */
  securityFacts(): Promise<VaultFacts>
  /** The program is about to stop: streams still wait a few seconds for a disk that refuses, then are given up. */
  windDown(): void
  /** Makes everything appended durable and zeroes the keys. Unfinished streams are recovered at the next start. */
  stop(): Promise<void>
}
