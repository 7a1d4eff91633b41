import type { CallerAccess } from '../../contract/models/rights.ts'
import { networkOf, type Throttle } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Actor, Handlers, Http } from '../platform/http/handlers.ts'
import type { Logger } from '../platform/log.ts'
import { messageOf } from '../platform/problem.ts'
import type { Box } from '../vault/index.ts'
import { answer, type AnswerDeps } from './answers.ts'
import { createAsking } from './asking.ts'
import { createLinks, type Link, linkEnded } from './links.ts'
import { byStaff, type Messenger } from './messenger.ts'
import { createReferences } from './references.ts'
import { type CallsDeps as RequestCallsDeps, createRequestCalls } from './requests/calls.ts'
import { type CarryDeps, createCarrying } from './requests/carry.ts'
import { createMarks, eraseMarks } from './requests/marks.ts'
import { createRequests } from './requests/requests.ts'
import { requireReleased, type RequestKeys, requestRoutes, type RequestRouteDeps, sendZip } from './requests/routes.ts'
import { deliver } from './requests/package.ts'
import type { Append, RightsDb, RightsTx } from './store.ts'
import { securityFacts } from './security.ts'
import { createView, type ViewDeps } from './view.ts'

export type { Messenger } from './messenger.ts'
export type { RightsJobs } from './requests/carry.ts'
export type { RightsTables } from './store.ts'

export type RightsKeys =
  | 'GET /calls/:callId/caller-access'
  | 'POST /calls/:callId/caller-link'
  | 'DELETE /caller-links/:linkId'
  | 'POST /caller/ask'
  | 'POST /caller/enter'
  | 'POST /caller/view'
  | 'POST /caller/object'
  | 'POST /caller/withdraw'
  | 'POST /caller/request'
  | 'POST /caller/package'
  | RequestKeys

export type RightsDeps = {
  db: RightsDb
  box: Box
  clock: Clock
  log: Logger
  append: Append
  throttle: Throttle
  addressIndex: (address: string) => Buffer
  /** Throws Problem 404 unless the call is within the person's reach. */
  requireReach: (actor: Actor, callId: string) => Promise<void>
  /** Hands one-time codes to callers; by default staff do. */
  messenger?: Messenger
} & Omit<ViewDeps, 'requests' | 'consents' | 'marks'> &
  Pick<CarryDeps, 'endTerms' | 'hold' | 'inProgress' | 'enqueue'> &
  Pick<RequestCallsDeps, 'callsOf'> &
  Pick<RequestRouteDeps, 'consent' | 'personCopy' | 'transcriptCopy'> &
  Omit<AnswerDeps, 'consents'> & { consents: ViewDeps['consents'] & AnswerDeps['consents'] }

