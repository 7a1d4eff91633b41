import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Organisation, PurposeEntry } from '../../../contract/models/retention.ts'
import type { CallRights, RightsCall, RightsRequest } from '../../../contract/models/rights.ts'
import type { Actor, Handlers } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import { letterPdf } from '../letters/letter.ts'
import type { RequestCalls } from './calls.ts'
import type { Carrying } from './carry.ts'
import type { Marks } from './marks.ts'
import { deliver, type DeliveryDeps } from './package.ts'
import { release, type ReleaseDeps, releases } from './release.ts'
import { type About, closed, type Requests } from './requests.ts'

export type RequestKeys =
  | 'GET /rights/requests'
  | 'POST /rights/requests'
  | 'GET /rights/requests/:requestId'
  | 'POST /rights/requests/:requestId/identity'
  | 'POST /rights/requests/:requestId/widen'
  | 'GET /rights/requests/:requestId/calls'
  | 'POST /rights/requests/:requestId/calls/:callId'
  | 'POST /rights/requests/:requestId/extend'
  | 'POST /rights/requests/:requestId/act'
  | 'POST /rights/requests/:requestId/lift'
  | 'GET /rights/requests/:requestId/letter'
  | 'GET /rights/requests/:requestId/package'
  | 'POST /rights/requests/:requestId/close'
  | 'GET /calls/:callId/rights'

export type RequestRouteDeps = {
  requests: Requests
  calls: RequestCalls
  marks: Marks
  carrying: Pick<Carrying, 'carryOut'>
  /** Throws Problem 404 unless the call is within the person's reach. */
  requireReach: (actor: Actor, callId: string) => Promise<void>
  addressIndex: (address: string) => Buffer
  callerOf: (callId: string) => Promise<Buffer | null>
  facts: (callId: string) => Promise<{ startedAt: Date; durationMs: number } | null>
  referenceOf: (callId: string) => Promise<string | null>
  entry: (purpose: string) => PurposeEntry | null
  organisation: () => Organisation | null
} & ReleaseDeps &
  DeliveryDeps

const who = (actor: Actor): string | null => actor.personId ?? actor.tokenId

/** What those who answer for the recordings do about requests. */
export function requestRoutes(deps: RequestRouteDeps): Handlers<RequestKeys> {
  const { requests, calls, marks, clock } = deps

  async function file(actor: Actor, body: Parameters<Handlers['POST /rights/requests']>[0]['body']) {
    const { receivedOn, callId, address, scope, ...asked } = body
    const about = await aboutOf(deps, actor, { callId, address, scope })
    const askedMs = Date.parse(`${receivedOn}T12:00:00Z`)
    if (askedMs > clock.now() + 86_400_000)
      throw new Problem('request_future', 422, 'a request cannot have been received on a day to come')
    return requests.file({ ...asked, about, askedMs: Math.min(askedMs, clock.now()) })
  }

  async function letter(
    id: string,
    ask: { kind: 'received' | 'extended' | 'answer'; language?: RightsRequest['language'] | undefined },
  ) {
    const request = await requests.one(id)
    if (ask.kind === 'extended' && !request.extension)
      throw new Problem('letter_not_yet', 409, 'the request was not extended: there is nothing to tell')
    if (ask.kind === 'answer' && !request.actedAt && request.decision !== 'refused')
      throw new Problem('letter_not_yet', 409, 'carry the request out or close it first: there is no answer yet')
    const language = ask.language ?? request.language
    const known = request.callId && (await deps.facts(request.callId))
    return letterPdf({
      request,
      kind: ask.kind,
      language,
      callStartedAt: known ? known.startedAt.toISOString() : request.askedAt,
      totals: request.scope === 'caller' ? await calls.totals(id) : null,
      reference: request.callId && (await deps.referenceOf(request.callId)),
      purposeName: (key) => deps.entry(key)?.name[language] ?? key,
      organisation: deps.organisation(),
      madeAt: new Date(clock.now()),
    })
  }

  async function page(requestId: string, { after, limit }: { after?: string | undefined; limit: number }) {
    await requests.stored(requestId)
    const rows = await calls.page(requestId, { after, limit: limit + 1 })
    const shown = rows.slice(0, limit)
    const items = await Promise.all(
      shown.map(async (row): Promise<RightsCall> => {
        const known = await deps.facts(row.call_id)
        return {
          callId: row.call_id,
          startedAt: known?.startedAt.toISOString() ?? null,
          durationMs: known?.durationMs ?? 0,
          doneAt: row.done_at?.toISOString() ?? null,
          report: row.report,
          audio: row.audio,
          masks: row.masks,
          gone: row.gone,
        }
      }),
    )
    const next = rows.length > limit ? (shown.at(-1)?.call_id ?? null) : null
    return { items, next, totals: await calls.totals(requestId) }
  }

  return {
    'GET /rights/requests': async ({ query }) => ({ items: await requests.list(query.state) }),
    'POST /rights/requests': ({ actor, body }) => file(actor, body),
    'GET /rights/requests/:requestId': ({ params }) => requests.one(params.requestId),
    'POST /rights/requests/:requestId/identity': ({ actor, params, body }) =>
      requests.identify(params.requestId, body.method, who(actor)),
    'POST /rights/requests/:requestId/widen': async ({ actor, params, body }) => {
      const { call_id: callId } = await requests.stored(params.requestId)
      const caller = callId && (await deps.callerOf(callId))
      if (!caller) throw callerUnknown()
      return requests.widen(params.requestId, { ...body, caller, by: who(actor) })
    },
    'GET /rights/requests/:requestId/calls': ({ params, query }) => page(params.requestId, query),
    'POST /rights/requests/:requestId/calls/:callId': async ({ params, body }) => {
      if ((await requests.stored(params.requestId)).state === 'closed') throw closed()
      await calls.choose(params.requestId, params.callId, body)
      return requests.one(params.requestId)
    },
    'POST /rights/requests/:requestId/extend': ({ params, body }) => requests.extend(params.requestId, body),
    'POST /rights/requests/:requestId/act': async ({ actor, params, body }) => {
      const { kind } = await requests.stored(params.requestId)
      const by = who(actor)
      if (releases.includes(kind)) return release(deps, params.requestId, { masks: body.masks, by })
      return deps.carrying.carryOut(params.requestId, { grounds: body.grounds, text: body.text, by })
    },
    'POST /rights/requests/:requestId/lift': async ({ actor, params }) => {
      const { begun_at, calls: all, done } = await requests.stored(params.requestId)
      if (begun_at && done < all)
        throw new Problem('request_under_way', 409, 'it is still being carried out: lift it when it is done')
      await marks.lift(params.requestId, who(actor))
      return requests.one(params.requestId)
    },
    'GET /rights/requests/:requestId/letter': async ({ params, query, reply }) => {
      const pdf = await letter(params.requestId, query)
      return reply.headers(fileHeaders('application/pdf', `${query.kind}.pdf`)).send(pdf)
    },
    'GET /rights/requests/:requestId/package': async ({ actor, params, reply }) =>
      sendZip(reply, deliver(deps, requireReleased(await requests.one(params.requestId), clock.now()), actor)),
    'POST /rights/requests/:requestId/close': async ({ actor, params, body }) => {
      const nothingLeft = await calls.nothingLeft(params.requestId)
      return requests.close(params.requestId, { ...body, article: body.article ?? null, by: who(actor), nothingLeft })
    },
    'GET /calls/:callId/rights': async ({ actor, params }): Promise<CallRights> => {
      await deps.requireReach(actor, params.callId)
      const [restrictions, annotations, filed] = await Promise.all([
        marks.restrictions(params.callId),
        marks.annotations(params.callId),
        requests.ofCall(params.callId),
      ])
      return {
        restrictions,
        annotations,
        requests: filed.map(({ id, kind, askedAt, dueOn, state }) => ({ id, kind, askedAt, dueOn, state })),
      }
    },
  }
}

