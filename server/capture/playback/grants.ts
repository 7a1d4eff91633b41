import type { PurposeKey } from '../../../contract/models/common.ts'
import { newId } from '../../platform/ids.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import type { RenditionKey } from '../../vault/index.ts'
import type { Lane, WavPlan } from '../media/index.ts'

/** A grant unused for this long is over; asking again is one click and one more access record. */
export const grantIdleMs = 30 * 60_000
const maxGrants = 2000

export type Grant = {
  id: string
  callId: string
  renditionId: string
  /** What the rendition held when the permission was given: the key opens nothing else. */
  edition: number
  purpose: PurposeKey
  recordId: string
  /** Only the session (or token) that asked may read. */
  holder: string
  key: RenditionKey
  lanes: Lane[]
  wav: WavPlan
  usedAt: number
}

export const holderOf = (actor: Actor): string => actor.sessionId ?? actor.tokenId ?? ''

export const grantEnded = (): Problem =>
  new Problem('grant_ended', 410, 'The permission to listen has ended. Ask again on the call’s page.')

/** Permissions to play, in memory: a restart ends them all, and their unlocked keys with them. */
export function createGrants(now: () => number) {
  const grants = new Map<string, Grant>()

  function close(grant: Grant): void {
    grants.delete(grant.id)
    for (const lane of grant.lanes) lane.close()
    grant.key.dispose()
  }

  function sweep(): void {
    for (const grant of grants.values()) if (now() - grant.usedAt > grantIdleMs) close(grant)
  }
  const timer = setInterval(sweep, 60_000)
  timer.unref()

  return {
    add(grant: Omit<Grant, 'id' | 'usedAt'>): Grant {
      if (grants.size >= maxGrants) close([...grants.values()].reduce((a, b) => (a.usedAt < b.usedAt ? a : b)))
      const added = { ...grant, id: newId(), usedAt: now() }
      grants.set(added.id, added)
      return added
    },
    /** Throws Problem `grant_ended` (410): unknown, over, or somebody else's. */
    use(id: string, actor: Actor): Grant {
      sweep()
      const grant = grants.get(id)
      if (!grant || grant.holder !== holderOf(actor)) throw grantEnded()
      grant.usedAt = now()
      return grant
    },
    close,
    /** What is played of a rendition ends, and its keys are put away. */
    endOf(renditionId: string): void {
      for (const grant of grants.values()) if (grant.renditionId === renditionId) close(grant)
    },
    stop(): void {
      clearInterval(timer)
      for (const grant of grants.values()) close(grant)
    },
  }
}
