import { setTimeout as sleep } from 'node:timers/promises'
import type { Hold, HoldAsk } from '../../../contract/models/terms.ts'
import type { Actor, Handlers } from '../../platform/http/handlers.ts'
import type { Logger } from '../../platform/log.ts'
import { isProblem, messageOf, Problem } from '../../platform/problem.ts'
import type { Holds, HoldView } from './holds.ts'
import type { HoldTarget } from './selection.ts'

export type HoldKeys =
  | 'GET /holds'
  | 'POST /holds'
  | 'POST /holds/:holdId/release-request'
  | 'POST /holds/:holdId/release'
  | 'POST /holds/:holdId/keep'

export type HoldRouteDeps = {
  holds: Holds
  log: Logger
  names: (ids: string[]) => Map<string, string>
  /** Blind index of a caller's address, as calls carry it. */
  addressIndex: (address: string) => Buffer
  /** Ids of the calls that filters of the list find, newest first, those before one of them; at most `limit`. */
  findCalls: (filters: Record<string, string>, limit: number, before?: string) => Promise<string[]>
}

const pageSize = 20_000
/** How long a request waits for a hold over very many calls; some proxies give up after a minute. */
const patienceMs = 20_000

type HoldWords = { covers: HoldAsk; reason: string; reference: string }

export function holdRoutes(deps: HoldRouteDeps): Handlers<HoldKeys> {
  const { holds, log } = deps

  async function target(ask: HoldAsk): Promise<HoldTarget> {
    if (ask.kind === 'caller') return { kind: 'caller', customerIndex: deps.addressIndex(ask.address) }
    if (ask.kind !== 'query') return ask
    const { kind: _kind, ...filters } = ask
    const query = Object.fromEntries(Object.entries(filters).filter(([, v]) => v !== undefined)) as Record<
      string,
      string
    >
    return { kind: 'query', query, pages: everyCall(query) }
  }

  /** However many there are: a hold has no cap. */
  async function* everyCall(filters: Record<string, string>): AsyncGenerator<string[]> {
    for (let last: string | undefined; ;) {
      const page = await deps.findCalls(filters, pageSize, last)
      yield page
      if (page.length < pageSize) return
      last = page.at(-1)
    }
  }

  /** Answers once everything is held, or after a while with a hold still being placed. */
  async function place({ covers, ...words }: HoldWords, personId: string): Promise<Hold> {
    const id = await holds.begin(await target(covers), { ...words, personId })
    const held = holds.complete(id)
    held.catch((e: unknown) => {
      if (!isProblem(e)) log.error({ holdId: id, detail: messageOf(e) }, 'retention: a hold is placed later')
    })
    await Promise.race([held, sleep(patienceMs, undefined, { ref: false })])
    return view(id)
  }

  async function view(id: string): Promise<Hold> {
    const found = (await views()).find((h) => h.id === id)
    if (!found) throw new Problem('hold_unknown', 404, 'There is no such hold.')
    return found
  }

  async function views(): Promise<Hold[]> {
    const rows = await holds.list()
    const people = rows.flatMap((r) => [r.placed_by, r.release_asked_by, r.released_by].filter((id) => id !== null))
    const names = deps.names(people)
    return rows.map((row) => viewOf(row, (id) => (id ? (names.get(id) ?? null) : null)))
  }

  return {
    'GET /holds': async () => ({ items: await views() }),
    'POST /holds': async ({ actor, body }) => place(body, personOf(actor)),
    'POST /holds/:holdId/release-request': async ({ actor, params, body }) => {
      await holds.askRelease(params.holdId, body.reason, personOf(actor))
      return view(params.holdId)
    },
    'POST /holds/:holdId/release': async ({ actor, params }) => {
      await holds.release(params.holdId, personOf(actor))
      return view(params.holdId)
    },
    'POST /holds/:holdId/keep': async ({ actor, params }) => {
      await holds.keep(params.holdId, personOf(actor))
      return view(params.holdId)
    },
  }
}

/** Holds are placed and released by people: a program has no second person. */
function personOf(actor: Actor): string {
  if (actor.personId) return actor.personId
  throw new Problem('person_needed', 403, 'A person has to do this, signed in.')
}

function viewOf(row: HoldView, name: (id: string | null) => string | null): Hold {
  const { selection: s } = row
  return {
    id: row.id,
    kind: s.kind,
    query:
      s.kind === 'query' ? s.query : s.kind === 'segment' ? { purpose: s.purpose, segment: String(s.segment) } : {},
    callId: s.kind === 'segment' ? s.callId : null,
    reason: row.reason,
    reference: row.reference,
    state: row.state,
    held: row.held,
    tooLate: row.tooLate,
    placedBy: row.placed_by,
    placedByName: name(row.placed_by),
    placedAt: row.placed_at.toISOString(),
    releaseReason: row.releaseReason,
    releaseAskedBy: row.release_asked_by,
    releaseAskedByName: name(row.release_asked_by),
    releaseAskedAt: row.release_asked_at?.toISOString() ?? null,
    releasedByName: name(row.released_by),
    releasedAt: row.released_at?.toISOString() ?? null,
  }
}
