import { z } from 'zod'
import { Country, Id, Instant, PurposeKey } from './common.ts'
import { CallDirection, CaptureProtocol, Decision, LegalBasis } from './policy.ts'
import { AudioMaterial } from './retention.ts'

/** Why a span of a lane holds no real audio (ARCHITECTURE.md). Stored by position: append only. */
export const gapKinds = [
  'paused',
  'agent_off',
  'no_consent',
  'outside_contract',
  'hold',
  'network_loss',
  'dtx',
  'source_paused',
  'interrupted',
  'disk',
  'other',
  'sensitive',
] as const
export const GapKind = z.enum(gapKinds)
export type GapKind = z.infer<typeof GapKind>

/** ms from the call's start. */
export const Gap = z.object({
  leg: z.number().int(),
  kind: GapKind,
  fromMs: z.number(),
  toMs: z.number(),
  provable: z.boolean(),
  missing: z.number().int().nullable(),
})
export type Gap = z.infer<typeof Gap>

const LegRole = z.enum(['agent', 'customer', 'unknown'])

export const LegView = z.object({
  index: z.number().int(),
  label: z.string(),
  role: LegRole,
  codec: z.string(),
  durationMs: z.number(),
  gapsProvable: z.boolean(),
  packets: z.number().int(),
  lost: z.number().int(),
  name: z.string().nullable(),
  address: z.string().nullable(),
})
export type LegView = z.infer<typeof LegView>

export const MarkKind = z.enum([
  'contract_start',
  'contract_end',
  'difficult',
  'recording_on',
  'recording_off',
  'pause',
  'resume',
  'consent_yes',
  'consent_no',
  'silent_leg',
  'hold',
  'unhold',
  'mask',
  'unmask',
])
export type MarkKind = z.infer<typeof MarkKind>
export const Mark = z.object({
  kind: MarkKind,
  atMs: z.number(),
  by: z.enum(['agent', 'supervisor', 'platform', 'api', 'timer', 'policy', 'caller', 'caller_key', 'detector']),
  leg: z.number().int().nullable(),
})
export type Mark = z.infer<typeof Mark>

/** `destroyed`: its last purpose has ended; nothing of it is left but that it was. */
export const CallState = z.enum(['live', 'sealing', 'sealed', 'not_recorded', 'failed', 'destroyed'])
export type CallState = z.infer<typeof CallState>

/** What recording does at this moment, for the agent's control. */
export const RecordingStatus = z.enum([
  'recording',
  'paused',
  'masked',
  'off',
  'no_consent',
  'waiting_contract',
  'not_recorded',
  'ended',
])
export type RecordingStatus = z.infer<typeof RecordingStatus>

const CallAlert = z.enum(['silent_leg', 'disk', 'loss'])

export const Call = z
  .object({
    id: Id,
    state: CallState,
    protocol: CaptureProtocol,
    direction: CallDirection.nullable(),
    queue: z.string().nullable(),
    startedAt: Instant,
    endedAt: Instant.nullable(),
    durationMs: z.number(),
    /** How it ended: `interrupted` = the recorder died and closed the call at restart. */
    ending: z.enum(['hangup', 'disconnect', 'expired', 'error', 'interrupted']).nullable(),
    agentId: Id.nullable(),
    agentName: z.string().nullable(),
    teamIds: z.array(Id),
    callerCountry: Country.nullable(),
    status: RecordingStatus,
    /** Purposes that hold audio or data of this call now. */
    purposes: z.array(PurposeKey),
    difficult: z.boolean(),
    gapsProvable: z.boolean(),
    alerts: z.array(CallAlert),
  })
  .meta({ id: 'Call' })
export type Call = z.infer<typeof Call>

