import { sql } from 'kysely'
import type { CaptionSpeed } from '../../contract/models/captions.ts'
import type { SpeechEngines, SpeechQueue } from '../../contract/models/transcripts.ts'
import type { Actor, Handlers } from '../platform/http/handlers.ts'
import { Problem } from '../platform/problem.ts'
import type { createCaptions } from './live/index.ts'
import { type MeaningDeps, searchMeaning } from './meaning/search.ts'
import type { createReading } from './reading/reading.ts'
import type { createSavedSearches } from './search/saved.ts'
import { search } from './search/search.ts'
import type { TranscriptDb } from './store.ts'

export type TranscriptKeys =
  | 'GET /calls/:callId/transcript'
  | 'POST /calls/:callId/transcript'
  | 'POST /calls/:callId/transcript/export'
  | 'POST /calls/:callId/transcript/corrections'
  | 'GET /transcripts/search'
  | 'POST /transcripts/search'
  | 'GET /transcripts/searches'
  | 'POST /transcripts/searches'
  | 'PUT /transcripts/searches/:searchId'
  | 'DELETE /transcripts/searches/:searchId'
  | 'GET /speech/engines'
  | 'GET /speech/queue'
  | 'POST /speech/queue/:callId/retry'
  | 'GET /speech/captions'
  | 'GET /calls/:callId/captions/receipt'

export type TranscriptRouteDeps = MeaningDeps & {
  reading: ReturnType<typeof createReading>
  captions: Pick<ReturnType<typeof createCaptions>, 'speed' | 'receiptOf'>
  requireReach(actor: Actor, callId: string): Promise<void>
  maskFacts(): Promise<CaptionSpeed['masks']>
  saved: ReturnType<typeof createSavedSearches>
  /** Which calls may be quoted; writes each down as an access. Throws Problem when the purpose is not the role's. */
  permitQuotes(actor: Actor, ask: { callIds: string[]; purpose: string }): Promise<Set<string>>
  retry(callId: string): Promise<boolean>
  engines(): Omit<SpeechEngines, 'meaning'>
  meaning(): Promise<SpeechEngines['meaning']>
}

const failuresShown = 100

export function transcriptRoutes(deps: TranscriptRouteDeps): Handlers<TranscriptKeys> {
  const { reading, saved } = deps
  return {
    'GET /calls/:callId/transcript': ({ actor, params }) => reading.status(actor, params.callId),
    'POST /calls/:callId/transcript': ({ actor, params, body }) => reading.read(actor, { ...params, ...body }),
    'POST /calls/:callId/transcript/export': ({ actor, params, body }) =>
      reading.takeAway(actor, { ...params, ...body }),
    'POST /calls/:callId/transcript/corrections': ({ actor, params, body }) =>
      reading.correct(actor, { ...params, ...body }),
    'POST /transcripts/search': async ({ actor, body }) => {
      const found = await (body.by === 'meaning' ? searchMeaning : search)(deps, actor, body)
      const callIds = [...new Set(found.items.map(({ callId }) => callId))]
      const allowed = await deps.permitQuotes(actor, { callIds, purpose: body.purpose })
      return { items: found.items.filter(({ callId }) => allowed.has(callId)), next: found.next }
    },
    'GET /transcripts/search': async () => ({ by: deps.embedder ? ['words', 'meaning'] : ['words'] }),
    'GET /transcripts/searches': async ({ actor }) => ({ items: await saved.list(actor) }),
    'POST /transcripts/searches': ({ actor, body }) => saved.add(actor, body),
    'PUT /transcripts/searches/:searchId': ({ actor, params, body }) => saved.change(actor, params.searchId, body),
    'DELETE /transcripts/searches/:searchId': async ({ actor, params }) => {
      await saved.remove(actor, params.searchId)
      return { ok: true }
    },
    'GET /speech/engines': async () => ({ ...deps.engines(), meaning: await deps.meaning() }),
    'GET /speech/captions': async () => ({ ...deps.captions.speed(), masks: await deps.maskFacts() }),
    'GET /calls/:callId/captions/receipt': async ({ actor, params }) => {
      await deps.requireReach(actor, params.callId)
      return { receipt: await deps.captions.receiptOf(params.callId) }
    },
    'GET /speech/queue': () => queueOf(deps.db),
    'POST /speech/queue/:callId/retry': async ({ params }) => {
      if (!(await deps.retry(params.callId)))
        throw new Problem('transcript_not_failed', 409, 'This call did not fail, or is tried again already.')
      return { ok: true }
    },
  }
}

async function queueOf(db: TranscriptDb): Promise<SpeechQueue> {
  const { rows } = await sql<Pick<SpeechQueue, 'waiting' | 'running' | 'withoutEngine' | 'failed'>>`
    select count(*) filter (where state = 'waiting')::int as waiting, count(*) filter (where state = 'running')::int as running,
      count(*) filter (where state = 'waiting' and reason in ('no_engine', 'no_language'))::int as "withoutEngine",
      count(*) filter (where state = 'failed')::int as failed
    from transcript where state in ('waiting', 'running', 'failed')`.execute(db)
  const failures = await db
    .selectFrom('transcript')
    .select(['call_id', 'started_at', 'reason'])
    .where('state', '=', 'failed')
    .orderBy('asked_at', 'desc')
    .limit(failuresShown)
    .execute()
  const now = await db
    .selectFrom('transcript')
    .select(['call_id', 'done_ms', 'speech_ms'])
    .where('state', '=', 'running')
    .orderBy('asked_at')
    .limit(failuresShown)
    .execute()
  return {
    ...rows[0]!,
    failures: failures.map((r) => ({
      callId: r.call_id,
      startedAt: r.started_at.toISOString(),
      reason: r.reason ?? '',
    })),
    now: now.map((r) => ({ callId: r.call_id, doneMs: r.done_ms, speechMs: r.speech_ms })),
  }
}
