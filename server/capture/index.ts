import type { FastifyInstance } from 'fastify'
import type { LiveEvent } from '../../contract/events.ts'
import type { UploadFacts } from '../../contract/models/calls.ts'
import type { CallCircumstances, Decision } from '../../contract/models/policy.ts'
import type { Config } from '../config.ts'
import type { Evidence } from '../evidence/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Actor } from '../platform/http/handlers.ts'
import type { Upgrades } from '../platform/http/upgrades.ts'
import type { Enqueue } from '../platform/jobs/index.ts'
import type { Logger } from '../platform/log.ts'
import { messageOf, Problem } from '../platform/problem.ts'
import type { Vault } from '../vault/index.ts'
import { createQueries } from './calls/queries.ts'
import { pastCalls } from './calls/past.ts'
import { toldOf } from './calls/told.ts'
import { openAudioTools } from './files/index.ts'
import { addressKey } from './calls/country.ts'
import { eraseAudio, eraseLapsed, moveLastDays } from './calls/erase.ts'
import type { Keeping } from './keeping.ts'
import { packageRoutes } from './package/index.ts'
import type { Papers } from './papers.ts'
import { captionRoutes } from './live/captions.ts'
import { createHub } from './live/hub.ts'
import type { Listening } from './live/listening.ts'
import { maskFacts } from './mask-facts.ts'
import { ensureMonths } from './months.ts'
import { openSpeech, speechFacts } from './speech.ts'
import { createAccessBook } from './playback/access.ts'
import { endOldAccesses, examineAccesses } from './playback/access-chain.ts'
import { createPlayback } from './playback/index.ts'
import { createPermits } from './playback/permit.ts'
import { personCopy } from './playback/person-copy.ts'
import { livePurposes } from './purposes.ts'
import { startProtocols, type RunningProtocols } from './protocols/registry.ts'
import { circumstancesOf, findAgent, type Agent } from './recorder/desk.ts'
import { createLedger, type CaptureDb } from './recorder/ledger.ts'
import { createRecorder } from './recorder/recorder.ts'
import { callRoutes, liveWithin, scopeOf } from './routes.ts'
import { securityFacts } from './security.ts'
import { makeRenditions } from './sealing/renditions.ts'
import { recoverCalls } from './sealing/recovery.ts'
import { createSealer } from './sealing/seal.ts'
import { type Found, silenceCall } from './sealing/silence.ts'
import { endWorkingCopies, sweepProcessing, workingCopies } from './sealing/sweep.ts'
import { createSources } from './sources.ts'
import type { KeptTranscript } from './transcript.ts'
import { createUploads } from './uploads/index.ts'
import { loadVconKeys, vconRoutes } from './vcon-routes.ts'

export type { CallListener, HeardCall, LaneListener, Listening } from './live/listening.ts'
export type { Told } from './calls/told.ts'
export type { Keeping } from './keeping.ts'
export type { Given } from './playback/access.ts'
export type { CaptureTables } from './store.ts'

/** Jobs this room works off. Payloads are ids. */
export type CaptureJobs = {
  'decode-upload': { uploadId: string }
  'make-renditions': { callId: string }
}

export type CaptureDeps = {
  config: Config
  db: CaptureDb
  vault: Vault
  evidence: Evidence
  clock: Clock
  log: Logger
  enqueue: Enqueue<CaptureJobs>
  policy: {
    decide(callId: string, circumstances: CallCircumstances): Decision
    ruleName(version: number, ruleId: string): Promise<string | null>
  }
  keeping: Keeping
  papers: Papers
  /** Who follows calls in progress by ear. */
  listening: Listening
  /** A caption is on a screen, so many ms after it was sent. */
  captionShown(ms: number): void
  /** A sealed call has its renditions: what else is made of it begins. */
  madeRenditions(callId: string): Promise<void>
  /** What was said in a call, redacted, as far as it is kept for a purpose. */
  transcriptFor(callId: string, purpose: string): Promise<KeptTranscript | null>
  /** Whether a call may be kept and not used (GDPR art. 18). */
  restricted(callId: string): Promise<boolean>
  people: { agentByAlias(alias: string): Agent | null; names(ids: string[]): Map<string, string> }
  stillSignedIn(actor: Actor): Promise<boolean>
}