/** What callers see of a call without an account, and what they say and ask there. */
export function createRights(deps: RightsDeps) {
  const { db, box, clock, log, throttle, append } = deps
  const references = createReferences({ db, box })
  const links = createLinks({ db, clock, append })
  const calls = createRequestCalls(deps)
  const requests = createRequests({ db, box, clock, append, calls })
  const marks = createMarks({ db, box, clock, append })
  const asking = createAsking({ ...deps, references, links, messenger: deps.messenger ?? byStaff })
  const view = createView({ ...deps, requests, marks })
  const carrying = createCarrying({ ...deps, requests, calls, marks })
  const answering: RequestRouteDeps = {
    ...deps,
    requests,
    calls,
    marks,
    carrying,
    facts: (callId) => deps.calls.toldOf(callId),
    referenceOf: (callId) => references.known(callId),
    told: (callId) => view({ call_id: callId, expires_at: new Date(clock.now()) }),
  }

  /** The link of a token. Throws Problem `caller_link_ended` (410); 429 to networks that guess. */
  async function entered(token: string, { request }: Pick<Http, 'request'>): Promise<Link> {
    const link = await links.find(token)
    if (link) return link
    await throttle.charge({ kind: 'caller_network', of: networkOf(request.ip) })
    throw linkEnded()
  }

  async function access(callId: string): Promise<CallerAccess> {
    const destroyed = (await deps.terms(callId)).certificate !== null
    return {
      reference: destroyed ? null : await references.of(callId),
      code: await asking.pending(callId),
      links: (await links.ofCall(callId)).map((link) => ({
        id: link.id,
        madeAt: link.made_at.toISOString(),
        madeBy: link.made_by,
        expiresAt: link.expires_at.toISOString(),
        revokedAt: link.revoked_at?.toISOString() ?? null,
      })),
    }
  }

  const said =
    (kind: 'objected' | 'withdrawn') =>
    async ({ body, request }: { body: { token: string; purpose: string | null } } & Pick<Http, 'request'>) => {
      const link = await entered(body.token, { request })
      const answered = await answer(deps, { callId: link.call_id, purpose: body.purpose, kind })
      log.info({ callId: link.call_id, linkId: link.id, kind }, 'a caller answered on the caller’s page')
      return { ...answered, view: await view(link) }
    }

  const staff: Handlers<
    'GET /calls/:callId/caller-access' | 'POST /calls/:callId/caller-link' | 'DELETE /caller-links/:linkId'
  > = {
    'GET /calls/:callId/caller-access': async ({ actor, params }) => {
      await deps.requireReach(actor, params.callId)
      return access(params.callId)
    },
    'POST /calls/:callId/caller-link': async ({ actor, params, body }) => {
      await deps.requireReach(actor, params.callId)
      return links.make(params.callId, body.days, actor.personId ?? actor.tokenId)
    },
    'DELETE /caller-links/:linkId': async ({ actor, params }) => {
      const link = await links.one(params.linkId)
      await deps.requireReach(actor, link.call_id)
      await links.revoke(link, actor.personId ?? actor.tokenId)
      return { ok: true }
    },
  }
  const routes: Handlers<RightsKeys> = {
    ...staff,
    'POST /caller/ask': async ({ body, request }) => {
      await asking.ask(networkOf(request.ip), body.reference, body.address)
      return { ok: true }
    },
    'POST /caller/enter': async ({ body, request }) => {
      const { token, expiresAt } = await asking.enter(networkOf(request.ip), body.reference, body.code)
      return { token, expiresAt }
    },
    'POST /caller/view': async ({ body, request }) => view(await entered(body.token, { request })),
    'POST /caller/object': said('objected'),
    'POST /caller/withdraw': said('withdrawn'),
    'POST /caller/request': async ({ body, request }) => {
      const { token, ...asked } = body
      const { call_id: callId } = await entered(token, { request })
      const about = { scope: 'call' as const, callId }
      return { request: await requests.file({ ...asked, about, channel: 'caller_page', askedMs: clock.now() }) }
    },
    'POST /caller/package': async ({ body, request, reply }) => {
      const link = await entered(body.token, { request })
      const asked = await requests.one(body.requestId)
      // a link is a way to one call, whatever request is named
      if (asked.scope !== 'call' || asked.callId !== link.call_id) throw linkEnded()
      const released = requireReleased(asked, clock.now())
      await db.transaction().execute((tx) =>
        append(tx, {
          type: 'rights.delivered',
          callId: asked.callId,
          data: { requestId: asked.id, linkId: link.id },
        }),
      )
      return sendZip(reply, deliver(answering, released, toCaller))
    },
    ...requestRoutes(answering),
  }

  return {
    routes,
    jobs: carrying.jobs,
    /** A call has ended and is sealed: requests that waited for its end go on. */
    callEnded: (callId: string): Promise<void> => carrying.callEnded(callId),
    /** A hold over a call was released: what it kept back of requests is done. */
    holdReleased: (callId: string): Promise<void> => carrying.holdReleased(callId),
    /** Gives a call its reference, in the transaction that begins it. */
    open: (tx: RightsTx, callId: string): Promise<void> => references.open(tx, callId),
    /** Whether a call may be kept and not used. */
    restricted: (callId: string): Promise<boolean> => marks.restricted(callId),
    /** This room's part when the last term of a call ends. Links stay: they say that all was destroyed, until they end. */
    erase: (tx: RightsTx, lapsed: { callId: string; last: boolean }[]) => eraseLapsed(tx, lapsed),
    /** What callers asked and how it was answered, in numbers. `isPerson`: whether an id is one of the staff's. */
    securityFacts: (isPerson: (id: string) => boolean) => securityFacts({ db, clock, isPerson }),
    /** Forgets codes and links that are over. */
    async housekeeping(): Promise<void> {
      try {
        await asking.sweep()
        await links.sweep()
      } catch (error) {
        log.warn({ detail: messageOf(error) }, 'rights: housekeeping is put off')
      }
    },
    stop: (): Promise<void> => asking.stop(),
  }
}

/** A caller who fetches what was asked for: nobody signed in. */
const toCaller = { personId: null, tokenId: null, sessionId: null, role: 'caller' }

export type Rights = ReturnType<typeof createRights>

async function eraseLapsed(
  tx: RightsTx,
  lapsed: { callId: string; last: boolean }[],
): Promise<Map<string, Record<string, number>>> {
  const gone = [...new Set(lapsed.filter((l) => l.last).map((l) => l.callId))]
  if (gone.length === 0) return new Map()
  await tx.deleteFrom('caller_code').where('call_id', 'in', gone).execute()
  await eraseMarks(tx, gone)
  const erased = await tx.deleteFrom('call_reference').where('call_id', 'in', gone).returning('call_id').execute()
  return new Map(erased.map((row) => [row.call_id, { reference: 1 }]))
}
