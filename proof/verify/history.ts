import { opens } from '../entry.ts'
import { type CustodyRow, parseCustody, readEvent } from '../package/custody.ts'
import { sealedLanes } from '../package/disclosure.ts'
import { eventFiles, FILES, FIRST_EVENTS, SEALING_EVENTS, SILENCING_EVENT, type SealedLane } from '../package/format.ts'
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

/** When an event's entry was vouched for: the number of its checkpoint, from 0, and the stamp over that. */
export type Vouched = { checkpoint: number; stamp: Timestamp | null }

/**
 * One call, from its beginning, in the order of the log, sealed under the first checkpoint, and nothing stamped before it happened.
 * `vouched` is by event, null when the log does not hold them.
 */
export function checkHistory(history: History, vouched: readonly Vouched[] | null): Check {
  const { callId, events } = history
  const stranger = events.find(({ said }) => said.callId !== callId)
  demand(stranger === undefined, 'other_call', { file: stranger?.row.file ?? '' })
  const [first] = events
  demand(first !== undefined && FIRST_EVENTS.includes(first.said.type), 'no_beginning')
  demand(isOrdered(events, vouched), 'wrong_order')
  const sealing = sealingEvent(history)
  demand(sealing !== null, 'not_sealed')
  demand(!vouched || vouched[sealing.at]?.checkpoint === 0, 'other_checkpoint', { file: events[sealing.at]!.proofFile })
  for (const [i, { said, row }] of events.entries()) {
    const latest = (vouched?.[i]?.stamp?.timeMs ?? Infinity) + clockSlackMs
    // Not `>`: a time that is none must not pass.
    demand(Date.parse(said.at) <= latest, 'stamped_before', { file: row.file })
  }
  return passed('history', { count: events.length, call: callId, from: first.said.at, to: events.at(-1)!.said.at })
}

/** In the order of the log; entries of different logs, or years, are in that of their checkpoints. */
function isOrdered(events: readonly OpenEvent[], vouched: readonly Vouched[] | null): boolean {
  return events.every(({ row }, i) => {
    const before = events[i - 1]
    if (!before) return true
    const step = vouched ? vouched[i]!.checkpoint - vouched[i - 1]!.checkpoint : 0
    return step > 0 || (step === 0 && row.index > before.row.index)
  })
}

/** The one event that seals the call's audio, with its lanes and place; null when there is none or there are several. */
export function sealingEvent({ events }: History): { at: number; data: Fields; lanes: SealedLane[] } | null {
  const found = events.flatMap(({ said }, at) => {
    const lanes = SEALING_EVENTS.includes(said.type) ? sealedLanes(said.data) : null
    return lanes ? [{ at, data: asObject(said.data, 'the event'), lanes }] : []
  })
  return found.length === 1 ? found[0]! : null
}

/** gaps.json and policy.json say what the events say. */
export async function checkDocuments(contents: Contents, history: History): Promise<Check> {
  const sealing = sealingEvent(history)
  demand(sealing !== null, 'not_sealed')
  const gaps = parseObject(await contents.read(FILES.gaps), FILES.gaps)
  demand(sameJson(gaps['legs'], gapsOf(sealing.data)), 'gaps_differ')
  const silenced = silencedOf(history.events.map(({ said }) => said))
  demand(sameJson(gaps['silenced'] ?? [], silenced), 'gaps_differ')
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

/**
 * The spans destroyed after the call was sealed, as the events of that tell them: `[{ index, fromMs, toMs, types }]` by leg and time, each
 * once, though it went from several renditions.
 */
export function silencedOf(events: readonly { type: string; data: unknown }[]): Fields[] {
  const rows = events
    .filter(({ type }) => type === SILENCING_EVENT)
    .flatMap(({ data }) => asObjects(asObject(data, 'the event')['payment'], 'what was destroyed'))
    .map(({ leg, fromMs, toMs, types }) => ({ index: leg, fromMs, toMs, types }))
  const once = new Map(rows.map((row) => [JSON.stringify(row), row]))
  return [...once.values()].toSorted(
    (a, b) =>
      Number(a.index) - Number(b.index) || Number(a.fromMs) - Number(b.fromMs) || Number(a.toMs) - Number(b.toMs),
  )
}
