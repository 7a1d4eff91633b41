import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { type Config, modelsDirOf, openProtocols, transportOf } from './config.ts'
import { type Accountability, createAccountability, missingOf, type SecurityFacts } from './accountability/index.ts'
import { type Capture, type CaptureJobs, createCapture } from './capture/index.ts'
import { createEvidence, type Evidence } from './evidence/index.ts'
import { createPeople, csrfAllowed, type People } from './people/index.ts'
import { createPolicy, type Policy } from './policy/index.ts'
import { createRights, type Rights, type RightsJobs } from './rights/index.ts'
import {
  createGovernance,
  createRetention,
  governed,
  type Governance,
  type Retention,
  type RetentionJobs,
} from './retention/index.ts'
import type { Clock } from './platform/clock.ts'
import type { Database } from './platform/db/index.ts'
import { closeHttp, createHttp } from './platform/http/server.ts'
import { measureInstallation } from './platform/installation.ts'
import { upgrades, type Upgrades } from './platform/http/upgrades.ts'
import { createEnqueue, createJobs, type Jobs } from './platform/jobs/index.ts'
import type { Logger } from './platform/log.ts'
import { createVault, type DoctorFinding, fileEpochKeys, type Vault, type VaultDeps } from './vault/index.ts'
import {
  createTranscripts,
  type Engines,
  enginesOf,
  openEmbedder,
  openEngines,
  type TranscriptJobs,
  type Transcripts,
} from './transcripts/index.ts'
import { localObjects } from './platform/objects/index.ts'
import { packageRoot, version } from './platform/package.ts'

export type ComposeDeps = {
  config: Config
  log: Logger
  database: Database
  clock: Clock
  /** Another place for ciphertext and keys, other limits of live writing: for fault tests. */
  vault?: Partial<Pick<VaultDeps, 'objects' | 'keys' | 'settings'>>
  /** Other speech engines, for tests. */
  engines?: Engines
}

export type Running = {
  /** Where people open the page. */
  address: string
  /** One-time link that creates the first administrator; null once there is one. */
  firstAdministratorLink: string | null
  stop(): Promise<void>
  doctor(): AsyncIterable<Omit<DoctorFinding, 'renditionId'>>
}

/**
 * What follows what, on one page. Jobs are enqueued in the transaction that causes them:
 *
 *   upload complete      → decode-upload     (capture/uploads)
 *   call sealed, decoded → make-renditions   (capture/sealing): one rendition per purpose, each under its own key
 *   renditions made      → transcribe        (transcripts): what was said, for purposes that allow it, redacted before it is kept;
 *                                             what was found leaves the audio (capture/sealing/silence), then it is done
 *   a caller is known     → heed-caller       (retention): what an earlier no forbids is not recorded for
 *   a caller said no      → follow-consent    (retention): what rests on consent or interests ends, calls in progress stop
 *   all calls of a person → carry-out         (rights): a request about every call of a caller, one call after the other
 *   a hold is released    → hold-released     (retention): what it kept back is done: noes of callers, erasures, what is due
 *   midnight, hourly     → sweep             (retention): terms whose last day is over end, in every room
 *   hourly               → housekeeping      (capture, rights): partitions ahead; uploads, access records, links and codes too old
 */
const housekeepingEveryMs = 3_600_000

type AllJobs = CaptureJobs & RetentionJobs & RightsJobs & TranscriptJobs

