import type { LegalBasis } from '../../contract/models/policy.ts'
import type { PurposeEntry } from '../../contract/models/retention.ts'
import type { CallTerms } from '../../contract/models/terms.ts'
import type { Gate } from './agreements/agreements.ts'
import type { Evidence } from '../evidence/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { AnyTransaction } from '../platform/db/index.ts'
import type { Enqueue } from '../platform/jobs/index.ts'
import type { Logger } from '../platform/log.ts'
import { messageOf } from '../platform/problem.ts'
import type { Vault } from '../vault/index.ts'
import { type SaidInCall, consentOf } from './consent/in-call.ts'
import type { Consents } from './consent/consents.ts'
import { type FollowDeps, followConsent, heedCaller, type Said, settleCall } from './follow.ts'
import { createHolds } from './holds/holds.ts'
import { holdRoutes, type HoldRouteDeps } from './holds/routes.ts'
import { dayOf } from './lapse/days.ts'
import { batchSize, createLapse, type Eraser, type LapseDeps } from './lapse/lapse.ts'
import { reclock, type ReclockDeps } from './lapse/reclock.ts'
import { createSweep } from './lapse/sweep.ts'
import type { Register } from './register/register.ts'
import { keepsAnything, lastAudioDayFor, lastDayFor, watches } from './register/terms.ts'
import { securityFacts } from './security.ts'
import { basisOf } from './terms/basis.ts'
import { termRoutes, type TermRouteDeps } from './terms/routes.ts'
import { callTermsOf } from './terms/view.ts'
import {
  callsOf,
  type NewTerms,
  openTerms,
  setCustomer,
  heldNow,
  splitTerm,
  type TermDb,
  termsOf,
  type TermTx,
  type Window,
} from './terms/terms.ts'

export { governed } from './govern.ts'
export { createGovernance, type Governance } from './governance.ts'
export { type Consents } from './consent/consents.ts'
export { endedBy } from './consent/ended-by.ts'
export type { Said } from './follow.ts'
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
  register: Pick<Register, 'entry' | 'current'>
  consents: Pick<Consents, 'record' | 'about' | 'one'>
  /** The version of the announcement in force; null while none is. */
  announcement: () => number | null
  /** Stops recording a call in progress; false when it is not in progress. */
  stopLive: (callId: string) => boolean
  enqueue: Enqueue<RetentionJobs>
  gate: Pick<Gate, 'ask'>
  /** The controller's country. */
  controller: () => string | null
  /** The rooms that derived something from calls; known once they are built. */
  erasers: () => Eraser[]
  names: (ids: string[]) => Map<string, string>
  /** A hold over a call was released: what was asked of the other rooms meanwhile is done now. May come twice. */
  holdReleased: (callId: string) => Promise<void>
  /** Ends what other rooms keep by the day: audio as captured. */
  alsoEnd: () => Promise<void>
  /** Tells the rooms that show last days. */
  moved: ReclockDeps['moved']
} & Pick<LapseDeps, 'endWorkingCopies'> &
  Pick<TermRouteDeps, 'requireReach'> &
  Pick<HoldRouteDeps, 'addressIndex' | 'findCalls'>

/** How often what is due is looked for; the day's turn is looked for more exactly. */
const sweepEveryMs = 3_600_000
const DAY_MS = 86_400_000
/** Before every id. */
const firstCall = '00000000-0000-0000-0000-000000000000'
/** A little after midnight, so that the day has certainly begun. */
const afterMidnightMs = 5_000

/** Jobs this room works off. Payloads are ids. */
export type RetentionJobs = {
  'follow-consent': { recordId: string }
  'heed-caller': { callId: string }
  'hold-released': { holdId: string }
}

