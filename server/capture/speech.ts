import { isProblem } from '../platform/problem.ts'
import type { Vault } from '../vault/index.ts'
import { asL16 } from './media/index.ts'
import type { CaptureDb } from './recorder/ledger.ts'
import { openLanes } from './sealing/derive.ts'

/** A lane as it was captured. Sample 0 is the call's start. */
export type SpeechLane = {
  leg: number
  role: 'agent' | 'customer' | 'unknown'
  rate: 8000 | 16_000
  samples: number
  /** Samples `[from, to)`; silence where there is no audio. */
  read(from: number, to: number): Promise<Int16Array>
}

/** What was said in a sealed call, for software to write down; `seal` and `open` use the working copy's key, and end with it. */
export type Speech = {
  lanes: SpeechLane[]
  seal(plain: Buffer): Buffer
  open(sealed: Buffer): Buffer
  close(): void
}

/** What a transcript has to know of its call. */
export type SpeechFacts = {
  callId: string
  startedAt: Date
  durationMs: number
  agentId: string | null
  agentCountry: string | null
  callerCountry: string | null
  teamIds: string[]
  queue: string | null
  direction: string | null
  difficult: boolean
}

/** Of what is sealed for the transcript under the key of the working copy. */
export const draftLabel = 'speech.draft'

/** Opens the working copy of a call; null when it is gone, or not there yet. */
export async function openSpeech(
  { db, vault }: { db: CaptureDb; vault: Vault },
  callId: string,
): Promise<Speech | null> {
  const row = await db
    .selectFrom('call_rendition')
    .select(['rendition_id', 'state'])
    .where('call_id', '=', callId)
    .where('purpose', '=', 'processing')
    .executeTakeFirst()
  if (row?.state !== 'sealed') return null
  const key = await vault.unlock(row.rendition_id, 'processing').catch((e: unknown) => {
    if (isProblem(e) && e.code === 'purpose_lapsed') return null
    throw e
  })
  if (!key) return null
  try {
    const legs = await db.selectFrom('call_leg').select(['index', 'role']).where('call_id', '=', callId).execute()
    const opened = await openLanes(vault, key, await vault.manifest(row.rendition_id))
    const lanes = opened
      .filter(({ undecodable }) => !undecodable)
      .map(({ leg, lane }): SpeechLane & { close(): void } => {
        const plain = asL16(lane, lane.rate)
        return {
          leg,
          role: legs.find(({ index }) => index === leg)?.role ?? 'unknown',
          rate: plain.rate as SpeechLane['rate'],
          samples: plain.to,
          read: async (from, to) => samplesOf(await plain.read(from, to)),
          close: () => plain.close(),
        }
      })
    return {
      lanes,
      seal: (plain) => vault.sealValue(key, draftLabel, plain),
      open: (sealed) => vault.openValue(key, draftLabel, sealed),
      close: () => {
        for (const lane of lanes) lane.close()
        key.dispose()
      },
    }
  } catch (e) {
    key.dispose()
    throw e
  }
}

/** L16 as it lies in a lane: little-endian. */
function samplesOf(bytes: Buffer): Int16Array {
  const samples = new Int16Array(bytes.length >> 1)
  for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(2 * i)
  return samples
}

export async function speechFacts(db: CaptureDb, callId: string): Promise<SpeechFacts | null> {
  const row = await db.selectFrom('call').selectAll().where('id', '=', callId).executeTakeFirst()
  if (!row || row.state === 'destroyed' || row.state === 'not_recorded') return null
  const { longest } = await db
    .selectFrom('call_leg')
    .select((e) => e.fn.max('duration_ms').as('longest'))
    .where('call_id', '=', callId)
    .executeTakeFirstOrThrow()
  return {
    callId,
    startedAt: row.started_at,
    durationMs: Number(longest ?? 0),
    agentId: row.agent_id,
    agentCountry: row.agent_country,
    callerCountry: row.caller_country,
    teamIds: row.team_ids,
    queue: row.queue,
    direction: row.direction,
    difficult: row.difficult,
  }
}