/** The composition root: builds every room from its parts. The only place that knows them all. */
export async function compose(deps: ComposeDeps): Promise<Running> {
  const { config, log, database, clock } = deps
  const { db } = database
  const vault = await openVault(deps)
  const evidence = openEvidence(deps, vault)
  const people = createPeople({ db, box: vault.box, clock, log, origin: () => originOf(config, listening) })
  await people.start()
  const { directory } = people
  let past: Capture['pastCalls'] | null = null
  const policy = await createPolicy({
    db,
    clock,
    selectionHash: (input) => vault.selectionHash(input),
    pastCalls: (from, to) => (past ? past(from, to) : none()),
    directory: {
      agent: (id) => directory.person(id)?.active ?? false,
      team: (id) => directory.team(id) !== null,
      purpose: (key) => governance.register.state(key),
    },
    govern: (decision, circumstances) =>
      governed(decision, circumstances, {
        inForce: retention.inForce,
        consentMode: (places, purposes) => governance.organisation.consentMode(places, purposes),
      }),
    published: (tx, { version, rulesSha256, by }) =>
      evidence.append(tx, { type: 'policy.published', callId: null, data: { version, rulesSha256, by } }, null),
    changed: () => governance.announcement.refresh(),
  })
  const governance: Governance = await createGovernance({
    db,
    box: vault.box,
    clock,
    append: (tx, event) => evidence.append(tx, event, null),
    rules: () => policy.rules(),
    addressIndex: (address) => capture.addressIndex(address),
    requireReach: (actor, callId) => capture.requireReach(actor, callId),
    registerChanged: () => void retention.reclock(),
    consentRecorded: (tx, record) => retention.consentRecorded(tx, record),
  })
  const retention: Retention = createRetention({
    db,
    vault,
    evidence,
    clock,
    log,
    register: governance.register,
    consents: governance.consents,
    announcement: () => governance.announcement.current()?.version ?? null,
    stopLive: (callId) => capture.stopLive(callId),
    enqueue: createEnqueue<RetentionJobs>(),
    gate: governance.gate,
    controller: () => governance.organisation.current()?.country ?? null,
    moved: async (tx, terms) => {
      await capture.moveLastDays(tx, terms)
      await transcripts.moveLastDays(tx, terms)
    },
    erasers: () => [
      { room: 'capture', erase: capture.erase, eraseAudio: capture.eraseAudio },
      { room: 'transcripts', erase: transcripts.erase },
      { room: 'rights', erase: rights.erase },
    ],
    names: (ids) => directory.names(ids),
    alsoEnd: () => capture.sweep(),
    holdReleased: (callId) => rights.holdReleased(callId),
    endWorkingCopies: (callIds) => capture.endWorkingCopies(callIds),
    requireReach: (actor, callId) => capture.requireReach(actor, callId),
    addressIndex: (address) => capture.addressIndex(address),
    findCalls: (filters, limit, before) => capture.findCalls(filters, limit, before),
  })
  const rights: Rights = createRights({
    db,
    box: vault.box,
    clock,
    log,
    append: (tx, event) => evidence.append(tx, event, null),
    throttle: people.throttle,
    addressIndex: (address) => capture.addressIndex(address),
    requireReach: (actor, callId) => capture.requireReach(actor, callId),
    calls: { toldOf: (callId) => capture.toldOf(callId), given: (callId) => capture.given(callId) },
    terms: retention.terms,
    callerOf: retention.callerOf,
    follow: retention.follow,
    consents: governance.consents,
    entry: (purpose) => governance.register.entry(purpose),
    organisation: () => governance.organisation.current(),
    consent: (callId) => governance.papers.consent(callId),
    personCopy: (ask, use) => capture.personCopy(ask, use),
    transcriptCopy: (callId, masks) => transcripts.personCopy(callId, masks),
    inProgress: (callId) => capture.inProgress(callId),
    callsOf: retention.callsOf,
    workingCopies: (callIds) => capture.workingCopies(callIds),
    enqueue: createEnqueue<RightsJobs>(),
    endTerms: (terms, of) => retention.lapse.lapse({ terms, ...of }),
    hold: async (callIds, { reason, holdId }) =>
      void (await retention.holds.place(
        { kind: 'calls', callIds },
        { reason, reference: '', personId: null, id: holdId },
      )),
  })
  const capture: Capture = await createCapture({
    config,
    db,
    vault,
    evidence,
    clock,
    log,
    enqueue: createEnqueue<CaptureJobs>(),
    policy,
    keeping: {
      ...retention.keeping,
      answerKeys: () => governance.organisation.current()?.keys ?? null,
      open: async (tx, call) => {
        await retention.keeping.open(tx, call)
        await rights.open(tx, call.callId)
      },
      settle: async (callId) => {
        await retention.keeping.settle(callId)
        await rights.callEnded(callId)
      },
    },
    restricted: (callId) => rights.restricted(callId),
    listening: { begin: (call) => transcripts.listening.begin(call) },
    captionShown: (ms) => transcripts.captionShown(ms),
    madeRenditions: (callId) => transcripts.ask(callId),
    transcriptFor: (callId, purpose) => transcripts.kept(callId, purpose),
    papers: {
      ...governance.papers,
      policy: (version) => policy.version(version),
      purposeName: (key) => governance.register.entry(key)?.name ?? null,
    },
    people: { agentByAlias: (alias) => directory.agentByAlias(alias), names: (ids) => directory.names(ids) },
    stillSignedIn: (actor) => people.stillSignedIn(actor),
  })
  const modelsDir = modelsDirOf(config)
  const opened = deps.engines ? null : await openEngines(config.speech, { modelsDir, log, clock })
  const transcripts: Transcripts = createTranscripts({
    db,
    box: vault.box,
    clock,
    log,
    enqueue: createEnqueue<TranscriptJobs>(),
    facts: (callId) => capture.speechFacts(callId),
    purposes: (callId) => retention.textPurposes(callId),
    openSpeech: (callId) => capture.openSpeech(callId),
    maskFacts: () => capture.maskFacts(),
    publish: (callId, news) => void capture.publishCaptions(callId, news),
    append: (tx, event) => evidence.append(tx, event, null),
    silence: (callId, found) => capture.silence(callId, found),
    changed: (callId) => void capture.tellChanged(callId),
    requireReach: (actor, callId) => capture.requireReach(actor, callId),
    permit: (actor, ask) => capture.permitText(actor, ask),
    permitQuotes: (actor, ask) => capture.permitQuotes(actor, ask),
    mayUse: (role, purpose) => retention.keeping.mayUse(role, purpose),
    names: (ids) => directory.names(ids),
    settings: config.speech,
    meaning: config.speech.meaning
      ? { embedder: openEmbedder(config.speech.meaning), batch: config.speech.meaning.batch }
      : null,
    engines: deps.engines ?? enginesOf(opened!),
    modelsDir,
    closeEngines: async () => opened?.close(),
  })
  const accountability = createAccountability({
    security: () => measureSecurity(deps, { people, vault, evidence, capture, retention, governance, policy, rights }),
    facts: async () => ({
      nowMs: clock.now(),
      product: version,
      organisation: governance.organisation.current(),
      register: governance.register.current(),
      policyVersion: policy.inForce(),
      announcement: governance.announcement.current()?.version ?? null,
      agreements: governance.gate.agreements(),
      held: await retention.heldNow(),
      timestampUrl: config.evidence.timestamp?.url ?? null,
      witnessUrls: config.evidence.witnesses.map(({ url }) => url),
    }),
  })
  past = capture.pastCalls
  const jobs: Jobs<AllJobs> = createJobs<AllJobs>({
    pool: database.pool,
    log,
    handlers: { ...capture.jobs, ...retention.jobs, ...rights.jobs, ...transcripts.jobs },
    concurrency: 2,
  })

  let listening: string | null = null
  const { app, web } = await openHttp({
    config,
    log,
    people,
    policy,
    capture,
    governance,
    retention,
    rights,
    transcripts,
    accountability,
    evidence,
    origin: () => originOf(config, listening),
  })
  await evidence.start()
  await transcripts.start()
  await capture.start(web)
  await retention.start()
  await jobs.start()
  await app.listen({ host: config.http.host, port: config.http.port })
  listening = addressOf(app, config)
  const housekeeping = setInterval(
    () => void capture.housekeeping().then(() => rights.housekeeping()),
    housekeepingEveryMs,
  )
  const token = await people.firstAdministratorToken()

  return {
    address: listening,
    firstAdministratorLink: token && `${listening}/setup#${token}`,
    doctor: () => examine(vault, evidence, capture),
    stop: () =>
      stopInOrder({ app, capture, retention, rights, transcripts, jobs, people, evidence, vault, housekeeping }),
  }
}