/** Purposes, clocks, holds and how things end. */
export function createRetention(deps: RetentionDeps) {
  const { db, vault, evidence, clock, log } = deps
  const lapse = createLapse({
    db,
    vault,
    clock,
    erasers: deps.erasers,
    endWorkingCopies: deps.endWorkingCopies,
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
    endWorkingCopies: deps.endWorkingCopies,
  })
  const holds = createHolds({
    db,
    vault,
    box: vault.box,
    clock,
    log: (tx, entry) => evidence.append(tx, entry, null),
    released: (tx, holdId) => deps.enqueue(tx, 'hold-released', { holdId }),
  })
  const following: FollowDeps = { db, lapse, about: (who) => deps.consents.about(who), stopLive: deps.stopLive }
  let timer: NodeJS.Timeout | undefined

  /** A purpose that keeps something, as it is in force; null for others. */
  function inForce(purpose: string): PurposeEntry | null {
    const entry = deps.register.entry(purpose)
    return entry?.active && keepsAnything(entry) ? entry : null
  }

  async function holdsTakenUp(): Promise<void> {
    try {
      await holds.takeUp()
    } catch (error) {
      log.error({ detail: messageOf(error) }, 'retention: a hold could not be placed whole; it is tried again')
    }
  }

  async function sweepNow(): Promise<void> {
    await holdsTakenUp()
    try {
      await sweep.sweep()
    } catch (error) {
      log.error({ detail: messageOf(error) }, 'retention: what is due could not be ended; it is tried again')
    }
  }

  async function reclockNow(): Promise<void> {
    try {
      const moved = await reclock({ db, vault, entries: () => deps.register.current().entries, moved: deps.moved })
      if (moved > 0) log.info({ terms: moved }, 'retention: last days moved to the register in force')
    } catch (error) {
      log.error(
        { detail: messageOf(error) },
        'retention: last days could not be moved; it is tried again at the next start',
      )
    }
  }

  /** Holds over a caller catch the call; what the caller said in an earlier one counts from now on. */
  async function callerKnown(tx: TermTx, callId: string, customerIndex: Buffer | null): Promise<void> {
    await holds.catchCall(tx, callId, customerIndex)
    if (customerIndex) await deps.enqueue(tx, 'heed-caller', { callId }, { key: `heed:${callId}` })
  }

  /** What a hold kept back is done once nothing holds it any more: what callers said and asked for, and what is due. */
  async function afterHold(holdId: string): Promise<void> {
    for (let after = firstCall; ;) {
      const calls = await holds.covered(holdId, after, batchSize)
      for (const callId of calls) {
        await heedCaller(following, callId)
        await deps.holdReleased(callId)
      }
      if (calls.length < batchSize) break
      after = calls.at(-1)!
    }
    await sweep.sweep()
  }

  function plan(): void {
    const toMidnight = DAY_MS - (clock.now() % DAY_MS) + afterMidnightMs
    timer = setTimeout(() => void sweepNow().then(plan), Math.min(sweepEveryMs, toMidnight))
    timer.unref()
  }

  return {
    routes: {
      ...termRoutes({
        db,
        register: deps.register,
        lapse,
        sweep,
        holds,
        today: () => dayOf(clock.now()),
        requireReach: deps.requireReach,
      }),
      ...holdRoutes({ holds, log, names: deps.names, addressIndex: deps.addressIndex, findCalls: deps.findCalls }),
    },
    /** What the recorder asks and tells. */
    keeping: {
      termOf: (purpose: string, startMs: number, country: string | null) => {
        const entry = inForce(purpose)
        if (!entry) return null
        const [lastDay, audioLastDay] = [lastDayFor(entry, country, startMs), lastAudioDayFor(entry, country, startMs)]
        return { material: entry.material, lastDay, audioLastDay }
      },
      mayUse: (role: string, purpose: string): boolean =>
        (deps.register.entry(purpose)?.audience as readonly string[] | undefined)?.includes(role) ?? false,
      iri: (purpose: string): string | null => deps.register.entry(purpose)?.iri ?? null,
      locked: (purpose: string, { country, teamIds }: { country: string | null; teamIds: string[] }) => {
        const entry = deps.register.entry(purpose)
        const answer = entry && watches(entry) ? deps.gate.ask('training_use', { country, teamIds }) : null
        if (!answer || answer.open) return null
        return { country: country ?? deps.controller() ?? '', needs: answer.needs }
      },
      open: async (tx: TermTx, call: NewTerms): Promise<void> => {
        const terms = call.terms.map((t) => ({ ...t, basis: basisOf(deps.register.entry(t.purpose), t.basis) }))
        await openTerms(tx, { ...call, terms })
        await callerKnown(tx, call.callId, call.customerIndex)
      },
      customer: async (tx: TermTx, callId: string, customerIndex: Buffer | null): Promise<void> => {
        await setCustomer(tx, callId, customerIndex)
        await callerKnown(tx, callId, customerIndex)
      },
      announcement: deps.announcement,
      basis: async (callId: string, purpose: string): Promise<LegalBasis | null> =>
        ((await termsOf(db, callId)).find((term) => term.purpose === purpose)?.basis ?? null) as LegalBasis | null,
      consent: async (tx: AnyTransaction, said: SaidInCall): Promise<void> => {
        await deps.consents.record({ ...consentOf(said), announcement: deps.announcement() }, tx)
      },
      settle: async (callId: string): Promise<void> => void (await settleCall(following, callId)),
      split: (tx: TermTx, ask: { callId: string; purpose: string; windows: Window[] }): Promise<boolean> =>
        splitTerm(tx, ask),
    },
    /** What follows from a record is done as soon as it is committed, and survives a crash. */
    consentRecorded: (tx: AnyTransaction, record: { id: string; value: string }): Promise<void> =>
      record.value === 'no' ? deps.enqueue(tx, 'follow-consent', { recordId: record.id }) : Promise.resolve(),
    jobs: {
      'heed-caller': ({ callId }: { callId: string }): Promise<void> => heedCaller(following, callId),
      'hold-released': ({ holdId }: { holdId: string }): Promise<void> => afterHold(holdId),
      'follow-consent': async ({ recordId }: { recordId: string }): Promise<void> => {
        const record = await deps.consents.one(recordId)
        if (record) await followConsent(following, record)
      },
    },
    /** Carries out what a caller said now, instead of by the job that follows the record. */
    follow: async (said: Said): Promise<void> => void (await followConsent(following, said)),
    /** What a call is kept for, its holds, and its certificate. */
    terms: (callId: string): Promise<CallTerms> => callTermsOf({ db, holds }, callId),
    /** Purposes a call is kept for, for which software writes down what was said, with their last days. */
    textPurposes: async (callId: string): Promise<{ purpose: string; lastDay: string }[]> =>
      (await termsOf(db, callId))
        .filter(({ state, segment, purpose }) => state === 'live' && segment === 0 && inForce(purpose)?.ai != null)
        .map((term) => ({ purpose: term.purpose, lastDay: term.last_day })),
    /** What is kept for each purpose at present. */
    heldNow: () => heldNow(db),
    /** What is kept and what ended, in numbers. */
    securityFacts: () => securityFacts({ db, clock, entries: () => deps.register.current().entries, sweep }),
    /** Blind index of a call's caller; null when nobody is known, or no longer. */
    callerOf: async (callId: string): Promise<Buffer | null> =>
      (await termsOf(db, callId)).find((term) => term.customer_index)?.customer_index ?? null,
    /** Calls of a caller of which something is kept, by id, after one of them. */
    callsOf: (caller: Buffer, after: string, limit: number): Promise<string[]> => callsOf(db, caller, { after, limit }),
    inForce: (purpose: string): boolean => inForce(purpose) !== null,
    lapse,
    sweep,
    holds,
    /** Applies the register in force to what is there: shorter only. What a crash cut short is done at the next start. */
    reclock: reclockNow,
    /** Completes what a crash left, then ends what is due, now and at every turn of the day. */
    async start(): Promise<void> {
      await sweep.takeUp()
      void reclockNow().then(sweepNow).then(plan)
    },
    stop(): void {
      clearTimeout(timer)
    },
  }
}

export type Retention = ReturnType<typeof createRetention>
