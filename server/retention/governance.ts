import type { Clock } from '../platform/clock.ts'
import type { AnyDatabase } from '../platform/db/index.ts'
import type { Box } from '../vault/index.ts'
import { createGate } from './agreements/agreements.ts'
import type { Append } from './append.ts'
import { createOrganisation } from './organisation/organisation.ts'
import { createRegister } from './register/register.ts'

export type GovernanceDeps = {
  db: AnyDatabase
  box: Box
  clock: Clock
  append: Append
}

/** The rules behind retention, loaded and in memory: purposes, the organisation and its countries, agreements. */
export async function createGovernance(deps: GovernanceDeps) {
  const { db, box, clock, append } = deps
  const changed = async (): Promise<void> => undefined
  const register = await createRegister({ db, clock, append, changed })
  const organisation = await createOrganisation({ db, box, clock, append, changed })
  const gate = await createGate({
    db,
    box,
    clock,
    append,
    jurisdictions: () => organisation.jurisdictions(),
    controller: () => organisation.current()?.country ?? null,
  })
  return {
    routes: { ...register.routes, ...organisation.routes, ...gate.routes },
    register,
    organisation,
    gate,
  }
}

export type Governance = Awaited<ReturnType<typeof createGovernance>>