type Measured = {
  people: People
  vault: Vault
  evidence: Evidence
  capture: Capture
  retention: Retention
  governance: Governance
  policy: Policy
  rights: Rights
}

/** What every room measures of itself, each with the moment it was measured. */
async function measureSecurity({ config, database, clock }: ComposeDeps, rooms: Measured): Promise<SecurityFacts> {
  const { governance } = rooms
  const at = async <Facts extends object>(facts: Facts | Promise<Facts>): Promise<Facts & { atMs: number }> => ({
    ...(await facts),
    atMs: clock.now(),
  })
  const [people, vault, log, capture, retention, rules, policy, rights, installation] = await Promise.all([
    at(rooms.people.securityFacts()),
    at(rooms.vault.securityFacts()),
    at(rooms.evidence.securityFacts()),
    at(rooms.capture.securityFacts()),
    at(rooms.retention.securityFacts()),
    at(governance.securityFacts()),
    at(rooms.policy.securityFacts()),
    at(rooms.rights.securityFacts((id) => rooms.people.directory.person(id) !== null)),
    at(measureInstallation(database.db, [config.dataDir, config.epochKeyDir])),
  ])
  const controllerMissing = missingOf(governance.organisation.current()).length
  return {
    people,
    vault,
    log,
    capture,
    retention,
    rules: { ...rules, controllerMissing },
    policy,
    rights,
    installation: {
      ...installation,
      product: version,
      transport: transportOf(config),
      protocols: openProtocols(config),
    },
  }
}

function openVault({ config, database, clock, log, vault }: ComposeDeps): Promise<Vault> {
  const epochKeys = fileEpochKeys([config.epochKeyDir, join(config.epochKeyDir, 'replica')].map(localObjects))
  return createVault({
    db: database.db,
    objects: localObjects(join(config.dataDir, 'objects')),
    keys: localObjects(config.keystoreDir),
    epochKeys,
    clock,
    log,
    ...vault,
  })
}

