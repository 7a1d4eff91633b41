import type { Transcript, TranscriptStatus, Turn } from '../../../contract/models/transcripts.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { Problem } from '../../platform/problem.ts'
import type { TranscriptDb, TranscriptTables } from '../store.ts'
import { exported, type ExportFormat, fileOf } from './export.ts'
import { filesForPerson, type Passage, turnsForPerson } from './person-copy.ts'
import type { Selectable } from 'kysely'

export type ReadingDeps = {
  db: TranscriptDb
  clock: Clock
  today: () => string
  /** Throws Problem 404, the same for unknown and out of reach. */
  requireReach(actor: Actor, callId: string): Promise<void>
  /** Decides and writes down an access. Throws Problem when it is refused. */
  permit(
    actor: Actor,
    ask: { callId: string; purpose: string; reason: string; caseRef?: string | undefined; action: 'view' | 'export' },
  ): Promise<unknown>
  mayUse(role: string, purpose: string): boolean
  names(ids: string[]): Map<string, string>
  /** Engines whose text is too poor to be relied on. */
  isDemo(engine: string): boolean
  /** A text with what is personal taken out. */
  redactText(text: string, language: string): Promise<string>
}

type Kept = {
  language: string | null
  madeAt: string | null
  engine: string
  model: string
  version: string
  turns: Turn[]
}

type Ask = { callId: string; purpose: string; reason: string; caseRef?: string | undefined }

