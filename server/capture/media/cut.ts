/**
 * A copy of a packet log without the audio of given spans of its lane: what was said there is destroyed after the call was sealed.
 * The packets become masked records of the kind `sensitive`: the timeline stays, the audio does not.
 */
import type { StreamReader } from '../../vault/types.ts'
import type { LogEvent } from './events.ts'
import type { MaskKind, Span } from './gaps.ts'
import { type LocatedRecord, openLog } from './packetlog-read.ts'
import { encodeHeader, encodeRecord, LegRecords, type LogRecord, type PacketLogHeader } from './packetlog.ts'
import { Places } from './places.ts'
import type { SeekIndex } from './seekindex.ts'

type LaneSpan = { fromMs: number; toMs: number }

/** Samples of a lane that a span of the call touches. */
export const samplesIn = ({ fromMs, toMs }: LaneSpan, rate: number): Span => ({
  from: Math.floor((fromMs * rate) / 1000),
  to: Math.ceil((toMs * rate) / 1000),
})

/** Whether a log still has audio in a span. `index` is its own. */
export function soundsIn(index: SeekIndex, span: LaneSpan): boolean {
  const { from, to } = samplesIn(span, index.rate)
  return index.runs.some((run) => run.from < to && run.to > from)
}

/**
 * Yields the bytes of the log that is left. Packets are cut whole, by their place on the lane, which `index` (built from this very log)
 * tells. What has no place there is cut everywhere: it may be a second copy of a packet that is. So are keys pressed within a span.
 */
export async function* cutLog(log: StreamReader, index: SeekIndex, spans: readonly LaneSpan[]): AsyncGenerator<Buffer> {
  const { header, records } = await openLog(log)
  const cut = new Cut(header, index, spans)
  yield encodeHeader(header)
  for await (const located of records) yield cut.push(located)
}

/** Ends of packets, as places on the lane and as arrivals: what tells where something without audio lies. */
type Passed = { end: number; ms: number; untilNs: number }

class Cut {
  private readonly header: PacketLogHeader
  private readonly leg: LegRecords
  private readonly places: Places
  private readonly spans: readonly Span[]
  private readonly rate: number
  private format: PacketLogHeader['format']
  /** The mask of the source log, and the one last written. */
  private own: MaskKind | undefined
  private written: MaskKind | undefined
  private passed: Passed | undefined

  constructor(header: PacketLogHeader, index: SeekIndex, spans: readonly LaneSpan[]) {
    this.header = header
    this.leg = new LegRecords(header)
    this.places = new Places(index)
    this.rate = index.rate
    this.spans = spans.map((span) => samplesIn(span, index.rate))
    this.format = header.format
  }

  push({ record, offset }: LocatedRecord): Buffer {
    if (record.type === 'event') return this.onEvent(record)
    if (record.type === 'masked' || record.type === 'masked_frame')
      return Buffer.concat([this.show(this.own, record.atNs), encodeRecord(record)])
    const place = this.places.of(record, offset, this.format)
    if (!place)
      return this.leg.isSilent(record)
        ? this.onSilent(record)
        : encodeRecord(this.leg.masked(record, this.header.anchorNs))
    const cut = this.isCut(place)
    const shown = this.show(cut ? 'sensitive' : this.own, record.atNs)
    this.passed = this.endOf(place, record.atNs)
    return Buffer.concat([shown, encodeRecord(cut ? this.leg.masked(record, this.header.anchorNs) : record)])
  }

  /** Comfort noise stays; keys pressed while a number was said do not. Neither has a length on the lane. */
  private onSilent(record: LogRecord): Buffer {
    const at = this.placeAt(record.atNs)
    return encodeRecord(this.isCut({ from: at, to: at + 1 }) ? this.leg.masked(record, this.header.anchorNs) : record)
  }

  private onEvent(record: Extract<LogRecord, { type: 'event' }>): Buffer {
    const { event, atNs } = record
    if (event.type === 'mask') {
      this.own = event.on ? event.kind : undefined
      return this.show(this.own, atNs)
    }
    const shown = event.type === 'end' ? this.show(this.own, atNs) : Buffer.alloc(0)
    if (event.type === 'format') {
      this.format = event.format
      this.leg.event(event, this.header.anchorNs)
    }
    return Buffer.concat([shown, encodeRecord(record)])
  }

  /** The mask event that what follows needs; ours ends with the last packet cut, whatever came long after it. */
  private show(wanted: MaskKind | undefined, atNs: number): Buffer {
    if (wanted === this.written) return Buffer.alloc(0)
    const ends = this.written === 'sensitive' && this.own !== 'sensitive' ? this.passed?.untilNs : undefined
    this.written = wanted
    const event: LogEvent = wanted ? { type: 'mask', on: true, kind: wanted } : { type: 'mask', on: false }
    return encodeRecord({ type: 'event', atNs: Math.round(Math.min(atNs, ends ?? atNs)), event })
  }

  private endOf({ from, to }: Span, atNs: number): Passed {
    return { end: to, ms: atNs / 1e6, untilNs: atNs + ((to - from) * 1e9) / this.rate }
  }

  /** About where the lane is at an arrival. */
  private placeAt(atNs: number): number {
    const { passed } = this
    return passed ? passed.end + ((atNs / 1e6 - passed.ms) * this.rate) / 1000 : (atNs * this.rate) / 1e9
  }

  private isCut(place: Span): boolean {
    return this.spans.some(({ from, to }) => place.from < to && place.to > from)
  }
}
