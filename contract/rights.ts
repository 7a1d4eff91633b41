import { z } from 'zod'
import { AccessRecord, Heard } from './models/calls.ts'
import { Id, Instant, Locale, Ok, page, PurposeKey } from './models/common.ts'
import {
  CallerAccess,
  CallerOutcome,
  CallerView,
  CallRights,
  CopyMask,
  IdentityMethod,
  RefusalArticle,
  RestrictionGrounds,
  RightsCall,
  RightsChannel,
  RightsKind,
  RightsRequest,
  RightsScope,
  RightsTotals,
  WorkingCopy,
} from './models/rights.ts'
import type { Route } from './routes.ts'

const limit = z.coerce.number().int().min(1).max(200).default(50)
const after = z.string().max(200).optional()

/** The secret of a caller's link; in bodies only, so that no log keeps it. */
const token = z.string().min(20).max(100)
const callId = z.object({ callId: Id })
const request = z.object({ requestId: Id })
/** Null: every purpose of the call. */
const purpose = PurposeKey.nullable().default(null)
const answered = z.object({ outcomes: z.array(CallerOutcome), workingCopy: WorkingCopy, view: CallerView })

/** Routes of those whom recordings are about: who was given them, and what callers see and ask without an account. */
export const rightsRoutes = {
  'GET /calls/:callId/accesses': {
    summary: 'Who listened to a call, when and why',
    may: 'access.read',
    params: z.object({ callId: Id }),
    query: z.object({ limit, after }),
    reply: page(AccessRecord),
  },
  'GET /accesses': {
    summary: 'Access records, newest first; there is no other order and there are no totals',
    may: 'access.search',
    query: z.object({
      limit,
      after,
      callId: Id.optional(),
      /** The person who asked to listen. */
      actorId: Id.optional(),
      purpose: PurposeKey.optional(),
      from: Instant.optional(),
      to: Instant.optional(),
    }),
    reply: page(AccessRecord),
  },
  'GET /me/heard': {
    summary: 'Who listened to the calls of the person signed in, when, for which purpose and why',
    may: 'signed_in',
    query: z.object({ limit }),
    reply: z.object({ items: z.array(Heard) }),
  },

  'GET /calls/:callId/caller-access': {
    summary: 'What staff need to let a caller see a call: reference, code asked for, links made',
    may: 'callers.link',
    params: callId,
    reply: CallerAccess,
  },
  'POST /calls/:callId/caller-link': {
    summary: 'Make a link with which its caller sees a call; its token is shown once and belongs behind /c#',
    may: 'callers.link',
    params: callId,
    body: z.object({ days: z.number().int().min(1).max(90).default(30) }),
    reply: z.object({ id: Id, token, expiresAt: Instant }),
  },
  'DELETE /caller-links/:linkId': {
    summary: 'Revoke a caller’s link',
    may: 'callers.link',
    params: z.object({ linkId: Id }),
    reply: Ok,
  },

  'POST /caller/ask': {
    summary: 'Ask for a one-time code for a call; the answer is the same whatever is right',
    may: 'public',
    body: z.object({ reference: z.string().min(1).max(40), address: z.string().min(3).max(200) }),
    reply: Ok,
  },
  'POST /caller/enter': {
    summary: 'Exchange reference and one-time code for the token of a link',
    may: 'public',
    body: z.object({ reference: z.string().min(1).max(40), code: z.string().min(1).max(20) }),
    reply: z.object({ token, expiresAt: Instant }),
  },
  'POST /caller/view': {
    summary: 'What a caller is told of the call of a link',
    may: 'public',
    body: z.object({ token }),
    reply: CallerView,
  },
  'POST /caller/object': {
    summary: 'Object to a purpose of the call, or to all (GDPR art. 21)',
    may: 'public',
    body: z.object({ token, purpose }),
    reply: answered,
  },
  'POST /caller/withdraw': {
    summary: 'Withdraw consent to a purpose of the call, or to all (GDPR art. 7(3))',
    may: 'public',
    body: z.object({ token, purpose }),
    reply: answered,
  },
  'POST /caller/request': {
    summary: 'Ask for something else (GDPR art. 15 to 20); asked again, the request that is open',
    may: 'public',
    body: z.object({
      token,
      kind: RightsKind.exclude(['objection']),
      details: z.string().trim().max(4000).default(''),
      language: Locale.default('it'),
    }),
    reply: z.object({ request: RightsRequest.pick({ askedAt: true, dueOn: true, state: true }) }),
  },
  'POST /caller/package': {
    summary: 'What was asked for and released: a ZIP',
    may: 'public',
    body: z.object({ token, requestId: Id }),
    reply: z.unknown(),
  },

  'GET /rights/requests': {
    summary: 'What callers asked for, by the day it is due',
    may: 'governance.read',
    query: z.object({ state: z.enum(['open', 'closed']).optional() }),
    reply: z.object({ items: z.array(RightsRequest) }),
  },
  'POST /rights/requests': {
    summary: 'File a request that came otherwise than by the caller’s page',
    may: 'governance.write',
    body: z.object({
      /** The call, or one call of the caller. */
      callId: Id.optional(),
      /** The caller's number or address instead: every call of this caller. */
      address: z.string().trim().min(3).max(200).optional(),
      scope: RightsScope.default('call'),
      kind: RightsKind,
      channel: RightsChannel.exclude(['caller_page']),
      /** When it reached the controller: the month runs from then. */
      receivedOn: z.iso.date(),
      details: z.string().trim().max(4000).default(''),
      language: Locale,
    }),
    reply: RightsRequest,
  },
  'GET /rights/requests/:requestId': {
    summary: 'A request',
    may: 'governance.read',
    params: request,
    reply: RightsRequest,
  },
  'POST /rights/requests/:requestId/identity': {
    summary: 'Note how it was made sure who asks',
    may: 'governance.write',
    params: request,
    body: z.object({ method: IdentityMethod.exclude(['link']) }),
    reply: RightsRequest,
  },
  'POST /rights/requests/:requestId/widen': {
    summary: 'Make a request about one call one about every call of its caller, once it is sure who asks',
    may: 'governance.write',
    params: request,
    body: z.object({
      /** How it was made sure, when only a link had told so far: it proves one call. */
      method: IdentityMethod.exclude(['link']).optional(),
    }),
    reply: RightsRequest,
  },
  'GET /rights/requests/:requestId/calls': {
    summary: 'The calls a request is about, and what became of each and of all',
    may: 'governance.read',
    params: request,
    query: z.object({ limit, after: Id.optional() }),
    reply: page(RightsCall).extend({ totals: RightsTotals }),
  },
  'POST /rights/requests/:requestId/calls/:callId': {
    summary: 'Say, after looking at a call, whether a copy of every call gives its audio, and what that leaves silent',
    may: 'governance.write',
    params: request.extend({ callId: Id }),
    body: z.object({ audio: z.boolean(), masks: z.array(CopyMask).max(200).default([]) }),
    reply: RightsRequest,
  },
  'POST /rights/requests/:requestId/extend': {
    summary: 'Take up to two months more, with a reason the person is told (GDPR art. 12(3))',
    may: 'governance.write',
    params: request,
    body: z.object({ months: z.union([z.literal(1), z.literal(2)]), reason: z.string().trim().min(5).max(2000) }),
    reply: RightsRequest,
  },
  'POST /rights/requests/:requestId/act': {
    summary:
      'Carry the request out: erase, restrict, annotate, end what is objected to, release what was asked for; of many calls it goes on by itself',
    may: 'governance.write',
    params: request,
    body: z.object({
      /** Of a restriction. */
      grounds: RestrictionGrounds.optional(),
      /** Of a rectification: the words that go beside the recording. */
      text: z.string().trim().min(1).max(4000).optional(),
      /** Of a copy: what it leaves silent. */
      masks: z.array(CopyMask).max(200).default([]),
    }),
    reply: RightsRequest,
  },
  'POST /rights/requests/:requestId/lift': {
    summary: 'Lift a restriction; the person was told before (GDPR art. 18(3))',
    may: 'governance.write',
    params: request,
    body: z.object({ told: z.literal(true) }),
    reply: RightsRequest,
  },
  'GET /rights/requests/:requestId/letter': {
    summary: 'A letter to the person: PDF',
    may: 'governance.read',
    params: request,
    query: z.object({ kind: z.enum(['received', 'extended', 'answer']), language: Locale.optional() }),
    raw: true,
    reply: z.unknown(),
  },
  'GET /rights/requests/:requestId/package': {
    summary: 'What the person gets: ZIP',
    may: 'governance.write',
    params: request,
    raw: true,
    reply: z.unknown(),
  },
  'POST /rights/requests/:requestId/close': {
    summary: 'Close a request with what was done',
    may: 'governance.write',
    params: request,
    body: z.object({
      decision: z.enum(['done', 'partly', 'refused']),
      article: RefusalArticle.optional(),
      outcome: z.string().trim().min(5).max(2000),
    }),
    reply: RightsRequest,
  },
  'GET /calls/:callId/rights': {
    summary: 'What the requests of its people mean for a call',
    may: 'calls.read',
    params: callId,
    reply: CallRights,
  },
} satisfies Record<string, Route>
