import { z } from 'zod'
import {
  Call,
  CallDetail,
  CaseRef,
  CallState,
  ControlAction,
  ListenGrant,
  LiveCall,
  UploadState,
} from './models/calls.ts'
import { Id, Instant, Locale, Ok, page, PurposeKey } from './models/common.ts'
import { ApiToken, Me, Password, PasswordStrength, Person, PersonDraft, SignInStep, Team } from './models/people.ts'
import {
  CallCircumstances,
  CallDirection,
  CaptureProtocol,
  Explanation,
  PolicyRule,
  PolicyVersion,
  PolicyWarning,
  Simulation,
} from './models/policy.ts'
import { PurposeEntry } from './models/retention.ts'
import { CredentialView, SourceView } from './models/sources.ts'
import { CalendarDay, CallTerms, Hold, HoldAsk, ReclockCount, RetentionStatus } from './models/terms.ts'
import { accountabilityRoutes } from './accountability.ts'
import { evidenceRoutes } from './evidence.ts'
import { governanceRoutes } from './governance.ts'
import { logRoutes } from './log.ts'
import { permissions, type Permission } from './permissions.ts'
import { rightsRoutes } from './rights.ts'
import { captionRoutes } from './captions.ts'
import { transcriptRoutes } from './transcripts.ts'

/**
 * Every HTTP route of the product, under /api/v1. The key is the method and the path.
 * `may`: `public` = no session; `enrolling` = a session before its second factor; `signed_in` = any person; or a permission.
 * `raw`: the handler reads or writes the HTTP stream itself (media, multipart, resumable upload).
 */
export type Route = {
  summary: string
  may: Permission | 'public' | 'enrolling' | 'signed_in'
  raw?: true
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  reply: z.ZodType
}

const callId = z.object({ callId: Id })
const limit = z.coerce.number().int().min(1).max(200).default(50)
/** Which part of a call that holds several contract windows; the first that is there when it is not said. */
const segment = z.number().int().min(0).max(1000).optional()
const Token = z.string().min(20).max(200)
const WebAuthn = z.record(z.string(), z.unknown())

