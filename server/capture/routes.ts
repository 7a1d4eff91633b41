import type { ControlAction, LiveCall } from '../../contract/models/calls.ts'
import type { Actor, Handlers } from '../platform/http/handlers.ts'
import { Problem } from '../platform/problem.ts'
import type { Queries } from './calls/queries.ts'
import { unknownCall } from './calls/queries.ts'
import { inReach } from './calls/reach.ts'
import type { AccessBook } from './playback/access.ts'
import type { RunningDesk } from './recorder/desk.ts'
import type { Session } from './recorder/session.ts'

export type CallKeys =
  | 'GET /calls'
  | 'POST /calls/search'
  | 'GET /calls/:callId'
  | 'GET /calls/:callId/accesses'
  | 'GET /accesses'
  | 'GET /me/heard'
  | 'GET /live/calls'
  | 'POST /calls/:callId/control'

export const scopeOf = (session: Session): { agentId: string | null; teamIds: string[] } => ({
  agentId: session.agent?.personId ?? null,
  teamIds: session.agent?.teamIds ?? [],
})

/** Calls in progress that a person may see. */
export const liveWithin = (desk: Pick<RunningDesk, 'sessions'>, actor: Actor): LiveCall[] =>
  [...desk.sessions.values()].filter((s) => !s.endReason && inReach(actor, scopeOf(s))).map((s) => s.view())

export function callRoutes(deps: { queries: Queries; book: AccessBook; desk: RunningDesk }): Handlers<CallKeys> {
  const { queries, book, desk } = deps
  return {
    'GET /calls': ({ actor, query }) => queries.list(actor, query),
    'POST /calls/search': async ({ actor, body }) => ({ items: await queries.search(actor, body.address) }),
    'GET /calls/:callId': ({ actor, params }) => queries.detail(actor, params.callId),
    'GET /calls/:callId/accesses': async ({ actor, params, query }) => {
      await queries.row(actor, params.callId)
      return book.list({ callId: params.callId, ...query })
    },
    'GET /accesses': ({ query }) => book.list(query),
    'GET /me/heard': async ({ actor, query }) => ({ items: await book.heard(actor.personId, query.limit) }),
    'GET /live/calls': async ({ actor }) => ({ items: liveWithin(desk, actor) }),
    'POST /calls/:callId/control': async ({ actor, params, body }) => {
      const session = desk.sessions.get(params.callId)
      if (!session || session.endReason || !inReach(actor, scopeOf(session)))
        throw session?.endReason && inReach(actor, scopeOf(session)) ? ended() : unknownCall()
      control(desk, session, body.action, actor)
      return session.view()
    },
  }
}

const ended = (): Problem => new Problem('call_ended', 409, 'The call has ended; there is nothing left to switch.')

/** Applies a control that the call offers now. */
function control(desk: RunningDesk, session: Session, action: ControlAction, actor: Actor): void {
  if (!session.view().controls.includes(action))
    throw new Problem(
      'control_not_available',
      409,
      `The recording policy or the call's state does not allow "${action}" now.`,
      { action },
    )
  const by = actor.role === 'api' ? 'api' : actor.role === 'agent' ? 'agent' : 'supervisor'
  desk.control(session, action, by, { actorId: actor.personId ?? actor.tokenId })
}
