import type { PolicyRule } from '../../contract/models/policy.ts'
import type { Clock } from '../platform/clock.ts'
import type { AnyDatabase } from '../platform/db/index.ts'
import type { Box } from '../vault/index.ts'
import { createGate } from './agreements/agreements.ts'
import { createAnnouncement } from './announcement/announcement.ts'
import { purposesOfLiveCalls } from './announcement/text.ts'
import type { Append } from './append.ts'
import { type ConsentDeps, createConsents } from './consent/consents.ts'
import { createOrganisation } from './organisation/organisation.ts'
import { createPapers } from './papers.ts'
import { createRegister } from './register/register.ts'
import { rulesFacts } from './security-rules.ts'
import { type TermDb, termsOf } from './terms/terms.ts'

export type GovernanceDeps = {
  db: AnyDatabase
  box: Box
  clock: Clock
  append: Append
  /** The recording policy's rules in force; in memory. */
  rules: () => readonly PolicyRule[]
  /** What follows from a consent or objection, in the transaction that writes it down. */
  consentRecorded?: ConsentDeps['follow']
  /** Run after another register came into force: what is there may have to end sooner. */
  registerChanged: () => void
} & Pick<ConsentDeps, 'addressIndex' | 'requireReach'>

/** The rules behind retention, loaded and in memory: purposes, the organisation and its countries, agreements, announcement, consents. */
export async function createGovernance(deps: GovernanceDeps) {
  const { db, box, clock, append } = deps
  // what is announced is made from all of them, so it comes last
  const changed = async (): Promise<void> => announcement.refresh()
  const register = await createRegister({
    db,
    clock,
    append,
    changed: async () => {
      await changed()
      deps.registerChanged()
    },
  })
  const organisation = await createOrganisation({ db, box, clock, append, changed })
  const gate = await createGate({
    db,
    box,
    clock,
    append,
    jurisdictions: () => organisation.jurisdictions(),
    controller: () => organisation.current()?.country ?? null,
  })
  const announcement = await createAnnouncement({
    db,
    clock,
    append,
    entries: () => register.current().entries,
    organisation: () => organisation.current(),
    policyPurposes: () => purposesOfLiveCalls(deps.rules()),
  })
  const consents = createConsents({
    db,
    box,
    clock,
    append,
    entries: () => register.current().entries,
    organisation: () => organisation.current(),
    announcement: () => announcement.current()?.version ?? null,
    addressIndex: deps.addressIndex,
    requireReach: deps.requireReach,
    callerOf: async (callId) =>
      (await termsOf(db as TermDb, callId)).find((term) => term.customer_index)?.customer_index ?? null,
    follow: deps.consentRecorded ?? (async () => undefined),
  })
  const papers = createPapers({ db: db as TermDb, consents, controllerKnown: () => organisation.current() !== null })
  return {
    routes: { ...register.routes, ...organisation.routes, ...gate.routes, ...announcement.routes, ...consents.routes },
    register,
    organisation,
    gate,
    announcement,
    consents,
    papers,
    /** The rules behind retention, in numbers. */
    securityFacts: () =>
      rulesFacts({
        db,
        register: register.current(),
        announcement: announcement.current(),
        organisation: organisation.current(),
        agreements: gate.agreements(),
      }),
  }
}

export type Governance = Awaited<ReturnType<typeof createGovernance>>
