import { sql } from 'kysely'
import { notHeld, type TermDb, type TermRow } from '../terms/terms.ts'
import { batchSize } from './lapse.ts'

/** What ends: the term, or the audio alone of a term that goes on. */
export type What = 'purpose' | 'audio'

/** The day that counts, which the indexes `term_due` and `term_audio_due` begin with. */
const lastDay = { purpose: 'last_day', audio: 'audio_last_day' } as const

/**
 * Pages of live terms whose last day is over on `today` and that no hold keeps. Each page is to be ended before the next is asked
 * for; it is read from where the last one stopped, so that what was ended is not walked over again.
 */
export async function* dueTerms(db: TermDb, what: What, today: string): AsyncGenerator<TermRow[]> {
  const day = lastDay[what]
  let query = db
    .selectFrom('term')
    .selectAll()
    .where('state', '=', 'live')
    .where(day, '<', today)
    .where(notHeld)
    .orderBy(day)
    .orderBy('call_id')
    .orderBy('purpose')
    .orderBy('segment')
    .limit(batchSize)
  if (what === 'audio') query = query.where('audio_ended_at', 'is', null).where('rendition_id', 'is not', null)
  for (let page = await query.execute(); page.length > 0;) {
    yield page
    const last = page.at(-1)!
    page = await query
      .where(
        sql<boolean>`(${sql.ref(day)}, call_id, purpose, segment) > (${last[day]}::date, ${last.call_id}::uuid, ${last.purpose}, ${last.segment})`,
      )
      .execute()
  }
}
