import type { PolicyRule } from '../../contract/models/policy.ts'
import type { Clock } from '../platform/clock.ts'
import type { AnyDatabase } from '../platform/db/index.ts'
import type { Box } from '../vault/index.ts'
import { createGate } from './agreements/agreements.ts'
import { createAnnouncement } from './announcement/announcement.ts'
import { purposesOfLiveCalls } from './announcement/text.ts'
import type { Append } from './append.ts'
import { createOrganisation } from './organisation/organisation.ts'
import { createRegister } from './register/register.ts'

export type GovernanceDeps = {
  db: AnyDatabase
  box: Box
  clock: Clock
  append: Append
  /** The recording policy's rules in force; in memory. */
  rules: () => readonly PolicyRule[]
  /** Run after another register came into force: what is there may have to end sooner. */
  registerChanged: () => void
}

/** The rules behind retention, loaded and in memory: purposes, the organisation and its countries, agreements, announcement. */
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
  return {
    routes: { ...register.routes, ...organisation.routes, ...gate.routes, ...announcement.routes },
    register,
    organisation,
    gate,
    announcement,
  }
}

export type Governance = Awaited<ReturnType<typeof createGovernance>>