/** What is written down of calls, for people. */
export function createReading(deps: ReadingDeps) {
  const { db } = deps

  async function status(actor: Actor, callId: string): Promise<TranscriptStatus> {
    await deps.requireReach(actor, callId)
    return statusOf(actor, callId)
  }

  async function statusOf(actor: Actor, callId: string): Promise<TranscriptStatus> {
    const row = await db.selectFrom('transcript').selectAll().where('call_id', '=', callId).executeTakeFirst()
    if (!row) return { ...nothing, purposes: [] }
    const purposes = await db
      .selectFrom('transcript_purpose')
      .select('purpose')
      .where('call_id', '=', callId)
      .where('last_day', '>=', deps.today())
      .orderBy('purpose')
      .execute()
    return {
      state: row.state,
      reason: row.reason,
      doneMs: row.done_ms,
      speechMs: row.speech_ms,
      language: row.language,
      engine: row.engine
        ? {
            engine: row.engine,
            model: row.model ?? '',
            version: row.engine_version ?? '',
            demo: deps.isDemo(row.engine),
          }
        : null,
      madeAt: row.made_at?.toISOString() ?? null,
      purposes: purposes.map(({ purpose }) => purpose).filter((purpose) => deps.mayUse(actor.role, purpose)),
    }
  }

  async function read(actor: Actor, ask: Ask): Promise<Transcript> {
    await deps.permit(actor, { ...ask, action: 'view' })
    await requireKept(ask)
    return { status: await statusOf(actor, ask.callId), turns: await turnsOf(ask.callId) }
  }

  /** The same as a file. */
  async function takeAway(
    actor: Actor,
    { format, ...ask }: Ask & { format: ExportFormat },
  ): Promise<{ name: string; type: string; content: string }> {
    await deps.permit(actor, { ...ask, action: 'export' })
    await requireKept(ask)
    const { type, ending } = fileOf[format]
    return { name: `${ask.callId}.${ending}`, type, content: exported(await turnsOf(ask.callId), format) }
  }

  /** A transcript is read for the purposes it was made for, and for no other of the call. */
  async function requireKept({ callId, purpose }: { callId: string; purpose: string }): Promise<void> {
    const kept = await db
      .selectFrom('transcript_purpose')
      .select('purpose')
      .where('call_id', '=', callId)
      .where('purpose', '=', purpose)
      .where('last_day', '>=', deps.today())
      .executeTakeFirst()
    if (!kept)
      throw new Problem(
        'transcript_not_held',
        410,
        `What was said in this call is not kept for the purpose ${purpose}.`,
        {
          purpose,
        },
      )
  }

  /**
   * For other rooms, which decide and write down who is given it. Without a purpose, for any of which something is left; null when
   * nothing is kept or made.
   */
  async function kept(callId: string, purpose?: string): Promise<Kept | null> {
    const row = await db
      .selectFrom('transcript')
      .selectAll()
      .where('call_id', '=', callId)
      .where('state', '=', 'done')
      .where((where) =>
        where.exists(
          where
            .selectFrom('transcript_purpose')
            .select('purpose')
            .whereRef('transcript_purpose.call_id', '=', 'transcript.call_id')
            .$if(purpose !== undefined, (query) =>
              query.where('purpose', '=', purpose ?? '').where('last_day', '>=', deps.today()),
            ),
        ),
      )
      .executeTakeFirst()
    if (!row) return null
    const { language, made_at, engine, model, engine_version } = row
    const made = { engine: engine ?? '', model: model ?? '', version: engine_version ?? '' }
    return { language, madeAt: made_at?.toISOString() ?? null, ...made, turns: await turnsOf(callId) }
  }

  /** What was said, as files for the person it is of; null when nothing is kept. */
  async function personCopy(
    callId: string,
    passages: readonly Passage[],
  ): Promise<(Omit<Kept, 'turns'> & { text: string; json: string }) | null> {
    const found = await kept(callId)
    if (!found) return null
    const { turns, ...made } = found
    return { ...made, ...filesForPerson(turnsForPerson(turns, passages)) }
  }

  async function turnsOf(callId: string): Promise<Turn[]> {
    const [rows, corrections] = await Promise.all([
      db.selectFrom('transcript_turn').selectAll().where('call_id', '=', callId).orderBy('idx').execute(),
      db.selectFrom('transcript_correction').selectAll().where('call_id', '=', callId).orderBy('id').execute(),
    ])
    const names = deps.names(corrections.map(({ author_id }) => author_id))
    return rows.map((row) =>
      viewOf(
        row,
        corrections
          .filter(({ idx }) => idx === row.idx)
          .map(({ id, text, author_id, at }) => ({
            id,
            text,
            authorId: author_id,
            authorName: names.get(author_id) ?? null,
            at: at.toISOString(),
          })),
      ),
    )
  }

  /** Throws Problem `person_needed` (403), `turn_unknown` (404). */
  async function correct(
    actor: Actor,
    { callId, purpose, index, text }: { callId: string; purpose: string; index: number; text: string },
  ): Promise<Turn> {
    const { personId } = actor
    if (!personId) throw new Problem('person_needed', 403, 'A person has to do this, signed in.')
    await deps.permit(actor, { callId, purpose, reason: '', action: 'view' })
    await requireKept({ callId, purpose })
    const turn = await db
      .selectFrom('transcript_turn')
      .select('language')
      .where('call_id', '=', callId)
      .where('idx', '=', index)
      .executeTakeFirst()
    if (!turn) throw new Problem('turn_unknown', 404, 'There is no such turn: read the transcript again.')
    const note = { id: newId(), call_id: callId, idx: index, author_id: personId, at: new Date(deps.clock.now()) }
    await db
      .insertInto('transcript_correction')
      .values({ ...note, text: await deps.redactText(text, turn.language) })
      .execute()
    return (await turnsOf(callId)).find((t) => t.index === index)!
  }

  return { status, read, takeAway, correct, kept, personCopy }
}

const nothing = {
  state: 'none' as const,
  reason: null,
  doneMs: 0,
  speechMs: 0,
  language: null,
  engine: null,
  madeAt: null,
}

function viewOf(row: Selectable<TranscriptTables['transcript_turn']>, corrections: Turn['corrections']): Turn {
  return {
    index: row.idx,
    leg: row.leg,
    role: row.role,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    language: row.language,
    text: row.text,
    words: row.words.map(([at, length, fromMs, toMs]) => ({ at, length, fromMs, toMs })),
    marks: row.marks as Turn['marks'],
    confidence: row.confidence,
    madeBy: row.made_by,
    corrections,
  }
}
