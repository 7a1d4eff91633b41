/**
 * A copy of a packet log that holds audio only inside given windows of the call, for a rendition such as the contract
 * window. Everything else becomes masked records: the timeline stays, the audio does not.
 */
import type { StreamReader } from '../../vault/types.ts'
import type { LogEvent } from './events.ts'
import type { MaskKind, Span } from './gaps.ts'
import { openLog, type LocatedRecord } from './packetlog-read.ts'
import { encodeHeader, encodeRecord, LegRecords, type LogRecord, type PacketLogHeader } from './packetlog.ts'
import { Places } from './places.ts'
import type { SeekIndex } from './seekindex.ts'

export type Window = { fromMs: number; toMs: number }

/**
 * Yields the bytes of the clipped log. A packet is kept only when it arrived inside one window, as a mask set at that
 * moment would have kept it: a source whose clock drifts gains or loses nothing. What has no place on the lane (from `index`,
 * built from this very log: repeats, packets too late) is masked. Windows may end at Infinity.
 */
export async function* clipLog(
  log: StreamReader,
  index: SeekIndex,
  windows: readonly Window[],
): AsyncGenerator<Buffer> {
  const { header, records } = await openLog(log)
  const clip = new Clip(header, index, windows)
  yield encodeHeader(header)
  for await (const located of records) {
    const out = clip.push(located)
    if (out.length > 0) yield Buffer.concat(out)
  }
}

class Clip {
  private readonly header: PacketLogHeader
  private readonly leg: LegRecords
  private readonly places: Places
  private readonly windows: readonly Window[]
  /** The mask of the source log, and the one last written. */
  private own: MaskKind | undefined
  private written: MaskKind | undefined
  private lastNs = 0
  private format: PacketLogHeader['format']

  constructor(header: PacketLogHeader, index: SeekIndex, windows: readonly Window[]) {
    this.header = header
    this.leg = new LegRecords(header)
    this.places = new Places(index)
    this.windows = windows
    this.format = header.format
  }

  push({ record, offset }: LocatedRecord): Buffer[] {
    const out: Buffer[] = []
    if (record.type === 'event') {
      this.onEvent(record, out)
      return out
    }
    const place = this.placeOf(record, offset)
    const inside = (place !== undefined || this.leg.isSilent(record)) && this.holdsTime(record.atNs)
    const masked = record.type === 'masked' || record.type === 'masked_frame'
    this.show(masked ? this.holdsTime(record.atNs) : inside, record.atNs, out)
    out.push(encodeRecord(inside || masked ? record : this.leg.masked(record, this.header.anchorNs)))
    return out
  }

  private onEvent(record: Extract<LogRecord, { type: 'event' }>, out: Buffer[]): void {
    const { event, atNs } = record
    if (event.type === 'mask') {
      this.own = event.on ? event.kind : undefined
      this.show(this.holdsTime(atNs), atNs, out)
      return
    }
    this.show(this.holdsTime(atNs), atNs, out)
    if (event.type === 'format') {
      this.format = event.format
      this.leg.event(event, this.header.anchorNs)
    }
    out.push(encodeRecord(record))
  }

  /** Writes the mask event that what follows needs, at the edge of the window it crosses where that lies between. */
  private show(inside: boolean, atNs: number, out: Buffer[]): void {
    const wanted = inside ? this.own : 'outside_contract'
    if (wanted !== this.written) {
      const event: LogEvent = wanted ? { type: 'mask', on: true, kind: wanted } : { type: 'mask', on: false }
      out.push(encodeRecord({ type: 'event', atNs: this.edgeBefore(atNs), event }))
      this.written = wanted
    }
    this.lastNs = atNs
  }

  private edgeBefore(atNs: number): number {
    const edges = this.windows.flatMap((w) => [w.fromMs * 1e6, w.toMs * 1e6])
    const crossed = edges.filter((edge) => edge > this.lastNs && edge <= atNs)
    return Math.round(
      crossed.length > 0 ? Math.max(...crossed) : this.written === undefined && this.lastNs === 0 ? 0 : atNs,
    )
  }

  private holdsTime(atNs: number): boolean {
    return this.windows.some((w) => atNs >= w.fromMs * 1e6 && atNs < w.toMs * 1e6)
  }

  private placeOf(record: LogRecord, offset: number): Span | undefined {
    return this.places.of(record, offset, this.format)
  }
}
