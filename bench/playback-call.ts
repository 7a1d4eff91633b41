import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import type { Decision } from '../contract/models/policy.ts'
import { ensureMonths } from '../server/capture/months.ts'
import { encodeG711 } from '../server/capture/media/codecs/g711.ts'
import { rtpPacket } from '../server/capture/media/testkit/rtp.ts'
import { speechLike } from '../server/capture/media/testkit/signals.ts'
import type { Keeping } from '../server/capture/index.ts'
import { createLedger } from '../server/capture/recorder/ledger.ts'
import { openTerms } from '../server/retention/terms/terms.ts'
import { createRecorder } from '../server/capture/recorder/recorder.ts'
import { createSealer } from '../server/capture/sealing/seal.ts'
import { loadConfig } from '../server/config.ts'
import { createEvidence } from '../server/evidence/index.ts'
import { manualClock, systemClock } from '../server/platform/clock.ts'
import { openDatabase } from '../server/platform/db/index.ts'
import { createEnqueue } from '../server/platform/jobs/index.ts'
import { silentLog } from '../server/platform/log.ts'
import { localObjects } from '../server/platform/objects/index.ts'
import { createVault, fileEpochKeys } from '../server/vault/index.ts'

const PACKET_MS = 20
/** Between two packets fed here an hour passes in seconds; the journal gets its turn this often. */
const BREATHE_EVERY = 1000

/** Terms as the program opens them; nothing here lives long enough to end. */
const keeping: Keeping = {
  announcement: () => null,
  termOf: (purpose, startMs) => {
    const lastDay = new Date(startMs + 100 * 86_400_000)
    return { material: purpose === 'evidence' ? 'original' : 'masked', lastDay, audioLastDay: lastDay }
  },
  answerKeys: () => null,
  mayUse: () => true,
  locked: () => null,
  iri: () => null,
  basis: async () => 'contract',
  open: openTerms,
  customer: async () => {},
  consent: async () => {},
  settle: async () => {},
  split: async () => true,
}

const decision: Decision = {
  policyVersion: 1,
  ruleId: null,
  mode: 'all',
  record: true,
  reason: 'rule',
  draw: null,
  percent: null,
  purposes: ['evidence', 'training'],
  legalBasis: 'contract',
  pause: { agent: false, platform: false, detector: false, autoResumeSeconds: 0, reachBackSeconds: 0 },
  consent: 'objection',
}

/** From the hang-up to the sealed call, and from there to its event in the signed log, ms. */
type Recorded = { packets: number; sealMs: number; signMs: number }

/**
 * Records a call of `minutes` with two G.711 legs in a stopped program's data folder: the product's own recorder, vault and
 * database, on a clock moved by hand. Its renditions are made when the program starts again.
 */
export async function recordLongCall(dataDir: string, minutes: number): Promise<Recorded> {
  const config = loadConfig({ flags: { data: dataDir } })
  const database = await openDatabase({ dataDir })
  const { db } = database
  const objects = localObjects(join(dataDir, 'objects'))
  const epochKeys = fileEpochKeys([config.epochKeyDir, join(config.epochKeyDir, 'replica')].map(localObjects))
  const keys = localObjects(config.keystoreDir)
  const vault = await createVault({ db, objects, keys, epochKeys, clock: systemClock, log: silentLog })
  const guard = localObjects(join(dataDir, 'log-guard'))
  const evidence = createEvidence({ db, vault, clock: systemClock, log: silentLog, guard, operator: 'verbale.local' })
  const enqueue = createEnqueue<{ 'make-renditions': { callId: string } }>()
  const sealer = createSealer({
    db,
    vault,
    evidence,
    enqueueRenditions: (tx, callId) => enqueue(tx, 'make-renditions', { callId }),
  })
  const clock = manualClock(Date.now() - (minutes + 5) * 60_000)
  await ensureMonths(db, clock.now())
  const recorder = createRecorder({
    clock,
    log: silentLog,
    vault,
    ledger: createLedger({ db, vault, evidence, keeping, processingDays: config.processing.days }),
    decide: () => decision,
    agentByAlias: () => null,
    answerKeys: () => null,
    listening: { begin: () => null },
    delayMs: 0,
    detectorDelayMs: 0,
    waitingLimit: 8 << 20,
    silentAfterMs: 3_600_000,
    maxCalls: 10,
    seal: (session, key, streams) =>
      sealer.seal({ callId: session.callId, card: key.card, processing: key.processing, streams, sequenced: true }),
    changed: () => undefined,
    ended: () => undefined,
  })
  await evidence.start()
  try {
    const fed = await feed(recorder, clock, minutes)
    const sealed = performance.now()
    await evidence.drain()
    return { ...fed, signMs: performance.now() - sealed }
  } finally {
    await recorder.stop()
    await evidence.stop()
    await vault.stop()
    await database.stop()
  }
}

type Recorder = ReturnType<typeof createRecorder>

async function feed(
  recorder: Recorder,
  clock: ReturnType<typeof manualClock>,
  minutes: number,
): Promise<Omit<Recorded, 'signMs'>> {
  const { desk } = recorder
  const announced = desk.announce({ protocol: 'siprec', sessionKey: 'long', sequenced: true }, {})
  if (!announced.accepted) throw new Error(announced.detail)
  const format = { codec: 'PCMU', rate: 8000, channels: 1 } as const
  const legs = (['customer', 'agent'] as const).map((role) => announced.call.leg({ label: role, role, format }))
  const voice = encodeG711('PCMU', speechLike(PACKET_MS * 500, 8000))
  const packets = (minutes * 60_000) / PACKET_MS
  // The call's keys and rows come first, as in a live call.
  await sleep(1000)
  for (let i = 0; i < packets; i++) {
    const payload = voice.subarray((i % 500) * 160, (i % 500) * 160 + 160)
    for (const [ssrc, leg] of legs.entries()) {
      leg.rtp(rtpPacket({ payloadType: 0, sequence: i, timestamp: i * 160, ssrc }, payload), clock.monotonic())
    }
    clock.advance(PACKET_MS)
    if (i % BREATHE_EVERY !== 0) continue
    desk.drain()
    await sleep(20)
  }
  const hungUp = performance.now()
  announced.call.end('hangup')
  await recorder.idle()
  return { packets: packets * legs.length, sealMs: performance.now() - hungUp }
}
