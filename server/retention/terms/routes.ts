import { sql } from 'kysely'
import type { CallTerms, RetentionStatus } from '../../../contract/models/terms.ts'
import type { Actor, Handlers } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import type { Holds } from '../holds/holds.ts'
import { daysBetween } from '../lapse/days.ts'
import type { Lapse } from '../lapse/lapse.ts'
import { previewReclock } from '../lapse/reclock.ts'
import type { Sweep } from '../lapse/sweep.ts'
import type { Register } from '../register/register.ts'
import { confirmationEnds } from '../register/terms.ts'
import { calendar, idOf, notHeld, type TermDb, type TermRow, termsOf } from './terms.ts'
import { callTermsOf } from './view.ts'

export type TermKeys =
  | 'GET /calls/:callId/terms'
  | 'POST /calls/:callId/terms/end'
  | 'GET /retention/status'
  | 'GET /retention/calendar'
  | 'POST /retention/sweep'
  | 'POST /retention/clock'
  | 'POST /purposes/preview'
  | 'POST /calls/:callId/confirmation'

export type TermRouteDeps = {
  db: TermDb
  register: Pick<Register, 'entry'>
  lapse: Lapse
  sweep: Sweep
  holds: Holds
  /** Throws Problem 404 unless the call is within the person's reach. */
  requireReach: (actor: Actor, callId: string) => Promise<void>
  /** The wall clock's day (UTC). */
  today: () => string
}

const longestCalendarDays = 3700

export function termRoutes(deps: TermRouteDeps): Handlers<TermKeys> {
  const { db, lapse, sweep, holds } = deps

  const callTerms = (callId: string): Promise<CallTerms> => callTermsOf({ db, holds }, callId)

  async function status(): Promise<RetentionStatus> {
    const today = deps.today()
    const { rows } = await sql<{ live: number; due: number; held: number; ending: number; day: string | null }>`
      select (select count(*)::int from term where state = 'live') as live,
        (select count(*)::int from term where state = 'live' and last_day < ${today}::date and ${notHeld}) as due,
        (select count(*)::int from term where state = 'live' and last_day < ${today}::date and not ${notHeld}) as held,
        (select count(*)::int from term where state = 'ending') as ending,
        (select day::text from retention_clock) as day`.execute(db)
    const last = sweep.last()
    const { live = 0, due = 0, held = 0, ending = 0, day = null } = rows[0] ?? {}
    return {
      today: day,
      alarm: last?.alarm ?? null,
      lastSweep: last && { at: last.at, ended: last.ended, destroyed: last.destroyed },
      live,
      due,
      held,
      ending,
    }
  }

  function endsByConfirmation(term: TermRow): boolean {
    const entry = deps.register.entry(term.purpose)
    return entry !== null && confirmationEnds(entry, term.country)
  }

  return {
    'GET /calls/:callId/terms': async ({ actor, params }) => {
      await deps.requireReach(actor, params.callId)
      return callTerms(params.callId)
    },
    'POST /calls/:callId/terms/end': async ({ actor, params, body }) => {
      await deps.requireReach(actor, params.callId)
      const term = { callId: params.callId, purpose: body.purpose, segment: body.segment }
      const { ended, held } = await lapse.lapse({
        terms: [term],
        reason: 'decision',
        actorId: actor.personId ?? actor.tokenId,
        why: body.why,
      })
      if (held.length > 0)
        throw new Problem('rendition_held', 409, 'The call is under a legal hold: release the hold first.')
      if (ended.length === 0)
        throw new Problem('term_not_live', 409, 'The call is not kept for this purpose, or no longer.', {
          purpose: body.purpose,
        })
      return callTerms(params.callId)
    },
    'GET /retention/status': () => status(),
    'GET /retention/calendar': async ({ query }) => {
      const days = daysBetween(query.from, query.to)
      if (days < 0 || days > longestCalendarDays)
        throw new Problem('calendar_range', 422, 'The span ends before it begins, or is longer than ten years.', {
          days: longestCalendarDays,
        })
      return { items: await calendar(db, query.from, query.to) }
    },
    'POST /retention/sweep': async () => {
      await sweep.sweep()
      return status()
    },
    'POST /purposes/preview': async ({ body }) => ({ items: await previewReclock(db, body.entries, deps.today()) }),
    'POST /calls/:callId/confirmation': async ({ actor, params, body }) => {
      await deps.requireReach(actor, params.callId)
      const rows = (await termsOf(db, params.callId)).filter(
        (t) =>
          t.state === 'live' && (body.segment === undefined || t.segment === body.segment) && endsByConfirmation(t),
      )
      const { held } = await lapse.lapse({
        terms: rows.map(idOf),
        reason: 'confirmation',
        actorId: actor.personId ?? actor.tokenId,
        why: body.reference,
      })
      if (held.length > 0)
        throw new Problem('rendition_held', 409, 'The call is under a legal hold: release the hold first.')
      return callTerms(params.callId)
    },
    'POST /retention/clock': async ({ body }) => {
      await sweep.confirm(body.day)
      await sweep.sweep()
      return status()
    },
  }
}
