import { sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import type { Enqueue } from '../../platform/jobs/index.ts'
import type { Logger } from '../../platform/log.ts'
import { isProblem, messageOf } from '../../platform/problem.ts'
import type { BatchTranscriber, EngineIdentity, Vad } from '../engines/ports.ts'
import { languageOfText } from '../engines/drift.ts'
import { isLasting } from '../engines/problems.ts'
import type { Span } from '../redaction/index.ts'
import { searchVector } from '../search/tsquery.ts'
import type { TranscriptJobs } from '../jobs.ts'
import type { TranscriptDb, TranscriptTx } from '../store.ts'
import { hasSourceDrafts, heardFromSource, heardLive } from './from-source.ts'
import { hear, type Heard, type Lane } from './hear.ts'
import { type CallFacts, enqueueTranscribe, isLastAttempt } from './queue.ts'
import type { Sensitive } from './sensitive.ts'
import { type ToSilence, toSilence } from './silence.ts'
import { redacted, type SpokenTurn, turnsOf } from './turns.ts'

/** What was said in a call, while it is there as captured; `seal` and `open` end with it. */
export type Speech = {
  lanes: Lane[]
  seal(plain: Buffer): Buffer
  open(sealed: Buffer): Buffer
  close(): void
}

export type TranscribeDeps = {
  db: TranscriptDb
  clock: Clock
  log: Logger
  enqueue: Enqueue<TranscriptJobs>
  openSpeech(callId: string): Promise<Speech | null>
  /** Who finds speech, and who writes down a language; null while nobody does. Null for the language: whoever finds it out. */
  vad(): Vad | null
  transcriber(language: string | null): BatchTranscriber | null
  /** The language a call's queue or country declares; null when nothing does. */
  languageOf(facts: Pick<CallFacts, 'queue' | 'agentCountry'>): string | null
  sensitive: Pick<Sensitive, 'spansOf'>
  /** Destroys what was found in the audio of a call. May be asked again until it resolves. */
  silence(callId: string, found: ToSilence): Promise<void>
  /** A transcript is done; who reads on does so when this transaction is. */
  written(tx: TranscriptTx): Promise<void>
  /** The page shows it anew. */
  changed: (callId: string) => void
}

type Context = { attempt: number; signal: AbortSignal | undefined }

/** A job works for so long, then makes room for others. */
const sliceMs = 30_000
const lockMs = 10_000

/**
 * Writes down what was said in a call, or goes on where an earlier try stopped: heard, redacted and written, silenced in the audio, done.
 * Done, it leaves redacted turns and nothing else. Throws what may be mended by trying again; what is lasting, or tried often enough, is
 * written down as failed.
 */
export async function transcribe(deps: TranscribeDeps, callId: string, context: Context): Promise<void> {
  if (await isWritten(deps.db, callId)) return silenceAndFinish(deps, callId, context)
  const row = await deps.db.selectFrom('transcript').selectAll().where('call_id', '=', callId).executeTakeFirst()
  if (!row || (row.state !== 'waiting' && row.state !== 'running')) return
  const declared = row.language ?? deps.languageOf({ queue: row.queue, agentCountry: row.agent_country })
  const [vad, transcriber] = [deps.vad(), deps.transcriber(declared)]
  const engines = vad && transcriber ? { vad, transcriber } : null
  // Without an engine of ours, what the platform of the call said of it is better than nothing.
  if (!engines && !(await hasSourceDrafts(deps.db, callId)))
    return wait(deps, callId, declared === null ? 'no_language' : 'no_engine')
  const speech = await deps.openSpeech(callId)
  if (!speech) return fail(deps, callId, 'audio_gone')
  try {
    await deps.db
      .updateTable('transcript')
      .set({ state: 'running', reason: null })
      .where('call_id', '=', callId)
      .execute()
    const signal = context.signal ?? new AbortController().signal
    const { heard, identity } = engines
      ? await listen(deps, { callId, speech, language: declared, ...engines, signal })
      : await heardFromSource(deps.db, callId, speech)
    if (!heard) return await enqueueTranscribe(deps.enqueue, deps.db, callId)
    await write(deps, { callId, heard, lanes: speech.lanes, language: declared, identity })
  } catch (e) {
    if (context.signal?.aborted) throw e
    if (!isProblem(e) || !(isLasting(e) || isLastAttempt(context.attempt))) throw e
    deps.log.warn({ callId, detail: messageOf(e) }, 'transcripts: a call is not written down')
    return await fail(deps, callId, e.code)
  } finally {
    speech.close()
  }
  await silenceAndFinish(deps, callId, context)
}

const isWritten = async (db: TranscriptDb, callId: string): Promise<boolean> =>
  (await db.selectFrom('transcript_silence').select('call_id').where('call_id', '=', callId).executeTakeFirst()) !==
  undefined

/** A transcript is done once the audio of its call lacks what was found. Where it went is kept until then, also when the transcript ends first. */
async function silenceAndFinish(deps: TranscribeDeps, callId: string, context: Context): Promise<void> {
  const { db } = deps
  const found = await db.selectFrom('transcript_silence').selectAll().where('call_id', '=', callId).executeTakeFirst()
  if (!found) return
  try {
    await deps.silence(callId, found.ranges)
  } catch (e) {
    if (context.signal?.aborted || !isLastAttempt(context.attempt)) throw e
    deps.log.error({ callId, detail: messageOf(e) }, 'transcripts: what was found could not be destroyed in the audio')
    return fail(deps, callId, 'audio_not_silenced')
  }
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('transcript_silence').where('call_id', '=', callId).execute()
    const reason = found.left_out ? 'left_out' : null
    await tx.updateTable('transcript').set({ state: 'done', reason }).where('call_id', '=', callId).execute()
    await deps.written(tx)
  })
  deps.changed(callId)
}