export const RenditionView = z.object({
  /** `processing` (the passing copy as captured), or a purpose of the register. */
  purpose: PurposeKey,
  /** What of the audio it holds; null for the passing copy. */
  material: AudioMaterial.nullable(),
  /** 0 = the whole call; 1, 2, … = its contract windows, from and to in ms (`toMs` null: to the call's end). */
  segment: z.number().int(),
  fromMs: z.number().nullable(),
  toMs: z.number().nullable(),
  state: z.enum(['recording', 'sealed', 'pending', 'erased', 'failed']),
  format: z.string(),
  bytes: z.number(),
  expiresOn: z.iso.date(),
  /** Whether this person's role may listen under this purpose. */
  mayListen: z.boolean(),
})
export type RenditionView = z.infer<typeof RenditionView>

export const CallDetail = Call.extend({
  decision: Decision,
  ruleName: z.string().nullable(),
  legs: z.array(LegView),
  gaps: z.array(Gap),
  marks: z.array(Mark),
  renditions: z.array(RenditionView),
  /** Purposes under which this person may listen now. */
  listenPurposes: z.array(PurposeKey),
  /** A purpose that watches work is locked for the agent's country: of every list of documents one is missing. */
  locked: z.object({ purpose: PurposeKey, country: z.string(), needs: z.array(z.array(z.string())) }).nullable(),
  /** The version of the announcement in force when it was recorded; null when there was none. */
  announcement: z.number().int().nullable(),
  agentAddress: z.string().nullable(),
  customerName: z.string().nullable(),
  customerAddress: z.string().nullable(),
  fileName: z.string().nullable(),
}).meta({ id: 'CallDetail' })
export type CallDetail = z.infer<typeof CallDetail>

/** Permission to play one rendition, bound to the session that asked. The media URL carries only the grant's id. */
export const ListenGrant = z
  .object({
    id: Id,
    mediaUrl: z.string(),
    durationMs: z.number(),
    expiresAt: Instant,
    /** Lanes in leg order; `channel` is the one of the WAV that carries it, `peaks` is base64 of int8 min/max pairs, `peaksPerSecond` pairs a second. */
    lanes: z.array(
      z.object({
        leg: z.number().int(),
        role: LegRole,
        channel: z.number().int(),
        peaks: z.string(),
      }),
    ),
    peaksPerSecond: z.number(),
    gaps: z.array(Gap),
    /** Lanes that cannot be played here (for example G.729 without ffmpeg). */
    unplayable: z.array(z.number().int()),
  })
  .meta({ id: 'ListenGrant' })
export type ListenGrant = z.infer<typeof ListenGrant>

const AccessAction = z.enum(['play', 'view', 'export', 'control'])

/** A person's or another program's name for the case something is needed for. */
export const CaseRef = z.string().trim().max(120).optional()

/**
 * What of a recording was handed out: `original` all of it; `window` a part, contract window or span; `masked` what a purpose leaves of
 * it; `silenced` with passages taken out for this time.
 */
export const Redaction = z.enum(['original', 'window', 'masked', 'silenced'])
export type Redaction = z.infer<typeof Redaction>

export const AccessRecord = z
  .object({
    id: Id,
    at: Instant,
    actorId: Id.nullable(),
    actorName: z.string().nullable(),
    actorRole: z.string(),
    /** `session`: a person with a second factor; `token`: a program. Null in records older than this column. */
    authMethod: z.enum(['session', 'token']).nullable(),
    /** Stands for the session, the same in all records of it; neither its secret nor its id. */
    session: z.string().nullable(),
    action: AccessAction,
    callId: Id,
    /** What was asked for: a rendition and, of a purpose kept in parts, the contract window; 0 is the whole call. */
    renditionId: Id.nullable(),
    segment: z.number().int().nullable(),
    /** The agent heard, as the call named them then. */
    agentId: Id.nullable(),
    purpose: z.string().nullable(),
    /** The purpose as the register named it then (W3C DPV, or of our own). */
    purposeIri: z.string().nullable(),
    /** Of the purpose of this call (GDPR art. 6). */
    legalBasis: LegalBasis.nullable(),
    reason: z.string(),
    /** The case it was for, as the person named it; of a copy for a data subject the request. */
    caseRef: z.string().nullable(),
    /** The second person; null where none is required. */
    approverId: Id.nullable(),
    /** Null when nothing was handed out, and in older records. */
    redaction: Redaction.nullable(),
    outcome: z.enum(['allowed', 'refused']),
    refusal: z.string().nullable(),
    /** Span asked for and media actually served, ms. */
    fromMs: z.number().nullable(),
    toMs: z.number().nullable(),
    servedMs: z.number(),
    /** Place in the chain of records, hash of the one before and of this one, hex; null in records older than the chain. */
    number: z.number().int().nullable(),
    prevHash: z.string().nullable(),
    hash: z.string().nullable(),
  })
  .meta({ id: 'AccessRecord' })
