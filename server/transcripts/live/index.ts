import { sql } from 'kysely'
import type { CaptionReceipt, CaptionSpeed } from '../../../contract/models/captions.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { languageOf, type LanguageSettings } from '../making/language.ts'
import type { Sensitive } from '../making/sensitive.ts'
import type { NameDictionary } from '../redaction/index.ts'
import type { Engines } from '../serving.ts'
import type { AnyTransaction } from '../../platform/db/index.ts'
import type { TranscriptDb } from '../store.ts'
import { FollowedCall, type FollowDeps, type Receipt } from './call.ts'
import type { CallListener, HeardCall } from './heard.ts'
import { captionClock } from './speed.ts'

export type CaptionsDeps = {
  db: TranscriptDb
  clock: Clock
  log: Logger
  engines: Pick<Engines, 'live' | 'relief'>
  settings: LanguageSettings
  sensitive: Pick<Sensitive, 'loadNames'>
  publish: FollowDeps['publish']
  /** Purposes for which the call is to be written down. */
  purposes(callId: string): Promise<unknown[]>
  append(
    tx: AnyTransaction,
    event: { type: 'captions.forgotten'; callId: string; data: Record<string, unknown> },
  ): Promise<void>
}

const tickEveryMs = 250
/** No working copy lives longer: what a crash left behind cannot be opened any more. */
const draftDays = 370

/** Captions of calls in progress, and what is left out of their record because it was heard. */
export function createCaptions(deps: CaptionsDeps) {
  const { db, clock, log } = deps
  const calls = new Set<FollowedCall>()
  const speed = captionClock()
  /** By language; empty until they are read, which is before the first call. */
  let names = new Map<string, NameDictionary>()
  let timer: NodeJS.Timeout | undefined

  async function keep(callId: string, origin: 'source' | 'engine', sealed: Buffer): Promise<void> {
    await sql`insert into caption_draft (call_id, number, at, origin, sealed)
      values (${callId}, (select coalesce(max(number), 0) + 1 from caption_draft where call_id = ${callId}), ${new Date(clock.now())}, ${origin}, ${sealed})`.execute(
      db,
    )
  }

  async function receipt({ callId, captions, viewers, heardMs, engine, recorded }: Receipt): Promise<void> {
    const row = { captions, viewers, heard_ms: Math.round(heardMs), engine, recorded }
    await db.transaction().execute(async (tx) => {
      const { numInsertedOrUpdatedRows: made } = await tx
        .insertInto('caption_receipt')
        .values({ call_id: callId, ended_at: new Date(clock.now()), ...row })
        .onConflict((c) => c.doNothing())
        .executeTakeFirst()
      if (made)
        await deps.append(tx, {
          type: 'captions.forgotten',
          callId,
          data: {
            captions,
            viewers,
            heardMs: row.heard_ms,
            engine,
            recorded,
            kept: recorded ? 'what is to be written down' : 'nothing',
          },
        })
    })
  }

  const followDeps: FollowDeps = {
    clock,
    log,
    live: (language) => deps.engines.live(language),
    relief: (language) => deps.engines.relief(language),
    languageOf: (facts) => languageOf(deps.settings, facts),
    names: (language) => names.get(language) ?? null,
    speed,
    ended: (call) => void calls.delete(call),
    publish: deps.publish,
    keep,
    isWritten: async (callId) => (await deps.purposes(callId)).length > 0,
    receipt,
  }

  return {
    begin(call: HeardCall): CallListener {
      const followed = new FollowedCall(call, followDeps)
      calls.add(followed)
      return followed
    },
    shown: (ms: number): void => speed.delivered(ms),
    speed: (): Omit<CaptionSpeed, 'masks'> => ({
      ...speed.speed(),
      calls: calls.size,
      behind: [...calls].filter((call) => call.behind).length,
    }),
    receiptOf: async (callId: string): Promise<CaptionReceipt | null> => {
      const row = await db.selectFrom('caption_receipt').selectAll().where('call_id', '=', callId).executeTakeFirst()
      if (!row) return null
      const { ended_at, captions, viewers, heard_ms, engine, recorded } = row
      return { callId, endedAt: ended_at.toISOString(), captions, viewers, heardMs: heard_ms, engine, recorded }
    },
    async start(): Promise<void> {
      names = await deps.sensitive.loadNames()
      timer = setInterval(() => calls.forEach((call) => call.tick()), tickEveryMs)
      timer.unref()
      await db
        .deleteFrom('caption_draft')
        .where('at', '<', new Date(clock.now() - draftDays * 86_400_000))
        .execute()
    },
    stop(): void {
      clearInterval(timer)
    },
  }
}
