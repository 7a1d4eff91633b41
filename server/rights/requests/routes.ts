import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Organisation, PurposeEntry } from '../../../contract/models/retention.ts'
import type { CallRights, RightsRequest } from '../../../contract/models/rights.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Actor, Handlers } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import { letterPdf } from '../letters/letter.ts'
import { act, type ActDeps } from './act.ts'
import { deliver, type DeliveryDeps } from './package.ts'
import type { Requests } from './requests.ts'

export type RequestKeys =
  | 'GET /rights/requests'
  | 'POST /rights/requests'
  | 'GET /rights/requests/:requestId'
  | 'POST /rights/requests/:requestId/identity'
  | 'POST /rights/requests/:requestId/extend'
  | 'POST /rights/requests/:requestId/act'
  | 'POST /rights/requests/:requestId/lift'
  | 'GET /rights/requests/:requestId/letter'
  | 'GET /rights/requests/:requestId/package'
  | 'POST /rights/requests/:requestId/close'
  | 'GET /calls/:callId/rights'

export type RequestRouteDeps = {
  clock: Clock
  requests: Requests
  /** Throws Problem 404 unless the call is within the person's reach. */
  requireReach: (actor: Actor, callId: string) => Promise<void>
  startedAt: (callId: string) => Promise<Date | null>
  referenceOf: (callId: string) => Promise<string | null>
  entry: (purpose: string) => PurposeEntry | null
  organisation: () => Organisation | null
} & ActDeps &
  DeliveryDeps

const who = (actor: Actor): string | null => actor.personId ?? actor.tokenId

/** What those who answer for the recordings do about requests. */
export function requestRoutes(deps: RequestRouteDeps): Handlers<RequestKeys> {
  const { requests, marks, clock } = deps

  async function file(actor: Actor, body: Parameters<Handlers['POST /rights/requests']>[0]['body']) {
    const { receivedOn, ...asked } = body
    await deps.requireReach(actor, body.callId)
    const askedMs = Date.parse(`${receivedOn}T12:00:00Z`)
    if (askedMs > clock.now() + 86_400_000)
      throw new Problem('request_future', 422, 'a request cannot have been received on a day to come')
    return requests.file({ ...asked, askedMs: Math.min(askedMs, clock.now()) })
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
    const startedAt = await deps.startedAt(request.callId)
    return letterPdf({
      request,
      kind: ask.kind,
      language,
      callStartedAt: (startedAt ?? new Date(request.askedAt)).toISOString(),
      reference: await deps.referenceOf(request.callId),
      purposeName: (key) => deps.entry(key)?.name[language] ?? key,
      organisation: deps.organisation(),
      madeAt: new Date(clock.now()),
    })
  }

  return {
    'GET /rights/requests': async ({ query }) => ({ items: await requests.list(query.state) }),
    'POST /rights/requests': ({ actor, body }) => file(actor, body),
    'GET /rights/requests/:requestId': ({ params }) => requests.one(params.requestId),
    'POST /rights/requests/:requestId/identity': ({ actor, params, body }) =>
      requests.identify(params.requestId, body.method, who(actor)),
    'POST /rights/requests/:requestId/extend': ({ params, body }) => requests.extend(params.requestId, body),
    'POST /rights/requests/:requestId/act': async ({ actor, params, body }) => {
      const request = await requests.one(params.requestId)
      if (request.state === 'closed') throw new Problem('request_closed', 409, 'the request is closed already')
      const acted = await act(deps, request, { ...body, by: who(actor) })
      return requests.acted(request.id, { ...acted, by: who(actor) })
    },
    'POST /rights/requests/:requestId/lift': async ({ actor, params }) => {
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
      const { callId } = await requests.one(params.requestId)
      const nothingLeft = (await deps.terms(callId)).certificate !== null
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
