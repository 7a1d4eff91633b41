import type { EngineIdentity } from '../engines/ports.ts'
import type { EngineDraft, SourceDraft } from '../live/drafts.ts'
import { finalsOf } from '../live/sources.ts'
import type { TranscriptDb } from '../store.ts'
import type { Heard, Lane } from './hear.ts'

/** What the drafts were sealed with. */
type Opened = { lanes: readonly Lane[]; open: (sealed: Buffer) => Buffer }

/** Whether the platform of a call transcribed it while it went on. */
export async function hasSourceDrafts(db: TranscriptDb, callId: string): Promise<boolean> {
  const row = await db
    .selectFrom('caption_draft')
    .select('number')
    .where('call_id', '=', callId)
    .where('origin', '=', 'source')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** What the platform said of a call's lanes, what was final at its end; and whose words they are. */
export async function heardFromSource(
  db: TranscriptDb,
  callId: string,
  speech: Opened,
): Promise<{ heard: Heard[]; identity: EngineIdentity }> {
  const drafts = (await opened(db, callId, { origin: 'source', open: speech.open })) as SourceDraft[]
  const protocol = drafts[0]?.protocol ?? ''
  const finals = finalsOf(
    protocol,
    drafts.flatMap(({ segments }) => segments),
  )
  const heard = [...finals].map(([leg, utterances]) => ({
    leg,
    fromMs: 0,
    toMs: lengthMs(speech, leg),
    utterances,
    leftOut: false,
  }))
  return { heard, identity: { engine: 'source', model: protocol, version: '1', demo: false } }
}

/**
 * What this engine heard of the call while it went on, lane by lane from the beginning without a hole: it need not hear that again.
 */
export async function heardLive(
  db: TranscriptDb,
  callId: string,
  { open, engine }: { open: (sealed: Buffer) => Buffer; engine: EngineIdentity },
): Promise<Heard[]> {
  const drafts = (await opened(db, callId, { origin: 'engine', open })) as EngineDraft[]
  return drafts.filter((draft) => isSame(draft.engine, engine)).flatMap(({ heard }) => heard)
}

const isSame = (a: EngineIdentity, b: EngineIdentity): boolean =>
  a.engine === b.engine && a.model === b.model && a.version === b.version

async function opened(
  db: TranscriptDb,
  callId: string,
  { origin, open }: { origin: 'source' | 'engine'; open: (sealed: Buffer) => Buffer },
): Promise<unknown[]> {
  const rows = await db
    .selectFrom('caption_draft')
    .selectAll()
    .where('call_id', '=', callId)
    .where('origin', '=', origin)
    .orderBy('number')
    .execute()
  return rows.map(({ sealed }) => JSON.parse(open(sealed).toString('utf8')) as unknown)
}

function lengthMs({ lanes }: Opened, leg: number): number {
  const lane = lanes.find((one) => one.leg === leg)
  return lane ? (lane.samples / lane.rate) * 1000 : 0
}
