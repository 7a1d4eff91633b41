import type { Kysely } from 'kysely'
import type { Config } from '../config.ts'
import type { Handlers } from '../platform/http/handlers.ts'
import { examineLog, type LogFinding } from './doctor.ts'
import { createEvents, type EventDeps, type Events } from './events.ts'
import { createLog, type Log, type LogDeps } from './log/index.ts'
import { type LogKeys, logRoutes } from './log/routes.ts'
import { disclosedLanes, keepWindow, sealAudio } from './package/audio.ts'
import { type CopyWish, packageCall, type PackagedCall } from './package/index.ts'
import { sealWithLogKey } from './package/seal.ts'
import { securityFacts } from './security.ts'
import { createStamps, type Stamps, type StampTables } from './stamps/index.ts'
import { stampChoice } from './stamps/settings.ts'

export type { EvidenceEvent, EvidenceType } from './event-types.ts'
export { createEvents, type Events, type Opening, type StoredEvent } from './events.ts'
export type { Alarm } from './log/alarm.ts'
export type { LogStatus } from './log/index.ts'
export type { EventProof } from './log/proofs.ts'
export type { SignedCheckpoint } from './log/sign.ts'
export type { WitnessSettings } from './log/witness.ts'
export type { CopyWish, LaneSource, PackagedCall } from './package/index.ts'
export { gapWords } from './package/report.ts'
export type { CheckpointStamp, Stamps, StampStatus } from './stamps/index.ts'
export type { EvidenceTables } from './store.ts'

/** What happened, in a log that can be checked without us. */
export type Evidence = Events &
  Log & {
    routes: Handlers<LogKeys>
    /** Recomputes the log, and looks at its stamps. Reads only. */
    doctor(): AsyncIterable<LogFinding>
    /** Time stamps over the log. */
    stamps: Stamps
    /** The log, its witnesses and its stamps, in numbers. */
    securityFacts(): ReturnType<typeof securityFacts>
    /** Seals how a call sounds, and proves what is kept of it. */
    audio: { seal: typeof sealAudio; keepWindow: typeof keepWindow; lanes: typeof disclosedLanes }
    /** The bytes of a call's evidence package; see `packageCall`. */
    package(call: PackagedCall, wish?: CopyWish): AsyncGenerator<Buffer>
  }

export type EvidenceDeps = EventDeps & LogDeps & { timestamp?: Config['evidence']['timestamp'] }

/** The room. Events can be appended at once; `start` begins to put them into the log, and to have it stamped. */
export function createEvidence(deps: EvidenceDeps): Evidence {
  const { db, vault, clock, log: logger } = deps
  const events = createEvents(deps)
  const log = createLog(deps)
  const choice = stampChoice(deps.timestamp, clock)
  const stamps = createStamps({ ...choice, db: db as unknown as Kysely<StampTables>, events, clock, log: logger })
  const seal = (text: string): Promise<string> => sealWithLogKey(db, vault.box, text)
  return {
    ...events,
    ...log,
    routes: logRoutes({ db, log, stamps }),
    doctor: () => examineLog(log, stamps),
    stamps,
    securityFacts: () => securityFacts({ db, log, stamps }),
    audio: { seal: sealAudio, keepWindow, lanes: disclosedLanes },
    async *package(call, wish) {
      // what happened a moment ago, asking for this package too, belongs to it
      await log.drain()
      yield* packageCall({ prove: (id, size) => log.proofOf(id, size), stamps, seal }, call, wish)
    },
    async start() {
      await log.start()
      stamps.start()
    },
    async stop() {
      await stamps.stop()
      await log.stop()
    },
  }
}
