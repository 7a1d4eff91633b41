import type { SourceCaption } from '../../../contract/models/captions.ts'
import type { Actor, Handlers } from '../../platform/http/handlers.ts'
import { isProblem, Problem } from '../../platform/problem.ts'
import { unknownCall } from '../calls/queries.ts'
import { inReach } from '../calls/reach.ts'
import type { Keeping } from '../keeping.ts'
import type { AccessBook } from '../playback/access.ts'
import { callRestricted, gateClosed, notAllowed } from '../playback/permit.ts'
import type { RunningDesk } from '../recorder/desk.ts'
import type { Session } from '../recorder/session.ts'
import { scopeOf } from '../routes.ts'
import type { Hub } from './hub.ts'
import type { CallListener } from './listening.ts'

export type CaptionKeys = 'POST /calls/:callId/captions' | 'DELETE /calls/:callId/captions' | 'POST /captions'

export type CaptionDeps = {
  desk: Pick<RunningDesk, 'sessions'>
  hub: Pick<Hub, 'follow'>
  book: Pick<AccessBook, 'record'>
  restricted: (callId: string) => Promise<boolean>
} & Pick<Keeping, 'mayUse' | 'locked' | 'iri' | 'basis'>

const purpose = 'assist'

/** Who follows calls in progress, and what platforms say of them. */
export function captionRoutes(deps: CaptionDeps): Handlers<CaptionKeys> {
  const { desk, hub } = deps
  return {
    'POST /calls/:callId/captions': async ({ actor, params }) => {
      const session = within(desk, actor, params.callId)
      if (!actor.sessionId)
        throw new Problem('captions_for_people', 403, 'Captions are shown on a page: a program gets none. Sign in.')
      const listener = await decide(deps, actor, session)
      if (hub.follow(actor.sessionId, session.callId, true)) listener.viewed()
      return listener.snapshot()
    },
    'DELETE /calls/:callId/captions': async ({ actor, params }) => {
      if (actor.sessionId) hub.follow(actor.sessionId, params.callId, false)
      return { ok: true }
    },
    'POST /captions': async ({ body }) => {
      const session = meant(desk, body.call)
      if (!session) throw new Problem('call_not_in_progress', 404, 'No call in progress has this name.')
      return { callId: session.callId, taken: takeAll(session, body.captions) }
    },
  }
}

/** Several at once, in order; returns how many said something new. */
const takeAll = (session: Session, captions: readonly SourceCaption[]): number =>
  captions.filter((said) => session.listener?.caption(said)).length

/** Allowed or refused, it is written down before anything is shown. */
async function decide(deps: CaptionDeps, actor: Actor, session: Session): Promise<CallListener> {
  const { callId, agent } = session
  const entry = {
    action: 'view' as const,
    callId,
    agentId: agent?.personId ?? null,
    renditionId: null,
    segment: null,
    purpose,
    purposeIri: deps.iri(purpose),
    legalBasis: await deps.basis(callId, purpose),
    reason: '',
    redaction: 'masked' as const,
  }
  try {
    const listener = await permitted(deps, actor, session)
    await deps.book.record(actor, { ...entry, outcome: 'allowed' })
    return listener
  } catch (error) {
    if (isProblem(error)) await deps.book.record(actor, { ...entry, outcome: 'refused', refusal: error.code })
    throw error
  }
}

async function permitted(deps: CaptionDeps, actor: Actor, session: Session): Promise<CallListener> {
  const { agent, callId, listener } = session
  if (!deps.mayUse(actor.role, purpose)) throw notAllowed(purpose)
  if (await deps.restricted(callId)) throw callRestricted()
  const own = actor.personId !== null && agent?.personId === actor.personId
  const gate = own
    ? null
    : deps.locked(purpose, {
        country: agent?.country ?? session.circumstances.agentCountry,
        teamIds: agent?.teamIds ?? [],
      })
  if (gate) throw gateClosed(purpose, gate)
  if (!listener || !session.decision.purposes.includes(purpose))
    throw new Problem('not_assisted', 409, 'This call does not serve assistance: the recording policy decides that.')
  return listener
}

/** Throws Problem 404, the same for unknown and out of reach. */
function within(desk: CaptionDeps['desk'], actor: Actor, callId: string): Session {
  const session = desk.sessions.get(callId)
  if (!session || session.endReason || !inReach(actor, scopeOf(session))) throw unknownCall()
  return session
}

type Name = { callId: string } | { protocol: string; session: string } | { conversation: string }

function meant({ sessions }: CaptionDeps['desk'], name: Name): Session | undefined {
  const live = [...sessions.values()].filter(({ endReason }) => !endReason)
  if ('callId' in name) return live.find(({ callId }) => callId === name.callId)
  if ('conversation' in name) return live.find(({ announcement: a }) => a.conversationKey === name.conversation)
  return live.find(({ announcement: a }) => a.protocol === name.protocol && a.sessionKey === name.session)
}
