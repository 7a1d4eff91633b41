import type { CallDetail } from '../../../contract/models/calls.ts'
import type { KeptTranscript } from '../transcript.ts'
import { buildVcon } from './export.ts'
import type { JsonObject } from './json.ts'
import type { LawfulBasis } from './types.ts'

/** The audio of a call as a vCon carries it: `media` null when it lies beside the vCon under `filename`. */
export type VconAudio = {
  media: Buffer | null
  filename: string | null
  /** Legs heard on each channel. */
  channels: number[][]
}

/** A call as a vCon: who spoke, when, what is missing, and on which legal basis it is kept. */
export function vconOf(
  call: CallDetail,
  about: { audio: VconAudio[]; lawfulBases: LawfulBasis[]; now: Date; transcript?: KeptTranscript | null },
): JsonObject {
  const parties = call.legs.map((leg) => ({
    role: leg.role,
    address: leg.address ?? undefined,
    name: leg.name ?? (leg.role === 'agent' ? (call.agentName ?? undefined) : undefined),
  }))
  const partyOf = (leg: number): number => call.legs.findIndex(({ index }) => index === leg)
  return buildVcon({
    uuid: call.id,
    createdAt: about.now,
    parties,
    recordings: about.audio.map(({ media, filename, channels }) => ({
      start: new Date(call.startedAt),
      durationMs: call.durationMs,
      mediaType: 'audio/x-wav',
      filename,
      media,
      channels: channels.map((legs) => legs.map(partyOf)),
      originator: null,
      gaps: call.gaps.flatMap((gap) => {
        const channel = channels.findIndex((legs) => legs.includes(gap.leg))
        return channel < 0 ? [] : [{ kind: gap.kind, fromMs: gap.fromMs, toMs: gap.toMs, channel }]
      }),
      contact: { ...(call.queue && { skill: call.queue }) },
    })),
    lawfulBases: about.lawfulBases,
    transcript: about.transcript ? { kept: about.transcript, partyOf } : null,
  })
}
