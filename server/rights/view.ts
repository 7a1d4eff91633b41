import type { LegalBasis } from '../../contract/models/policy.ts'
import type { Organisation, PurposeEntry } from '../../contract/models/retention.ts'
import type { CallerPurpose, CallerView } from '../../contract/models/rights.ts'
import type { CallTerms, Term } from '../../contract/models/terms.ts'
import type { GapKind } from '../../contract/models/calls.ts'
import { type Consents, endedBy } from '../retention/index.ts'
import { linkEnded, type Link } from './links.ts'
import type { Marks } from './requests/marks.ts'
import type { Requests } from './requests/requests.ts'

/** What the capture room tells of a call; times in ms. The composition root joins the rooms. */
export type CallPort = {
  toldOf: (callId: string) => Promise<{
    state: string
    startedAt: Date
    durationMs: number
    direction: CallerView['direction']
    gaps: { kind: GapKind; ms: number }[]
  } | null>
  given: (callId: string) => Promise<{ at: string; role: string; action: string; purpose: string | null }[]>
}

export type ViewDeps = {
  calls: CallPort
  terms: (callId: string) => Promise<CallTerms>
  callerOf: (callId: string) => Promise<Buffer | null>
  consents: Pick<Consents, 'standing'>
  entry: (purpose: string) => PurposeEntry | null
  organisation: () => Organisation | null
  requests: Pick<Requests, 'naming'>
  marks: Pick<Marks, 'annotations' | 'restricted'>
}

/** What a no does to a purpose on its basis, and the article that says so. */
export function fateOf(purpose: string, basis: LegalBasis | null): { ends: boolean; article: string } {
  const holding = { callId: '', purpose, basis }
  const { ends, stays } = endedBy({ callId: null, purpose: null, value: 'no' }, [holding])
  return { ends: ends.length > 0, article: (ends[0] ?? stays[0])?.article ?? '' }
}

/** Everything a caller is told of the call of a link. Throws Problem `caller_link_ended` (410) when there is no such call. */
export function createView(deps: ViewDeps) {
  async function purposes(callId: string, terms: Term[]): Promise<CallerPurpose[]> {
    const caller = await deps.callerOf(callId)
    const keys = [...new Set(terms.map((t) => t.purpose))]
    return Promise.all(
      keys.map(async (key) => {
        const { value } = await deps.consents.standing({ caller, callId }, key)
        return {
          ...purposeOf(
            key,
            terms.filter((t) => t.purpose === key),
            deps.entry(key),
          ),
          consent: value,
        }
      }),
    )
  }

  return async function view(link: Pick<Link, 'call_id' | 'expires_at'>): Promise<CallerView> {
    const callId = link.call_id
    const told = await deps.calls.toldOf(callId)
    if (!told) throw linkEnded()
    const [{ terms, holds, certificate }, given, requests] = await Promise.all([
      deps.terms(callId),
      deps.calls.given(callId),
      deps.requests.naming(callId),
    ])
    return {
      startedAt: told.startedAt.toISOString(),
      durationMs: told.durationMs,
      direction: told.direction,
      state: certificate ? 'destroyed' : told.state === 'live' ? 'in_progress' : 'kept',
      company: companyOf(deps.organisation()),
      purposes: await purposes(callId, terms),
      gaps: told.gaps,
      listened: given.map(({ at, role, purpose, action }) => ({ at, role, purpose, export: action === 'export' })),
      held: holds.length > 0,
      destroyed: certificate && { at: certificate.at, copiesEnd: certificate.keystoreCopiesEnd },
      requests: requests.map(({ id, scope, kind, askedAt, dueOn, state, releasedUntil }) => ({
        id,
        kind,
        askedAt,
        dueOn,
        state,
        // what is released of every call is not to be had by a link to one
        releasedUntil: scope === 'call' ? releasedUntil : null,
      })),
      annotations: await deps.marks.annotations(callId),
      restricted: await deps.marks.restricted(callId),
      linkExpiresAt: link.expires_at.toISOString(),
    }
  }
}

export type View = ReturnType<typeof createView>

/** Contract windows of one purpose are one thing to a caller: it lives as long as the longest. */
function purposeOf(key: string, terms: Term[], entry: PurposeEntry | null): Omit<CallerPurpose, 'consent'> {
  const live = terms.find((t) => t.state === 'live')
  const shown = live ?? terms.toSorted((a, b) => ((a.endedAt ?? '') < (b.endedAt ?? '') ? 1 : -1))[0]
  const basis = (shown?.basis ?? null) as LegalBasis | null
  const { ends, article } = fateOf(key, basis)
  return {
    key,
    name: entry?.name ?? null,
    description: entry?.description ?? null,
    ai: entry?.ai ?? null,
    basis,
    lastDay:
      terms
        .map((t) => t.lastDay)
        .toSorted()
        .at(-1) ?? '',
    audioLastDay: audioUntil(terms),
    state: live ? 'live' : 'ended',
    endedAt: live ? null : (shown?.endedAt ?? null),
    reason: live ? null : (shown?.reason ?? null),
    end: live && ends ? (basis === 'consent' ? 'withdraw' : 'object') : null,
    article,
  }
}

/** Of live terms that still hold audio, the last day of it; null when one of them keeps it to its end, or none holds any. */
function audioUntil(terms: Term[]): string | null {
  const holding = terms.filter((t) => t.state === 'live' && t.audioEndedAt === null)
  const days = holding.flatMap((t) => t.audioLastDay ?? [])
  return days.length < holding.length ? null : (days.toSorted((a, b) => a.localeCompare(b)).at(-1) ?? null)
}

/** The controller as callers may reach it; the name of its data protection officer is not theirs to know by a link. */
function companyOf(organisation: Organisation | null): CallerView['company'] {
  if (!organisation) return null
  const { name, address, email, authority, callers, dpo } = organisation
  return { name, address, email, authority, callers, dpo: { email: dpo.email, phone: dpo.phone } }
}