type CaptionNews = Extract<LiveEvent, { type: 'captions' }>

const maxUploadBytes = 4 * 1024 ** 3

/** Protocols, the recorder, calls and their playback. Listens to nothing until `start()`. */
export async function createCapture(deps: CaptureDeps) {
  const { config, db, vault, evidence, clock, log, people, keeping, papers } = deps
  const names = async (ids: string[]): Promise<Map<string, string>> => people.names(ids)
  const ledger = createLedger({ db, vault, evidence, keeping, processingDays: config.processing.days })
  const enqueueRenditions = (tx: CaptureDb, callId: string): Promise<void> =>
    deps.enqueue(tx, 'make-renditions', { callId }, { key: `renditions:${callId}` })
  const sealer = createSealer({ db, vault, evidence, enqueueRenditions })

  const recorder = createRecorder({
    clock,
    log,
    vault,
    ledger,
    decide: (callId, circumstances) => deps.policy.decide(callId, circumstances),
    agentByAlias: (alias) => people.agentByAlias(alias),
    answerKeys: keeping.answerKeys,
    listening: deps.listening,
    delayMs: config.capture.delayMs,
    detectorDelayMs: config.capture.detectorDelayMs,
    waitingLimit: 8 << 20,
    silentAfterMs: config.capture.silentLegSeconds * 1000,
    maxCalls: config.protocols.siprec.maxCalls * 2,
    seal: (session, keys, streams) =>
      sealer.seal({
        callId: session.callId,
        card: keys.card,
        processing: keys.processing,
        streams,
        sequenced: session.announcement.sequenced,
      }),
    changed: (session) => hub.publish({ type: 'call.live', call: session.view() }, scopeOf(session)),
    ended: (session) => {
      hub.unfollow(session.callId)
      hub.publish({ type: 'call.ended', callId: session.callId }, scopeOf(session))
    },
  })
  const { desk } = recorder
  const hub = createHub({
    liveCalls: (actor) => liveWithin(desk, actor),
    stillSignedIn: (actor) => deps.stillSignedIn(actor),
    captions: (callId) => desk.sessions.get(callId)?.listener?.snapshot() ?? null,
    shown: (ms) => deps.captionShown(ms),
  })
  const queries = createQueries({
    db,
    vault,
    clock,
    sessions: desk.sessions,
    names,
    ruleName: (version, ruleId) => deps.policy.ruleName(version, ruleId),
    mayUse: keeping.mayUse,
    locked: keeping.locked,
  })
  const book = createAccessBook({
    db,
    box: vault.box,
    clock,
    append: (...event) => evidence.append(...event),
    names,
    heard: (personId, callId) => hub.publish({ type: 'me.heard', callId }, { personId }),
  })
  const permits = createPermits({
    db,
    vault,
    queries,
    book,
    mayUse: keeping.mayUse,
    locked: keeping.locked,
    iri: keeping.iri,
    basis: keeping.basis,
    restricted: (callId) => deps.restricted(callId),
  })
  const playback = createPlayback({
    db,
    vault,
    clock,
    log,
    permits,
    book,
    restricted: (callId) => deps.restricted(callId),
  })
  const decideUpload = (callId: string, facts: UploadFacts, protocol: 'upload' | 'vcon') =>
    decideStored(deps, { callId, facts, protocol })
  const tools = await openAudioTools()
  const uploads = createUploads({
    db,
    vault,
    evidence,
    clock,
    log,
    tools,
    maxBytes: maxUploadBytes,
    processingDays: config.processing.days,
    keeping,
    decide: decideUpload,
    enqueueRenditions,
    enqueueDecode: (tx, uploadId) =>
      deps.enqueue(tx, 'decode-upload', { uploadId }, { key: `decode:${uploadId}`, maxAttempts: 5 }),
    changed: (upload, personId) => hub.publish({ type: 'upload.changed', upload }, { personId }),
  })
  const vconKeys = loadVconKeys(config.vcon)
  let protocols: RunningProtocols | null = null
  const liveOf = (protocol: string): number =>
    [...desk.sessions.values()].filter((s) => !s.endReason && s.announcement.protocol === protocol).length
  const sources = createSources({ db, box: vault.box, clock, sources: () => protocols?.views(liveOf) ?? [] })

  async function tellChanged(callId: string): Promise<void> {
    const row = await db.selectFrom('call').select(['agent_id', 'team_ids']).where('id', '=', callId).executeTakeFirst()
    if (row) hub.publish({ type: 'call.changed', callId }, { agentId: row.agent_id, teamIds: row.team_ids })
  }

  return {
    routes: {
      ...callRoutes({ queries, book, desk }),
      ...captionRoutes({ ...keeping, desk, hub, book, restricted: (callId) => deps.restricted(callId) }),
      ...playback.routes,
      ...uploads.routes,
      ...sources.routes,
      ...vconRoutes({
        db,
        vault,
        queries,
        permits,
        papers,
        book,
        transcriptFor: (callId, purpose) => deps.transcriptFor(callId, purpose),
        intake: uploads.intake,
        clock,
        keys: vconKeys,
      }),
      ...packageRoutes({ vault, evidence, queries, permits, papers, book, clock }),
    },
    /** Serves `/api/v1/live` for a person already recognised. */
    serveLive: (...args: Parameters<typeof hub.serve>) => hub.serve(...args),
    acceptMultipart: (scope: FastifyInstance) => uploads.acceptMultipart(scope),
    pastCalls: (from: Date, to: Date) => pastCalls(db, from, to),
    /** Throws Problem 404, the same for unknown and out of reach. */
    requireReach: async (actor: Actor, callId: string): Promise<void> => void (await queries.row(actor, callId)),
    /** Blind index of an address, as calls carry their caller's. */
    addressIndex: (address: string): Buffer => vault.box.blindIndex('address', addressKey(address)),
    /** Ids of the calls that filters of the list find, of everybody, at most `limit`. */
    findCalls: (filters: Record<string, string>, limit: number, before?: string): Promise<string[]> =>
      queries.ids(filters, limit, before),
    /** Stops recording a call in progress because its caller said no. False when it is not in progress. */
    stopLive(callId: string): boolean {
      const session = desk.sessions.get(callId)
      if (session && !session.endReason && session.switches.consent !== 'no')
        desk.control(session, 'consent_no', 'caller')
      return session !== undefined
    },
    /** What a call's caller may know of it; null when there is no such call. */
    toldOf: (callId: string) => toldOf(db, callId),
    /** What is recorded of a call, for the person it is of. */
    personCopy: (ask: Parameters<typeof personCopy>[1], use: Parameters<typeof personCopy>[2]) =>
      personCopy({ db, vault, book }, ask, use),
    /** To what was said in a call, or quotes of it, as text: decided and written down as any access. */
    permitText: (...ask: Parameters<typeof permits.text>) => permits.text(...ask),
    permitQuotes: (...ask: Parameters<typeof permits.quotes>) => permits.quotes(...ask),
    /** A sealed call as captured, to be written down; null when that is gone. */
    openSpeech: (callId: string) => openSpeech({ db, vault }, callId),
    speechFacts: (callId: string) => speechFacts(db, callId),
    /** To the pages that follow a call in progress. Returns to how many. */
    publishCaptions(callId: string, news: Omit<CaptionNews, 'type' | 'seq' | 'callId'>): number {
      const session = desk.sessions.get(callId)
      return session ? hub.publishTo(callId, { type: 'captions', callId, ...news }, scopeOf(session)) : 0
    },
    /** Destroys what a transcript found in the audio of a sealed call. May be asked again until it resolves. */
    silence: async (callId: string, found: Found): Promise<void> => {
      const silenced = await silenceCall({ db, vault, evidence }, callId, found)
      for (const renditionId of silenced) playback.endOf(renditionId)
      await tellChanged(callId)
    },
    /** How much card and bank data was kept from the disk, and how much was found later. */
    maskFacts: () => maskFacts(db),
    /** Tells open pages that a call is to be read anew. */
    tellChanged,
    inProgress: async (callId: string): Promise<boolean> => desk.sessions.has(callId),
    /** Every time a call was given to somebody, without names. */
    given: (callId: string) => book.given(callId),
    /** What is wrong with the access records. */
    doctor: () => examineAccesses(db),
    /** Calls, who was given them, and what came in, in numbers. */
    securityFacts: () => securityFacts({ db, clock, accessMonths: config.access.months }),
    /** Last days that the retention room moved, for the rows that show them. */
    moveLastDays,
    /** Erases this room's part of terms that end. */
    erase: eraseLapsed,
    eraseAudio,
    jobs: {
      'decode-upload': ({ uploadId }: { uploadId: string }) => uploads.decode(uploadId),
      'make-renditions': async ({ callId }: { callId: string }) => {
        await keeping.settle(callId)
        await makeRenditions({ db, vault, evidence, keeping }, callId)
        await endWorkingCopies({ db, vault, log }, [callId])
        await deps.madeRenditions(callId)
        await tellChanged(callId)
      },
    },
    /** Takes up what a crash left, then listens. */
    async start(web: Upgrades): Promise<void> {
      await ensureMonths(db, clock.now())
      await recoverCalls({ db, vault, evidence, log, clock, sealer })
      await uploads.takeUp()
      protocols = await startProtocols(config.protocols, { desk, clock, log, web, credentials: sources.credentials })
    },
    /** Ends processing renditions whose last day is over. */
    sweep: async (): Promise<void> => void (await sweepProcessing({ db, vault, log }, clock.now())),
    /** Ends working copies of calls of which a purpose was ended, once nothing is to be made from them; of all calls without ids. */
    endWorkingCopies: (callIds?: string[]): Promise<void> => endWorkingCopies({ db, vault, log }, callIds),
    /** Those of these calls whose working copy is there. */
    workingCopies: (callIds: string[]): Promise<string[]> => workingCopies(db, callIds),
    /** Runs now and then: partitions ahead, uploads given up, access records too old, keystore's daily key. */
    async housekeeping(): Promise<void> {
      try {
        await ensureMonths(db, clock.now())
        await uploads.intake.sweep(new Date(clock.now() - 86_400_000))
        await endOldAccesses(db, clock.now(), config.access.months)
        await vault.rotateEpoch()
      } catch (error) {
        log.warn({ detail: messageOf(error) }, 'housekeeping is put off')
      }
    },
    /** Ends calls in order: protocols stop accepting, calls in progress are sealed. */
    async stop(): Promise<void> {
      await protocols?.stop()
      await recorder.stop()
      playback.stop()
      hub.stop()
    },
  }
}