type Listening = {
  callId: string
  speech: Speech
  language: string | null
  vad: Vad
  transcriber: BatchTranscriber
  signal: AbortSignal
}

/** Everything heard, once all lanes are heard out; null when the slice is over before. Every step is kept as a draft, sealed. */
async function listen(
  deps: TranscribeDeps,
  of: Listening,
): Promise<{ heard: Heard[] | null; identity: EngineIdentity }> {
  const { identity } = of.transcriber
  const { callId, speech, signal } = of
  const live = await heardLive(deps.db, callId, {
    open: (sealed) => speech.open(sealed),
    engine: of.transcriber.identity,
  })
  const drafts = [...live, ...(await draftsOf(deps.db, callId, speech))]
  const began = performance.now()
  const all = speech.lanes.reduce((sum, lane) => sum + msOf(lane), 0)
  await deps.db.updateTable('transcript').set({ speech_ms: all }).where('call_id', '=', callId).execute()
  for (const lane of speech.lanes) {
    const mine = drafts.filter(({ leg }) => leg === lane.leg)
    const fromMs = Math.max(0, ...mine.map(({ toMs }) => toMs))
    for await (const heard of hear(of, { lane, fromMs, language: () => of.language ?? lockedBy(drafts), signal })) {
      drafts.push(heard)
      await keepDraft(deps.db, callId, { heard, speech })
      if (performance.now() - began > sliceMs) return { heard: null, identity }
    }
  }
  return { heard: drafts, identity }
}

/** Nobody declared the language: what the first ten seconds of speech are in, the call is in. Null until then. */
function lockedBy(drafts: readonly Heard[]): string | null {
  const spoken = drafts.flatMap(({ utterances }) => utterances).reduce((ms, u) => ms + u.endMs - u.startMs, 0)
  return spoken < lockMs ? null : mostSpoken(drafts)
}

const msOf = ({ samples, rate }: Lane): number => (samples / rate) * 1000

async function draftsOf(db: TranscriptDb, callId: string, speech: Speech): Promise<Heard[]> {
  const rows = await db.selectFrom('transcript_draft').selectAll().where('call_id', '=', callId).execute()
  return rows.map((row) => JSON.parse(speech.open(row.sealed).toString('utf8')) as Heard)
}

async function keepDraft(
  db: TranscriptDb,
  callId: string,
  { heard, speech }: { heard: Heard; speech: Speech },
): Promise<void> {
  const sealed = speech.seal(Buffer.from(JSON.stringify(heard)))
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('transcript_draft')
      .values({ call_id: callId, leg: heard.leg, from_ms: heard.fromMs, sealed })
      .onConflict((c) => c.columns(['call_id', 'leg', 'from_ms']).doUpdateSet({ sealed }))
      .execute()
    await sql`update transcript set done_ms = least(speech_ms, done_ms + ${heard.toMs - heard.fromMs}) where call_id = ${callId}`.execute(
      tx,
    )
  })
}

type Written = { callId: string; heard: Heard[]; lanes: Lane[]; language: string | null; identity: EngineIdentity }