/** The log's origin: what the configuration says, else the host of the public address. */
function openEvidence({ config, database, clock, log }: ComposeDeps, vault: Vault): Evidence {
  const host = config.http.publicUrl === undefined ? 'verbale.local' : new URL(config.http.publicUrl).hostname
  return createEvidence({
    db: database.db,
    vault,
    clock,
    log,
    guard: localObjects(join(config.dataDir, 'log-guard')),
    operator: config.evidence.name ?? host,
    witnesses: config.evidence.witnesses,
    timestamp: config.evidence.timestamp,
  })
}

type HttpParts = {
  config: Config
  log: Logger
  people: People
  policy: Policy
  capture: Capture
  governance: Governance
  retention: Retention
  rights: Rights
  transcripts: Transcripts
  accountability: Accountability
  evidence: Evidence
  origin: () => { rpId: string; origin: string }
}

async function openHttp(parts: HttpParts): Promise<{ app: FastifyInstance; web: Upgrades }> {
  const { config, log, people, policy, capture, governance, retention } = parts
  const webDir = join(packageRoot, 'dist', 'web')
  const app = await createHttp(
    {
      log,
      webDir: existsSync(webDir) ? webDir : null,
      tls: config.http.tls,
      https: parts.origin().origin.startsWith('https:'),
    },
    {
      handlers: {
        ...people.routes,
        ...policy.routes,
        ...capture.routes,
        ...governance.routes,
        ...retention.routes,
        ...parts.rights.routes,
        ...parts.transcripts.routes,
        ...parts.accountability.routes,
        ...parts.evidence.routes,
        'GET /health': async () => ({ ok: true, version, setupNeeded: await people.setupNeeded() }),
      },
      authenticate: (request) => people.authenticate(request),
      csrfAllowed: (request) => csrfAllowed(request, parts.origin()),
      rawScope: capture.acceptMultipart,
    },
  )
  const web = upgrades(app.server)
  web.route('/api/v1/live', (request, socket, head) => void openLive(parts, { request, socket, head }))
  return { app, web }
}

type Upgrade = {
  request: Parameters<Capture['serveLive']>[0]
  socket: Parameters<Capture['serveLive']>[1]
  head: Buffer
}

/** The page's event stream: same session as its requests, and only from our own page. */
async function openLive({ people, capture, origin }: HttpParts, { request, socket, head }: Upgrade): Promise<void> {
  const refuse = (status: string): void =>
    void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  try {
    if (request.headers.origin !== undefined && request.headers.origin !== origin().origin)
      return refuse('403 Forbidden')
    const who = await people.authenticateUpgrade(request)
    if (!who || who.state !== 'signed_in') return refuse('401 Unauthorized')
    capture.serveLive(request, socket, head, who.actor)
  } catch {
    refuse('503 Service Unavailable')
  }
}

/** Keys, files and database against each other; then the log against what was signed, and the chain of access records. */
async function* examine(
  vault: Vault,
  evidence: Evidence,
  capture: Capture,
): AsyncGenerator<Omit<DoctorFinding, 'renditionId'>> {
  yield* vault.doctor()
  yield* evidence.doctor()
  yield* capture.doctor()
}

async function stopInOrder(parts: {
  app: FastifyInstance
  capture: Capture
  retention: Retention
  rights: Rights
  transcripts: Transcripts
  jobs: Jobs<AllJobs>
  people: People
  evidence: Evidence
  vault: Vault
  housekeeping: NodeJS.Timeout
}): Promise<void> {
  clearInterval(parts.housekeeping)
  parts.retention.stop()
  parts.vault.windDown()
  await parts.capture.stop()
  await parts.jobs.stop()
  await parts.transcripts.stop()
  await closeHttp(parts.app)
  await parts.rights.stop()
  await parts.people.stop()
  await parts.evidence.stop()
  await parts.vault.stop()
}

/** The page's origin: what the configuration says stands in front, else where we listen. */
function originOf(config: Config, listening: string | null): { rpId: string; origin: string } {
  const url = new URL(config.http.publicUrl ?? listening ?? `http://localhost:${config.http.port}`)
  return { rpId: url.hostname, origin: url.origin }
}

/** `http://localhost:8080` when we listen on every interface: passkeys and secure cookies need a name a browser trusts. */
function addressOf(app: FastifyInstance, config: Config): string {
  if (config.http.publicUrl) return config.http.publicUrl.replace(/\/$/, '')
  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : config.http.port
  const everywhere = ['0.0.0.0', '::', '127.0.0.1', '::1', 'localhost'].includes(config.http.host)
  const host = everywhere ? 'localhost' : config.http.host.includes(':') ? `[${config.http.host}]` : config.http.host
  return `${config.http.tls ? 'https' : 'http'}://${host}:${port}`
}

async function* none(): AsyncGenerator<never> {}
