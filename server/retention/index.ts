import type { Evidence } from '../evidence/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import { messageOf } from '../platform/problem.ts'
import type { Vault } from '../vault/index.ts'
import { createHolds } from './holds/holds.ts'
import { holdRoutes, type HoldRouteDeps } from './holds/routes.ts'
import { dayOf } from './lapse/days.ts'
import { createLapse, type Eraser } from './lapse/lapse.ts'
import { createSweep } from './lapse/sweep.ts'
import { termRoutes, type TermRouteDeps } from './terms/routes.ts'
import {
  type NewTerms,
  openTerms,
  setCustomer,
  splitTerm,
  type TermDb,
  type TermTx,
  type Window,
} from './terms/terms.ts'

export { createGovernance, type Governance } from './governance.ts'
export type { Certificate, Receipt } from './lapse/certificate.ts'
export type { Eraser, Lapsed } from './lapse/lapse.ts'
export type { TermTables } from './terms/store.ts'
export type { TermId } from './terms/terms.ts'

export type RetentionDeps = {
  db: TermDb
  vault: Vault
  evidence: Evidence
  clock: Clock
  log: Logger
  /** The last day (UTC) on which a purpose may use what began at `startMs`. */
  lastDay: (purpose: string, startMs: number, country: string | null) => Date
  /** The rooms that derived something from calls; known once they are built. */
  erasers: () => Eraser[]
  names: (ids: string[]) => Map<string, string>
  /** Ends what other rooms keep by the day: audio as captured. */
  alsoEnd: () => Promise<void>
} & Pick<TermRouteDeps, 'requireReach'> &
  Pick<HoldRouteDeps, 'addressIndex' | 'findCalls'>

/** How often what is due is looked for; the day's turn is looked for more exactly. */
const sweepEveryMs = 3_600_000
const DAY_MS = 86_400_000
/** A little after midnight, so that the day has certainly begun. */
const afterMidnightMs = 5_000

/** Purposes, clocks, holds and how things end. */
export function createRetention(deps: RetentionDeps) {
  const { db, vault, evidence, clock, log } = deps
  const lapse = createLapse({
    db,
    vault,
    clock,
    erasers: deps.erasers,
    log: (tx, entries) => evidence.appendAll(tx, entries),
  })
  const sweep = createSweep({
    db,
    clock,
    log,
    lapse,
    vault,
    append: (tx, entries) => evidence.appendAll(tx, entries),
    alsoEnd: deps.alsoEnd,
  })
  const holds = createHolds({
    db,
    vault,
    box: vault.box,
    clock,
    log: (tx, entry) => evidence.append(tx, entry, null),
    released: () => void sweepNow(),
  })
  let timer: NodeJS.Timeout | undefined

  async function sweepNow(): Promise<void> {
    try {
      await sweep.sweep()
    } catch (error) {
      log.error({ detail: messageOf(error) }, 'retention: what is due could not be ended; it is tried again')
    }
  }

  function plan(): void {
    const toMidnight = DAY_MS - (clock.now() % DAY_MS) + afterMidnightMs
    timer = setTimeout(() => void sweepNow().then(plan), Math.min(sweepEveryMs, toMidnight))
    timer.unref()
  }

  return {
    routes: {
      ...termRoutes({ db, lapse, sweep, holds, today: () => dayOf(clock.now()), requireReach: deps.requireReach }),
      ...holdRoutes({ holds, names: deps.names, addressIndex: deps.addressIndex, findCalls: deps.findCalls }),
    },
    /** What the recorder asks and tells. */
    keeping: {
      lastDay: deps.lastDay,
      open: async (tx: TermTx, call: NewTerms): Promise<void> => {
        await openTerms(tx, call)
        await holds.catchCall(tx, call.callId, call.customerIndex)
      },
      customer: async (tx: TermTx, callId: string, customerIndex: Buffer | null): Promise<void> => {
        await setCustomer(tx, callId, customerIndex)
        await holds.catchCall(tx, callId, customerIndex)
      },
      split: (tx: TermTx, ask: { callId: string; purpose: string; windows: Window[] }): Promise<boolean> =>
        splitTerm(tx, ask),
    },
    lapse,
    sweep,
    holds,
    /** Completes what a crash left, then ends what is due, now and at every turn of the day. */
    async start(): Promise<void> {
      await sweep.takeUp()
      void sweepNow().then(plan)
    },
    stop(): void {
      clearTimeout(timer)
    },
  }
}

export type Retention = ReturnType<typeof createRetention>
