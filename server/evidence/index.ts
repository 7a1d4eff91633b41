import type { Handlers } from '../platform/http/handlers.ts'
import { createEvents, type EventDeps, type Events } from './events.ts'
import { createLog, type Log, type LogDeps } from './log/index.ts'
import { type LogKeys, logRoutes } from './log/routes.ts'

export type { EvidenceEvent, EvidenceType } from './event-types.ts'
export { createEvents, type Events, type StoredEvent } from './events.ts'
export type { Alarm } from './log/alarm.ts'
export type { LogStatus } from './log/index.ts'
export type { EventProof } from './log/proofs.ts'
export type { SignedCheckpoint } from './log/sign.ts'
export type { WitnessSettings } from './log/witness.ts'
export type { EvidenceTables } from './store.ts'

/** What happened, in a log that can be checked without us. */
export type Evidence = Events & Log & { routes: Handlers<LogKeys> }

export type EvidenceDeps = EventDeps & LogDeps

/** The room. Events can be appended at once; `start` begins to put them into the log. */
export function createEvidence(deps: EvidenceDeps): Evidence {
  const log = createLog(deps)
  return { ...createEvents(deps), ...log, routes: logRoutes({ db: deps.db, log }) }
}
