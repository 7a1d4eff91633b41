/**
 * The seek index of one leg: what its lane is, and where in the packet log each part of it lies, so that any range is
 * rendered by reading only what covers it. It says where every placed packet goes: reading it back applies no rules.
 */
import type { StreamReader } from '../../vault/types.ts'
import type { AudioFormat, Codec } from '../source.ts'
import { isG711, laneRateOf, type LaneCodec } from './formats.ts'
import type { Span } from './gaps.ts'
import { openLog } from './packetlog-read.ts'
import type { LogRecord, PacketLogHeader } from './packetlog.ts'
import type { Placement } from './placer.ts'
import { Timeline, type TimelineFacts } from './timeline.ts'

/** Log bytes whose records follow each other on the lane without a hole: at most about a second. Samples of the lane. */
export type Run = Span & {
  offset: number
  bytes: number
  /** Index into the formats. */
  format: number
  /** Samples of its only packet, before and after, whose place was taken. */
  trimHead: number
  trimTail: number
}

export type SeekIndex = Omit<TimelineFacts, 'real'> & {
  /** What `readLane` gives. */
  codec: LaneCodec
  /** A codec among the formats that is kept but cannot be decoded here: its audio reads as silence. */
  undecodable: Codec | undefined
  sequenced: boolean
  startedAt: number
  formats: AudioFormat[]
  /** Sorted by place on the lane, disjoint. */
  runs: Run[]
}

/** Builds the index while records pass by, live or from the log. */
export class IndexBuilder {
  readonly timeline: Timeline
  private readonly header: PacketLogHeader
  private readonly formats: AudioFormat[] = []
  private readonly runs: Run[] = []
  private last: Run | undefined
  private format: AudioFormat | undefined

  constructor(header: PacketLogHeader, rate?: number) {
    this.header = header
    this.timeline = new Timeline(header, { rate, placed: (placement) => this.add(placement) })
  }

  push(record: LogRecord, offset: number, size: number): void {
    this.timeline.push(record, offset, size)
  }

  /** The index of everything pushed. Nothing may be pushed afterwards. */
  finish(): SeekIndex {
    this.timeline.finish()
    const { real: _, ...facts } = this.timeline.result()
    const { header, formats } = this
    return {
      ...facts,
      codec: laneCodec(formats.length > 0 ? formats : [header.format]),
      undecodable: formats.some((f) => f.codec === 'G729') ? 'G729' : undefined,
      sequenced: header.sequenced,
      startedAt: header.startedAt,
      formats,
      runs: this.runs.toSorted((a, b) => a.from - b.from),
    }
  }

  private add(placement: Placement): void {
    const { from, to, offset, size, trimHead, trimTail } = placement
    const { last } = this
    const whole = trimHead === 0 && trimTail === 0
    if (last && whole && this.continues(last, placement)) {
      last.to = to
      last.bytes += size
      return
    }
    this.last = { from, to, offset, bytes: size, format: this.formatOf(placement), trimHead, trimTail }
    this.runs.push(this.last)
    if (!whole) this.last = undefined
  }

  private continues(run: Run, next: Placement): boolean {
    return (
      next.from === run.to &&
      next.offset === run.offset + run.bytes &&
      next.format === this.format &&
      run.to - run.from < this.timeline.rate
    )
  }

  private formatOf({ format }: Placement): number {
    this.format = format
    const known = this.formats.findIndex((f) => f.codec === format.codec && f.rate === format.rate)
    if (known >= 0) return known
    return this.formats.push(format) - 1
  }
}

/**
 * Reads a finished log once (twice when the leg changed to a wider codec) and indexes it. A log without its `end` event
 * was cut off: its end carries an `interrupted` mark. Throws Problem `packet_log_damaged`.
 */
export async function buildIndex(log: StreamReader): Promise<SeekIndex> {
  const first = await replay(log)
  const widest = Math.max(first.rate, ...first.formats.map(laneRateOf))
  return widest > first.rate ? replay(log, widest) : first
}

async function replay(log: StreamReader, rate?: number): Promise<SeekIndex> {
  const { header, records } = await openLog(log)
  const builder = new IndexBuilder(header, rate)
  for await (const { record, offset, size } of records) builder.push(record, offset, size)
  return builder.finish()
}

/** G.711 stays as it is when the whole leg speaks one law. */
function laneCodec(formats: readonly AudioFormat[]): LaneCodec {
  const codec = formats[0]?.codec ?? 'L16'
  return isG711(codec) && formats.every((f) => f.codec === codec) ? codec : 'L16'
}
