import type { AudioFormat } from '../source.ts'
import { ticksOf } from './formats.ts'
import type { Span } from './gaps.ts'
import type { LogRecord } from './packetlog.ts'
import { payloadOf } from './payload.ts'
import type { Run, SeekIndex } from './seekindex.ts'

/** Where records of a log lie on its lane. To be asked for every record that holds audio, in the order of the log. */
export class Places {
  private readonly runs: Run[]
  private readonly rate: number
  private next = 0
  private at = 0

  constructor(index: SeekIndex) {
    this.rate = index.rate
    this.runs = index.runs.toSorted((a, b) => a.offset - b.offset)
    this.begin()
  }

  /** Place of the record at `offset`, samples of the lane; undefined when the index has none: a repeat, or one that came too late. */
  of(record: LogRecord, offset: number, format: AudioFormat): Span | undefined {
    const payload = payloadOf(record, format)
    const samples = payload ? Math.round((ticksOf(format, payload) * this.rate) / format.rate) : 0
    let run = this.runs[this.next]
    while (run && offset >= run.offset + run.bytes) {
      this.next++
      run = this.runs[this.next]
      this.begin()
    }
    if (!run || offset < run.offset) return undefined
    const from = this.at
    this.at += samples
    return { from, to: from + samples }
  }

  private begin(): void {
    const run = this.runs[this.next]
    if (run) this.at = run.from - run.trimHead
  }
}