export type AccessRecord = z.infer<typeof AccessRecord>

/** One time somebody else was given an agent's call, as the agent reads it. */
export const Heard = z
  .object({
    id: Id,
    at: Instant,
    callId: Id,
    /** Null: a program with an API token. */
    who: z.string().nullable(),
    role: z.string(),
    action: AccessAction,
    purpose: z.string().nullable(),
    reason: z.string(),
    /** Media handed out, ms. */
    servedMs: z.number(),
  })
  .meta({ id: 'Heard' })
export type Heard = z.infer<typeof Heard>

export const ControlAction = z.enum([
  'recording_on',
  'recording_off',
  'pause',
  'resume',
  'contract_start',
  'contract_end',
  'difficult',
  'not_difficult',
  'consent_yes',
  'consent_no',
])
export type ControlAction = z.infer<typeof ControlAction>

/** The call in progress as the agent's page shows it. */
export const LiveCall = z
  .object({
    id: Id,
    startedAt: Instant,
    direction: CallDirection.nullable(),
    queue: z.string().nullable(),
    agentId: Id.nullable(),
    status: RecordingStatus,
    mode: Decision.shape.mode,
    controls: z.array(ControlAction),
    pausedAt: Instant.nullable(),
    /** When a pause ends by itself. */
    resumesAt: Instant.nullable(),
    inContract: z.boolean(),
    difficult: z.boolean(),
    purposes: z.array(PurposeKey),
    legs: z.array(
      z.object({
        index: z.number().int(),
        role: LegRole,
        silent: z.boolean(),
        /** dBFS over the last second. */ level: z.number().nullable(),
        held: z.boolean(),
      }),
    ),
    alerts: z.array(CallAlert),
  })
  .meta({ id: 'LiveCall' })
export type LiveCall = z.infer<typeof LiveCall>

/** The JSON beside the audio in `POST /calls`. */
export const UploadFacts = z
  .strictObject({
    startedAt: Instant.optional(),
    direction: CallDirection.optional(),
    queue: z.string().max(120).optional(),
    /** Person id, e-mail or telephone-platform login of the agent. */
    agent: z.string().max(200).optional(),
    customer: z
      .strictObject({
        name: z.string().max(200).optional(),
        address: z.string().max(200).optional(),
        country: Country.optional(),
      })
      .optional(),
    /** Which lane of a stereo file is the agent's: 0 = left. */
    agentLane: z.union([z.literal(0), z.literal(1)]).optional(),
    consent: z.enum(['yes', 'no', 'not_asked']).optional(),
    /** For raw formats that do not say what they are (G.729): the media type. */
    mediaType: z.string().max(100).optional(),
    fileName: z.string().max(255).optional(),
  })
  .meta({ id: 'UploadFacts' })
export type UploadFacts = z.infer<typeof UploadFacts>

export const UploadState = z.object({
  id: Id,
  state: z.enum(['receiving', 'decoding', 'done', 'refused']),
  received: z.number(),
  size: z.number(),
  /** 0..1 of the decoding. */
  progress: z.number(),
  callId: Id.nullable(),
  problem: z
    .object({
      code: z.string(),
      detail: z.string(),
      params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    })
    .nullable(),
})
export type UploadState = z.infer<typeof UploadState>