export type Capture = Awaited<ReturnType<typeof createCapture>>

/** The policy's word on a file that was recorded elsewhere. Throws Problem `policy_refuses`. */
function decideStored(deps: CaptureDeps, upload: { callId: string; facts: UploadFacts; protocol: 'upload' | 'vcon' }) {
  const { facts, protocol, callId } = upload
  const parties = facts.customer ? [{ role: 'customer' as const, ...facts.customer }] : []
  const described = { ...facts, parties, protocol }
  const agent = findAgent({ agentByAlias: (alias) => deps.people.agentByAlias(alias) }, described)
  const at = facts.startedAt ? Date.parse(facts.startedAt) : deps.clock.now()
  const circumstances = circumstancesOf(described, agent, at)
  const decision = deps.policy.decide(callId, circumstances)
  const refusedBy =
    decision.consent === 'opt_in' && facts.consent !== 'yes' ? 'consent' : facts.consent === 'no' ? 'consent' : null
  if (!decision.record || refusedBy) {
    throw new Problem(
      'policy_refuses',
      422,
      refusedBy
        ? 'The recording policy needs the caller’s consent for this call: send facts.consent = "yes" if it was given.'
        : 'The recording policy does not allow this call to be kept. Change the policy or the facts.',
      { reason: refusedBy ?? decision.reason },
    )
  }
  const purposes = livePurposes(deps.keeping.termOf, decision.purposes, {
    startMs: at,
    country: circumstances.agentCountry ?? circumstances.callerCountry,
    nowMs: deps.clock.now(),
  })
  if (purposes.length === 0)
    throw new Problem('call_too_old', 422, 'The call began so long ago that every purpose it could serve has ended.')
  return {
    decision: { ...decision, purposes },
    agent,
    callerCountry: circumstances.callerCountry,
    agentCountry: circumstances.agentCountry,
  }
}
