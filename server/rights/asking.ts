import { randomInt, timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import type { Throttle } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import { messageOf, Problem } from '../platform/problem.ts'
import type { Box } from '../vault/index.ts'
import type { Links, Made } from './links.ts'
import type { Messenger } from './messenger.ts'
import { normalised, type References } from './references.ts'
import type { RightsDb } from './store.ts'

export type AskingDeps = {
  db: RightsDb
  box: Box
  clock: Clock
  log: Logger
  throttle: Throttle
  references: References
  links: Links
  messenger: Messenger
  /** Blind index of an address, and of a call's caller; null when nobody is known. */
  addressIndex: (address: string) => Buffer
  callerOf: (callId: string) => Promise<Buffer | null>
}

const codeMs = 10 * 60_000
const mostTries = 5
/** A link that a caller asked for holds for this many days: another one is asked for as easily. */
const askedDays = 1

/** The caller's own way in: a reference and the number called from bring a one-time code, and the code a link. */
export function createAsking(deps: AskingDeps) {
  const { db, box, clock, throttle, references } = deps
  const label = (callId: string): string => `rights/code/${callId}`
  const under = new Set<Promise<void>>()

  /**
   * Answers before anything is looked up: neither answer nor time tells whether reference and address belong together.
   * Throws Problem `too_many_attempts` (429), whatever is right.
   */
  async function ask(network: string, reference: string, address: string): Promise<void> {
    await throttle.charge(
      { kind: 'caller_network', of: network },
      { kind: 'caller_reference', of: normalised(reference) },
      { kind: 'caller_address', of: address },
    )
    const work = lookUp(reference, address).catch((error: unknown) =>
      deps.log.error({ detail: messageOf(error) }, 'a caller’s one-time code could not be made'),
    )
    under.add(work)
    void work.finally(() => under.delete(work))
  }

  async function lookUp(reference: string, address: string): Promise<void> {
    const callId = await references.find(reference)
    const caller = callId && (await deps.callerOf(callId))
    if (!callId || !caller || !timingSafeEqual(caller, deps.addressIndex(address))) return
    const code = String(randomInt(1_000_000)).padStart(6, '0')
    const now = clock.now()
    const row = { sealed: box.seal(label(callId), code), made_at: new Date(now), expires_at: new Date(now + codeMs) }
    await db
      .insertInto('caller_code')
      .values({ call_id: callId, tries: 0, ...row })
      .onConflict((conflict) => conflict.column('call_id').doUpdateSet({ tries: 0, ...row }))
      .execute()
    await deps.messenger.send({ callId, address, code, expiresAt: row.expires_at })
  }

  /** Throws Problem `caller_code_wrong` (403): no such reference, no code asked for, wrong, too late or tried too often. */
  async function enter(network: string, reference: string, code: string): Promise<Made> {
    const subjects = [
      { kind: 'caller_network', of: network },
      { kind: 'caller_reference', of: normalised(reference) },
    ] as const
    await throttle.charge(...subjects)
    const callId = await references.find(reference)
    if (!callId || !(await spend(callId, code)))
      throw new Problem('caller_code_wrong', 403, 'the code is wrong, too old or tried too often; ask for another one')
    for (const subject of subjects) await throttle.refund(subject)
    return deps.links.make(callId, askedDays, null)
  }

  /** Counts the try before it is judged, so that parallel guesses gain nothing; a code opens once. */
  async function spend(callId: string, code: string): Promise<boolean> {
    const row = await db
      .updateTable('caller_code')
      .set({ tries: sql<number>`tries + 1` })
      .where('call_id', '=', callId)
      .where('tries', '<', mostTries)
      .where('expires_at', '>', new Date(clock.now()))
      .returning('sealed')
      .executeTakeFirst()
    if (!row) return false
    const [right, given] = [box.open(label(callId), row.sealed), Buffer.from(code.replaceAll(/\D/g, ''))]
    if (right.length !== given.length || !timingSafeEqual(right, given)) return false
    const spent = await db
      .deleteFrom('caller_code')
      .where('call_id', '=', callId)
      .where('sealed', '=', row.sealed)
      .executeTakeFirst()
    return spent.numDeletedRows === 1n
  }

  return {
    ask,
    enter,
    /** The code asked for now, for staff to read to the caller. */
    async pending(callId: string): Promise<{ code: string; expiresAt: string } | null> {
      const row = await db
        .selectFrom('caller_code')
        .selectAll()
        .where('call_id', '=', callId)
        .where('tries', '<', mostTries)
        .where('expires_at', '>', new Date(clock.now()))
        .executeTakeFirst()
      if (!row) return null
      return { code: box.open(label(callId), row.sealed).toString('utf8'), expiresAt: row.expires_at.toISOString() }
    },
    sweep: async (): Promise<void> =>
      void (await db.deleteFrom('caller_code').where('expires_at', '<', new Date(clock.now())).execute()),
    /** Resolves when no code is being made any more. */
    stop: async (): Promise<void> => void (await Promise.all(under)),
  }
}

export type Asking = ReturnType<typeof createAsking>
