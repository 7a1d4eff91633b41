import { opens } from '../entry.ts'
import { type CustodyRow, parseCustody, readEvent } from '../package/custody.ts'
import { sealedLanes } from '../package/disclosure.ts'
import { eventFiles, FILES, FIRST_EVENTS, SEALING_EVENTS, type SealedLane } from '../package/format.ts'
import { asObject, asObjects, type Fields, parseObject, sameJson } from '../package/json.ts'
import type { Timestamp } from '../timestamp/index.ts'
import { type Check, type Made, passed, demand } from './check.ts'
import type { Contents } from './contents.ts'

export type OpenEvent = { row: CustodyRow; proofFile: string; said: ReturnType<typeof readEvent> }
/** The call's history: what happened, in order, and what its audio was sealed as. */
export type History = { callId: string; events: OpenEvent[] }

/** Clocks of recorder and authority may differ by so much, ms. */
const clockSlackMs = 300_000

/** Reads the history; every entry must be what its event and salt make. Throws Finding, FormatError. */
export async function checkEvents(contents: Contents): Promise<Made<History>> {
  const { callId, rows } = parseCustody(await contents.read(FILES.custody))
  const events: OpenEvent[] = []
  for (const [i, row] of rows.entries()) {
    const names = eventFiles(i + 1)
    const event = await contents.read(names.event)
    const salt = (await contents.read(names.salt)).toString('latin1')
    const said = readEvent(event)
    const told = row.file === names.event && salt === `${row.salt}\n` && /^[0-9a-f]{64}$/.test(row.salt)
    const same = told && row.type === said.type && row.at === said.at
    demand(same && opens(row.entry, Buffer.from(row.salt, 'hex'), event), 'wrong_opening', { file: names.event })
    events.push({ row, proofFile: names.proof, said })
  }
  const files = [...contents.entries.keys()].filter((name) => name.startsWith('events/'))
  demand(files.length === events.length * 3, 'disagrees')
  return { check: passed('events', { count: events.length }), value: { callId, events } }
}

/** One call, from its beginning, in the order of the log, sealed, and not stamped before it happened. */
export function checkHistory({ callId, events }: History, stamp: Timestamp | null): Check {
  const stranger = events.find(({ said }) => said.callId !== callId)
  demand(stranger === undefined, 'other_call', { file: stranger?.row.file ?? '' })
  const [first] = events
  demand(first !== undefined && FIRST_EVENTS.includes(first.said.type), 'no_beginning')
  const ordered = events.every(({ row }, i) => i === 0 || row.index > events[i - 1]!.row.index)
  demand(ordered, 'wrong_order')
  demand(sealingEvent({ callId, events }) !== null, 'not_sealed')
  const last = Math.max(...events.map(({ said }) => Date.parse(said.at)))
  demand(Number.isFinite(last), 'unreadable')
  demand(!stamp || last <= stamp.timeMs + clockSlackMs, 'stamped_before')
  return passed('history', { count: events.length, call: callId, from: first.said.at, to: events.at(-1)!.said.at })
}

/** The one event that seals the call's audio, with its lanes; null when there is none or there are several. */
export function sealingEvent({ events }: History): { data: Fields; lanes: SealedLane[] } | null {
  const found = events.flatMap(({ said }) => {
    const lanes = SEALING_EVENTS.includes(said.type) ? sealedLanes(said.data) : null
    return lanes ? [{ data: asObject(said.data, 'the event'), lanes }] : []
  })
  return found.length === 1 ? found[0]! : null
}

/** gaps.json and policy.json say what the events say. */
export async function checkDocuments(contents: Contents, history: History): Promise<Check> {
  const sealing = sealingEvent(history)
  demand(sealing !== null, 'not_sealed')
  const gaps = parseObject(await contents.read(FILES.gaps), FILES.gaps)
  demand(sameJson(gaps['legs'], gapsOf(sealing.data)), 'gaps_differ')
  const policy = parseObject(await contents.read(FILES.policy), FILES.policy)
  const versions = history.events.flatMap(({ said }) => {
    const version = asObject(said.data, 'the event')['policyVersion']
    return version === undefined ? [] : [version]
  })
  demand(
    versions.every((version) => sameJson(version, policy['version'])),
    'policy_differs',
  )
  return passed('documents', { version: String(policy['version']) })
}

/** The gaps of each leg, as the sealing event tells them: `[{ index, gaps }]`, without legs when it tells none. */
export const gapsOf = (data: Fields): Fields[] =>
  data['legs'] === undefined
    ? []
    : asObjects(data['legs'], 'the legs').map((leg) => ({ index: leg['index'], gaps: leg['gaps'] ?? [] }))