export const routes = {
  'GET /health': {
    summary: 'Whether the server works',
    may: 'public',
    reply: z.object({ ok: z.boolean(), version: z.string(), setupNeeded: z.boolean() }),
  },

  // people: sign-in
  'POST /setup': {
    summary: 'Create the first administrator with the one-time token printed at start',
    may: 'public',
    body: z.object({
      token: Token,
      name: z.string().min(1).max(120),
      email: z.email().max(200),
      password: Password,
      locale: Locale,
    }),
    reply: SignInStep,
  },
  'POST /password-strength': {
    summary: 'How strong a password is',
    may: 'public',
    body: z.object({ password: z.string().max(200), inputs: z.array(z.string().max(200)).max(5) }),
    reply: PasswordStrength,
  },
  'POST /sign-in': {
    summary: 'Sign in with e-mail and password',
    may: 'public',
    body: z.object({ email: z.string().max(200), password: z.string().max(200) }),
    reply: SignInStep,
  },
  'POST /invitation/look': {
    summary: 'Whether an invitation still holds',
    may: 'public',
    body: z.object({ token: Token }),
    reply: z.object({ name: z.string(), email: z.string() }),
  },
  'POST /invitation/accept': {
    summary: 'Set a password from an invitation',
    may: 'public',
    body: z.object({ token: Token, password: Password, locale: Locale }),
    reply: SignInStep,
  },
  'POST /sign-in/totp': {
    summary: 'Second factor: code of the authenticator app',
    may: 'enrolling',
    body: z.object({ code: z.string().regex(/^\d{6}$/) }),
    reply: SignInStep,
  },
  'POST /sign-in/recovery': {
    summary: 'Second factor: one of the recovery codes',
    may: 'enrolling',
    body: z.object({ code: z.string().min(8).max(40) }),
    reply: SignInStep,
  },
  'POST /sign-in/passkey/options': {
    summary: 'Second factor: challenge for a passkey',
    may: 'enrolling',
    reply: WebAuthn,
  },
  'POST /sign-in/passkey': {
    summary: 'Second factor: answer of a passkey',
    may: 'enrolling',
    body: WebAuthn,
    reply: SignInStep,
  },
  'POST /me/totp/begin': {
    summary: 'Begin adding an authenticator app',
    may: 'enrolling',
    reply: z.object({ secret: z.string(), uri: z.string(), qrSvg: z.string() }),
  },
  'POST /me/totp/confirm': {
    summary: 'Confirm the authenticator app with its first code',
    may: 'enrolling',
    body: z.object({ code: z.string().regex(/^\d{6}$/) }),
    reply: z.object({ recoveryCodes: z.array(z.string()) }),
  },
  'POST /me/passkeys/begin': { summary: 'Begin adding a passkey', may: 'enrolling', reply: WebAuthn },
  'POST /me/passkeys/confirm': {
    summary: 'Store the new passkey',
    may: 'enrolling',
    body: z.object({ name: z.string().max(60), response: WebAuthn }),
    reply: z.object({ recoveryCodes: z.array(z.string()) }),
  },
  'POST /sign-out': { summary: 'End this session', may: 'enrolling', reply: Ok },
  'GET /me': { summary: 'The person signed in', may: 'signed_in', reply: Me },
  'PATCH /me': { summary: 'Change language', may: 'signed_in', body: z.object({ locale: Locale }), reply: Me },
  'POST /me/password': {
    summary: 'Change the password; ends all other sessions',
    may: 'signed_in',
    body: z.object({ current: z.string().max(200), password: Password }),
    reply: Ok,
  },

  // people: administration
  'GET /teams': { summary: 'List teams', may: 'signed_in', reply: z.object({ items: z.array(Team) }) },
  'POST /teams': { summary: 'Add a team', may: 'people.manage', body: Team.omit({ id: true }), reply: Team },
  'PATCH /teams/:teamId': {
    summary: 'Rename a team',
    may: 'people.manage',
    params: z.object({ teamId: Id }),
    body: Team.omit({ id: true }).partial(),
    reply: Team,
  },
  'DELETE /teams/:teamId': {
    summary: 'Remove an empty team',
    may: 'people.manage',
    params: z.object({ teamId: Id }),
    reply: Ok,
  },
  'GET /people': { summary: 'List people', may: 'people.read', reply: z.object({ items: z.array(Person) }) },
  'POST /people': {
    summary: 'Add a person; returns a one-time invitation',
    may: 'people.manage',
    body: PersonDraft,
    reply: z.object({ person: Person, invitationToken: z.string() }),
  },
  'PATCH /people/:personId': {
    summary: 'Change a person',
    may: 'people.manage',
    params: z.object({ personId: Id }),
    body: PersonDraft.partial().extend({ active: z.boolean().optional() }),
    reply: Person,
  },
  'POST /people/:personId/invitation': {
    summary: 'New invitation: resets password and second factor',
    may: 'people.manage',
    params: z.object({ personId: Id }),
    reply: z.object({ invitationToken: z.string() }),
  },
  'GET /tokens': { summary: 'List API tokens', may: 'tokens.manage', reply: z.object({ items: z.array(ApiToken) }) },
  'POST /tokens': {
    summary: 'Create an API token; the token is shown once',
    may: 'tokens.manage',
    body: z.object({ name: z.string().min(1).max(80), permissions: z.array(z.enum(permissions)).min(1) }),
    reply: z.object({ token: z.string(), view: ApiToken }),
  },
  'DELETE /tokens/:tokenId': {
    summary: 'Revoke an API token',
    may: 'tokens.manage',
    params: z.object({ tokenId: Id }),
    reply: Ok,
  },

  // policy
  'GET /policy': { summary: 'The recording policy in force', may: 'policy.read', reply: PolicyVersion },
  'GET /policy/versions': {
    summary: 'Every version of the recording policy, newest first',
    may: 'policy.read',
    reply: z.object({ items: z.array(PolicyVersion) }),
  },
  'POST /policy/versions': {
    summary: 'Publish a new version',
    may: 'policy.write',
    body: z.object({ rules: z.array(PolicyRule).max(200), note: z.string().max(500), basedOn: z.number().int() }),
    reply: PolicyVersion,
  },
  'POST /policy/check': {
    summary: 'Warnings for draft rules',
    may: 'policy.read',
    body: z.object({ rules: z.array(PolicyRule).max(200) }),
    reply: z.object({ warnings: z.array(PolicyWarning) }),
  },
  'POST /policy/explain': {
    summary: 'Which rule wins for given circumstances, and why the others do not',
    may: 'policy.read',
    body: z.object({
      rules: z.array(PolicyRule).max(200).optional(),
      circumstances: CallCircumstances,
      callId: Id.optional(),
    }),
    reply: Explanation,
  },
  'POST /policy/simulate': {
    summary: 'What draft rules would have done to past calls',
    may: 'policy.read',
    body: z.object({ rules: z.array(PolicyRule).max(200), from: Instant, to: Instant }),
    reply: Simulation,
  },

  // capture: sources
  'GET /sources': {
    summary: 'Capture sources and where to point them',
    may: 'sources.manage',
    reply: z.object({ items: z.array(SourceView) }),
  },
  'GET /sources/credentials': {
    summary: 'List source credentials',
    may: 'sources.manage',
    reply: z.object({ items: z.array(CredentialView) }),
  },
  'POST /sources/credentials': {
    summary: 'Create a credential for a source; the secret is shown once',
    may: 'sources.manage',
    body: z.object({
      protocol: CaptureProtocol,
      name: z.string().min(1).max(80),
      secret: z.string().min(16).max(400).optional(),
      keyId: z.string().min(1).max(120).optional(),
    }),
    reply: z.object({ credential: CredentialView, secret: z.string() }),
  },
  'DELETE /sources/credentials/:credentialId': {
    summary: 'Revoke a source credential',
    may: 'sources.manage',
    params: z.object({ credentialId: Id }),
    reply: Ok,
  },

  // capture: calls
  'GET /calls': {
    summary: 'List calls within reach, newest first',
    may: 'calls.read',
    query: z.object({
      limit,
      after: z.string().max(200).optional(),
      state: CallState.optional(),
      agentId: Id.optional(),
      teamId: Id.optional(),
      direction: CallDirection.optional(),
      queue: z.string().max(120).optional(),
      from: Instant.optional(),
      to: Instant.optional(),
      difficult: z.enum(['true', 'false']).optional(),
    }),
    reply: page(Call),
  },
  'POST /calls/search': {
    summary: 'Find calls by exact telephone number or address (kept out of URLs)',
    may: 'calls.read',
    body: z.object({ address: z.string().min(3).max(200) }),
    reply: z.object({ items: z.array(Call) }),
  },
  'GET /calls/:callId': { summary: 'Read one call', may: 'calls.read', params: callId, reply: CallDetail },
  'POST /calls': {
    summary: 'Add a recorded call: multipart with `audio` (file) and `facts` (JSON, UploadFacts)',
    may: 'calls.add',
    raw: true,
    reply: z.object({ upload: UploadState }),
  },
  'POST /uploads': {
    summary: 'Begin a resumable upload (tus 1.0.0 creation; Upload-Metadata `facts` = base64 JSON)',
    may: 'calls.add',
    raw: true,
    reply: z.unknown(),
  },
  'HEAD /uploads/:uploadId': {
    summary: 'How much has arrived (tus 1.0.0)',
    may: 'calls.add',
    raw: true,
    params: z.object({ uploadId: Id }),
    reply: z.unknown(),
  },
  'PATCH /uploads/:uploadId': {
    summary: 'Send the next bytes (tus 1.0.0)',
    may: 'calls.add',
    raw: true,
    params: z.object({ uploadId: Id }),
    reply: z.unknown(),
  },
  'DELETE /uploads/:uploadId': {
    summary: 'Give up an upload (tus 1.0.0 termination)',
    may: 'calls.add',
    raw: true,
    params: z.object({ uploadId: Id }),
    reply: z.unknown(),
  },
  'GET /uploads/:uploadId': {
    summary: 'State of an upload and its decoding',
    may: 'calls.add',
    params: z.object({ uploadId: Id }),
    reply: UploadState,
  },
  'POST /vcons': {
    summary: 'Import a vCon (application/vcon: JSON, JWS or JWE)',
    may: 'calls.add',
    raw: true,
    reply: z.object({
      uuid: z.string(),
      signed: z.boolean(),
      trusted: z.boolean(),
      warnings: z.array(z.string()),
      uploads: z.array(UploadState),
    }),
  },
  'POST /calls/:callId/vcon': {
    summary: 'Export a call as a vCon for a purpose',
    may: 'calls.export',
    params: callId,
    body: z.object({
      purpose: PurposeKey,
      segment,
      reason: z.string().min(5).max(500),
      caseRef: CaseRef,
      sign: z.boolean().default(false),
      encryptTo: z.string().max(20_000).optional(),
    }),
    reply: z.record(z.string(), z.unknown()),
  },
  'POST /calls/:callId/listen': {
    summary: 'Ask to listen for a purpose; logged whether allowed or refused',
    may: 'calls.listen',
    params: callId,
    body: z.object({ purpose: PurposeKey, segment, reason: z.string().max(500), caseRef: CaseRef }),
    reply: ListenGrant,
  },
  'GET /media/:grantId': {
    summary: 'The granted audio as WAV; honours Range',
    may: 'calls.listen',
    raw: true,
    params: z.object({ grantId: Id }),
    reply: z.unknown(),
  },
  'GET /live/calls': {
    summary: 'Calls in progress within reach',
    may: 'calls.read',
    reply: z.object({ items: z.array(LiveCall) }),
  },
  'POST /calls/:callId/control': {
    summary: 'Switch, pause, resume, mark a call in progress',
    may: 'calls.control',
    params: callId,
    body: z.object({ action: ControlAction }),
    reply: LiveCall,
  },

  // retention: terms and holds
  'GET /calls/:callId/terms': {
    summary: 'What a call is kept for, until when, and how that ended',
    may: 'calls.read',
    params: callId,
    reply: CallTerms,
  },
  'POST /calls/:callId/terms/end': {
    summary: 'End a purpose of a call at once, by a decision; its keys are destroyed',
    may: 'governance.write',
    params: callId,
    body: z.object({
      purpose: z.string().max(40),
      segment: z.number().int().min(0).default(0),
      why: z.string().min(5).max(500),
    }),
    reply: CallTerms,
  },
  'POST /calls/:callId/confirmation': {
    summary:
      'Written confirmation of a contract received: its recording ends where the register says so (CNIL, 25 April 2022)',
    may: 'governance.write',
    params: callId,
    body: z.object({
      /** The contract window it confirms; every one when it is not said. */
      segment,
      reference: z.string().trim().min(1).max(200),
    }),
    reply: CallTerms,
  },
  'POST /purposes/preview': {
    summary: 'What a draft register would end sooner of what is there now',
    may: 'governance.read',
    body: z.object({ entries: z.array(PurposeEntry).min(1).max(100) }),
    reply: z.object({ items: z.array(ReclockCount) }),
  },
  'GET /retention/status': {
    summary: 'The clock that ends terms: its day, its alarm, what is due',
    may: 'governance.read',
    reply: RetentionStatus,
  },
  'GET /retention/calendar': {
    summary: 'How many terms end on each day, by purpose',
    may: 'governance.read',
    query: z.object({ from: z.iso.date(), to: z.iso.date() }),
    reply: z.object({ items: z.array(CalendarDay) }),
  },
  'POST /retention/sweep': {
    summary: 'End what is due now instead of at the next turn',
    may: 'governance.write',
    reply: RetentionStatus,
  },
  'POST /retention/clock': {
    summary: 'Vouch for a day the program does not believe by itself, after a leap of the clock or a long down time',
    may: 'governance.write',
    body: z.object({ day: z.iso.date() }),
    reply: RetentionStatus,
  },
  'GET /holds': {
    summary: 'Legal holds, newest first',
    may: 'governance.read',
    reply: z.object({ items: z.array(Hold) }),
  },
  'POST /holds': {
    summary: 'Place a legal hold: what it covers is ended by nothing',
    may: 'governance.write',
    body: z.object({ covers: HoldAsk, reason: z.string().max(2000), reference: z.string().max(200).default('') }),
    reply: Hold,
  },
  'POST /holds/:holdId/release-request': {
    summary: 'Ask for the release of a hold; a second person decides',
    may: 'governance.write',
    params: z.object({ holdId: Id }),
    body: z.object({ reason: z.string().max(2000) }),
    reply: Hold,
  },
  'POST /holds/:holdId/release': {
    summary: 'Release a hold, as the second person',
    may: 'governance.write',
    params: z.object({ holdId: Id }),
    reply: Hold,
  },
  'POST /holds/:holdId/keep': {
    summary: 'Refuse the release of a hold, or take the request back',
    may: 'governance.write',
    params: z.object({ holdId: Id }),
    reply: Hold,
  },

  ...accountabilityRoutes,
  ...evidenceRoutes,
  ...governanceRoutes,

  ...rightsRoutes,

  ...transcriptRoutes,
  ...captionRoutes,

  ...logRoutes,
} satisfies Record<`${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'} /${string}`, Route>

export type Routes = typeof routes
export type Key = keyof Routes
type Out<R, K extends string> = R extends { [P in K]: infer S extends z.ZodType } ? { [P in K]: z.output<S> } : unknown
type In<R, K extends string> = R extends { [P in K]: infer S extends z.ZodType } ? { [P in K]: z.input<S> } : unknown
/** What a handler receives, parsed. */
export type Asked<K extends Key> = Out<Routes[K], 'params'> & Out<Routes[K], 'query'> & Out<Routes[K], 'body'>
/** What a client sends. */
export type Ask<K extends Key> = In<Routes[K], 'params'> & In<Routes[K], 'query'> & In<Routes[K], 'body'>
export type Reply<K extends Key> = z.output<Routes[K]['reply']>