const callerUnknown = (): Problem =>
  new Problem('request_caller_unknown', 422, 'nobody knows who called, or no longer: keep to the call')

/**
 * Whom or what a request names. An address becomes its blind index here and is not kept. Throws Problem `request_about_nothing`,
 * `request_caller_unknown` (422); 404 for a call out of reach.
 */
async function aboutOf(
  { requireReach, callerOf, addressIndex }: RequestRouteDeps,
  actor: Actor,
  named: { callId?: string | undefined; address?: string | undefined; scope: 'call' | 'caller' },
): Promise<About> {
  const { callId, address, scope } = named
  if (callId !== undefined) {
    await requireReach(actor, callId)
    if (scope === 'call') return { scope, callId }
    const caller = await callerOf(callId)
    if (!caller) throw callerUnknown()
    return { scope, callId, caller }
  }
  if (address === undefined)
    throw new Problem('request_about_nothing', 422, 'say what it is about: a call, or the caller’s address')
  return { scope: 'caller', callId: null, caller: addressIndex(address) }
}

/** Throws Problem `request_not_released` (409). */
export function requireReleased(request: RightsRequest, nowMs: number): RightsRequest {
  if (!request.identity || !request.releasedUntil || Date.parse(request.releasedUntil) < nowMs)
    throw new Problem('request_not_released', 409, 'nothing was released for this request, or no longer')
  return request
}

const fileHeaders = (type: string, name: string): Record<string, string> => ({
  'content-type': type,
  'content-disposition': `attachment; filename="${name}"`,
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
})

/** Sends a ZIP as it is made. What is wrong is told before anything is sent. */
export async function sendZip(reply: FastifyReply, bytes: AsyncGenerator<Buffer>): Promise<FastifyReply> {
  const first = await bytes.next()
  async function* all(): AsyncGenerator<Buffer> {
    if (!first.done) yield first.value
    yield* bytes
  }
  const body = Readable.from(all(), { objectMode: false })
  // a reader that goes away must not leave keys open
  body.once('close', () => void bytes.return(undefined))
  return reply.headers(fileHeaders('application/zip', 'data.zip')).send(body)
}
