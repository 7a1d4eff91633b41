import { contentHash } from './body.ts'
import type { KeptTranscript } from '../transcript.ts'
import type { JsonObject } from './json.ts'
import { writeLawfulBasis } from './lawful-basis.ts'
import { writeParty } from './parties.ts'
import type { LawfulBasis, VconParty, VconRecording } from './types.ts'

/** A document to travel along. `json` is written as it is, `bytes` as base64url. */
export type VconAttachment = {
  purpose: string
  mediaType: string
  filename?: string | undefined
  start: Date
  party: number
  dialog: number
} & ({ json: unknown } | { bytes: Buffer })

export type VconInput = {
  uuid: string
  createdAt: Date
  updatedAt?: Date | null
  subject?: string | null
  parties: VconParty[]
  /** Without media, a recording lies beside the vCon under its file name. */
  recordings: (Omit<VconRecording, 'media'> & { media: Buffer | null })[]
  lawfulBases: LawfulBasis[]
  attachments?: VconAttachment[]
  /** What was said in the first recording; `partyOf` a leg. */
  transcript?: { kept: KeptTranscript; partyOf: (leg: number) => number } | null
}

/**
 * Builds an unsigned vCon 0.4.0 with its media inline. Gaps and pauses have no place in the core, so they go into our own
 * extension `verbale` (`dialog[].verbale.gaps`: kind, from_ms, to_ms, channel), declared in `extensions`.
 */
export function buildVcon(input: VconInput): JsonObject {
  const attachments = [
    ...input.lawfulBases.map((basis) => writeLawfulBasis(basis, input.createdAt)),
    ...(input.attachments ?? []).map(writeAttachment),
  ]
  return {
    vcon: '0.4.0',
    uuid: input.uuid,
    extensions: extensionsOf(input),
    created_at: input.createdAt.toISOString(),
    ...(input.updatedAt && { updated_at: input.updatedAt.toISOString() }),
    ...(input.subject && { subject: input.subject }),
    parties: input.parties.map(writeParty),
    dialog: input.recordings.map(writeRecording),
    analysis: input.transcript ? [writeTranscript(input.transcript)] : [],
    attachments,
  }
}

function extensionsOf(input: VconInput): string[] {
  const parties = input.parties.map(writeParty)
  const own = parties.some((party) => 'verbale' in party) || input.recordings.some((r) => r.gaps.length > 0)
  const contactCentre =
    input.parties.some((party) => party.role !== 'unknown') ||
    input.recordings.some((r) => Object.keys(r.contact).length > 0)
  return [
    ...(contactCentre ? ['CC'] : []),
    ...(input.lawfulBases.length > 0 ? ['lawful_basis'] : []),
    ...(own ? ['verbale'] : []),
  ]
}

function writeRecording(recording: VconInput['recordings'][number]): JsonObject {
  const { contact, media, gaps, channels } = recording
  return {
    type: 'recording',
    start: recording.start.toISOString(),
    ...(recording.durationMs !== null && { duration: recording.durationMs / 1000 }),
    parties: channels.map((on) => (on.length === 0 ? null : on.length === 1 ? on[0]! : on)),
    ...(recording.originator !== null && { originator: recording.originator }),
    ...(recording.mediaType !== null && { mediatype: recording.mediaType }),
    ...(recording.filename !== null && { filename: recording.filename }),
    ...(media && { encoding: 'base64url', body: media.toString('base64url'), content_hash: contentHash(media) }),
    ...(contact.campaign !== undefined && { campaign: contact.campaign }),
    ...(contact.interactionId !== undefined && { interaction_id: contact.interactionId }),
    ...(contact.interactionType !== undefined && { interaction_type: contact.interactionType }),
    ...(contact.skill !== undefined && { skill: contact.skill }),
    ...(gaps.length > 0 && {
      verbale: {
        gaps: gaps.map((gap) => ({ kind: gap.kind, from_ms: gap.fromMs, to_ms: gap.toMs, channel: gap.channel })),
      },
    }),
  }
}

/**
 * What was said, as an analysis of the first dialog (draft-ietf-vcon-vcon-core, section 4.5). No media type is registered for
 * transcripts, so `vendor`, `product` and `schema` say what the body is: README.md.
 */
function writeTranscript({ kept, partyOf }: NonNullable<VconInput['transcript']>): JsonObject {
  const { language, madeAt, engine, model, version, turns } = kept
  return {
    type: 'transcript',
    dialog: 0,
    mediatype: 'application/json',
    vendor: 'verbale',
    product: 'transcripts',
    schema: 'verbale-transcript-1',
    encoding: 'json',
    body: {
      language,
      made_at: madeAt,
      engine: { name: engine, model, version },
      turns: turns.map((turn) => ({
        party: partyOf(turn.leg),
        from_ms: turn.fromMs,
        to_ms: turn.toMs,
        language: turn.language,
        text: turn.text,
        confidence: turn.confidence,
        marks: turn.marks,
        words: turn.words.map(({ at, length, fromMs, toMs }) => ({
          text: turn.text.slice(at, at + length),
          from_ms: fromMs,
          to_ms: toMs,
        })),
      })),
    },
  }
}

function writeAttachment(attachment: VconAttachment): JsonObject {
  const content =
    'json' in attachment
      ? { encoding: 'json', body: attachment.json }
      : {
          encoding: 'base64url',
          body: attachment.bytes.toString('base64url'),
          content_hash: contentHash(attachment.bytes),
        }
  return {
    purpose: attachment.purpose,
    start: attachment.start.toISOString(),
    party: attachment.party,
    dialog: attachment.dialog,
    mediatype: attachment.mediaType,
    ...(attachment.filename !== undefined && { filename: attachment.filename }),
    ...content,
  }
}
