import { entryOf } from '../entry.ts'
import { eventFiles } from './format.ts'
import { asNumber, asObjects, asText, FormatError, parseObject } from './json.ts'

/** An event of the call with what opens its entry: the exact bytes, the salt, the number in the log, a c2sp.org/tlog-proof. */
export type OpenedEvent = { index: number; salt: Buffer; event: Buffer; proof: string }

/** A row of `custody.json`. `salt` is in hexadecimal; `type` and `at` are those of the event itself. */
export type CustodyRow = { file: string; index: number; type: string; at: string; salt: string; entry: string }

/** What the bytes of an event say. Throws FormatError. */
export function readEvent(event: Buffer): { type: string; callId: string; at: string; data: unknown } {
  const fields = parseObject(event, 'an event')
  return {
    type: asText(fields['type'], 'the type'),
    callId: asText(fields['callId'], 'the call'),
    at: asText(fields['at'], 'the time'),
    data: fields['data'],
  }
}

export const custodyRow = ({ index, salt, event }: OpenedEvent, at: number): CustodyRow => {
  const said = readEvent(event)
  const file = eventFiles(at).event
  return { file, index, type: said.type, at: said.at, salt: salt.toString('hex'), entry: entryOf(salt, event) }
}

/** The bytes of `custody.json`: the call's history in order. */
export function encodeCustody(callId: string, events: readonly OpenedEvent[]): Buffer {
  const rows = events.map((event, i) => custodyRow(event, i + 1))
  return Buffer.from(`${JSON.stringify({ v: 1, callId, events: rows }, null, 1)}\n`)
}

/** Reads `custody.json`. Throws FormatError. */
export function parseCustody(bytes: Buffer): { callId: string; rows: CustodyRow[] } {
  const fields = parseObject(bytes, 'the history')
  if (fields['v'] !== 1) throw new FormatError('the history is of another version')
  const rows = asObjects(fields['events'], 'the events', 20_000).map((row) => ({
    file: asText(row['file'], 'a file'),
    index: asNumber(row['index'], 'an index'),
    type: asText(row['type'], 'a type'),
    at: asText(row['at'], 'a time'),
    salt: asText(row['salt'], 'a salt'),
    entry: asText(row['entry'], 'an entry'),
  }))
  return { callId: asText(fields['callId'], 'the call'), rows }
}