/** Redacts, then writes: no text reaches a table before. Where what was found is in the audio is written with it. */
async function write(deps: TranscribeDeps, { callId, heard, lanes, language, identity }: Written): Promise<void> {
  const spoken = heardOnly(heard) ?? language ?? mostSpoken(heard) ?? 'und'
  const turns = turnsOf(heard, { lanes, language: spoken })
  const spans = await deps.sensitive.spansOf(turns, redactedIn(heard, language))
  const now = new Date(deps.clock.now())
  const left_out = heard.some(({ leftOut }) => leftOut)
  await deps.db.transaction().execute(async (tx) => {
    const row = await tx
      .selectFrom('transcript')
      .select('call_id')
      .where('call_id', '=', callId)
      .forUpdate()
      .executeTakeFirst()
    const ranges = JSON.stringify(toSilence(turns, spans))
    await tx.insertInto('transcript_silence').values({ call_id: callId, ranges, left_out, found_at: now }).execute()
    // Its last purpose may have ended while it was made; what was found goes from the audio of the others all the same.
    if (!row) return
    await tx.deleteFrom('transcript_turn').where('call_id', '=', callId).execute()
    const madeBy = identity.engine === 'source' ? 'source' : 'engine'
    for (const [idx, turn] of turns.entries())
      await writeTurn(tx, { callId, idx, turn, spans: spans.get(turn.id) ?? [], madeBy })
    await forgetDrafts(tx, callId)
    const { engine, model, version: engine_version } = identity
    await tx
      .updateTable('transcript')
      .set({ made_at: now, language: spoken, engine, model, engine_version, meant_by: null })
      .where('call_id', '=', callId)
      .execute()
  })
}

async function writeTurn(
  tx: TranscriptTx,
  {
    callId,
    idx,
    turn,
    spans,
    madeBy,
  }: { callId: string; idx: number; turn: SpokenTurn; spans: readonly Span[]; madeBy: 'engine' | 'source' },
): Promise<void> {
  const { text, words, marks } = redacted(turn, spans)
  await sql`insert into transcript_turn
      (call_id, idx, leg, role, from_ms, to_ms, language, text, words, marks, confidence, made_by, search)
    values (${callId}, ${idx}, ${turn.leg}, ${turn.role}, ${turn.fromMs}, ${turn.toMs}, ${turn.language}, ${text},
      ${JSON.stringify(words)}, ${JSON.stringify(marks)}, ${turn.confidence}, ${madeBy}, ${searchVector(text, turn.language)})`.execute(
    tx,
  )
}

/** What was heard, as it was heard: gone once it is redacted, or given up. */
async function forgetDrafts(tx: TranscriptTx, callId: string): Promise<void> {
  await tx.deleteFrom('transcript_draft').where('call_id', '=', callId).execute()
  await tx.deleteFrom('caption_draft').where('call_id', '=', callId).execute()
}

const languagesOf = (heard: readonly Heard[]): Set<string> =>
  new Set(heard.flatMap(({ utterances }) => utterances).flatMap(({ language }) => language ?? []))

/** The one language in which all was heard, whatever was declared of the queue; null when there were several, or none is told. */
function heardOnly(heard: readonly Heard[]): string | null {
  const [only, ...others] = languagesOf(heard)
  return only !== undefined && others.length === 0 ? only : null
}

/**
 * What a call is redacted in. Of one in which several languages were heard, or another than was declared, what is personal in any is
 * taken out (`und`): platforms label what they transcribe wrongly at times. Unless the words say clearly that the label is right.
 */
function redactedIn(heard: readonly Heard[], declared: string | null): string {
  const only = heardOnly(heard)
  if (only === null) return languagesOf(heard).size > 1 ? 'und' : (declared ?? 'und')
  const text = heard.flatMap(({ utterances }) => utterances).map((utterance) => utterance.text)
  return only === declared || languageOfText(text.join(' ')) === only ? only : 'und'
}

/** The language most of the speech was heard in; null when no engine said any. */
function mostSpoken(heard: readonly Heard[]): string | null {
  const ms = new Map<string, number>()
  for (const { language, startMs, endMs } of heard.flatMap(({ utterances }) => utterances))
    if (language) ms.set(language, (ms.get(language) ?? 0) + endMs - startMs)
  return [...ms].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null
}

async function wait({ db, changed }: TranscribeDeps, callId: string, reason: string): Promise<void> {
  await db.updateTable('transcript').set({ state: 'waiting', reason }).where('call_id', '=', callId).execute()
  changed(callId)
}

async function fail({ db, changed }: TranscribeDeps, callId: string, reason: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await forgetDrafts(tx, callId)
    await tx.updateTable('transcript').set({ state: 'failed', reason }).where('call_id', '=', callId).execute()
  })
  changed(callId)
}
