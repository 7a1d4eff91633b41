import { createHash } from 'node:crypto'
import type { CallDetail } from '../../../contract/models/calls.ts'
import type { Clock } from '../../platform/clock.ts'
import { basisOfPaper, type Papers } from '../papers.ts'
import { type VconAudio, vconOf } from '../vcon/index.ts'

/** A lane that a package has: which leg, at how many samples a second. */
type PackagedLane = { lane: number; rate: number }

/** The documents beside the audio: the call as a vCon, the rule that decided, what the caller said. */
export async function documentsOf(
  { papers, clock }: { papers: Papers; clock: Clock },
  call: CallDetail,
  lanes: readonly PackagedLane[],
): Promise<{ vcon: Buffer; policy: Buffer; consent: Buffer }> {
  const lawfulBases = (await papers.lawfulBases({ id: call.id, startedAt: call.startedAt })).map(basisOfPaper)
  const now = new Date(clock.now())
  return {
    vcon: encode(vconOf(call, { audio: recordingsOf(lanes), lawfulBases, now })),
    policy: encode(await policyOf(papers, call)),
    consent: encode(await papers.consent(call.id)),
  }
}

/** Lanes of one rate share a recording, as the package's writer puts them. */
function recordingsOf(lanes: readonly PackagedLane[]): VconAudio[] {
  const rates = [...new Set(lanes.map(({ rate }) => rate))]
  return rates.map((rate, i) => ({
    media: null,
    filename: rates.length === 1 ? 'recording.wav' : `recording-${i + 1}.wav`,
    channels: lanes.filter((lane) => lane.rate === rate).map(({ lane }) => [lane]),
  }))
}

/** The rule that decided, and of the others no more than their hash: they may name queues and teams. */
async function policyOf(papers: Papers, call: CallDetail): Promise<object> {
  const { decision } = call
  const version = await papers.policy(decision.policyVersion)
  return {
    version: decision.policyVersion,
    publishedAt: version?.publishedAt ?? null,
    rulesSha256: version && createHash('sha256').update(JSON.stringify(version.rules)).digest('hex'),
    rule: version?.rules.find(({ id }) => id === decision.ruleId) ?? null,
    decision,
  }
}

const encode = (document: unknown): Buffer => Buffer.from(`${JSON.stringify(document, null, 1)}\n`)
