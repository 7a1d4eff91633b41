/**
 * The seek index as bytes:
 *
 *     'VSI1' u32:length JSON            everything but gaps and runs
 *     varint:gaps  gap*                 from (delta), length, kind and flags, missing
 *     varint:runs  run*                 flags, offset and from (deltas, usually 0 and left out), bytes, length, …
 */
import { Problem } from '../../platform/problem.ts'
import { msOf } from './formats.ts'
import { GAP_KINDS, type Gap } from './gaps.ts'
import type { Run, SeekIndex } from './seekindex.ts'
import { VarintReader, VarintWriter } from './varint.ts'

const MAGIC = 'VSI1'

export function encodeIndex(index: SeekIndex): Buffer {
  const { gaps, runs, ...facts } = index
  const json = Buffer.from(JSON.stringify(facts))
  const head = Buffer.alloc(8)
  head.write(MAGIC, 'latin1')
  head.writeUInt32BE(json.length, 4)
  const writer = new VarintWriter()
  writeGaps(writer, gaps)
  writeRuns(writer, runs)
  return Buffer.concat([head, json, writer.bytes()])
}

/** Throws Problem `seek_index_damaged`: rebuild it from the packet log with `buildIndex`. */
export function decodeIndex(bytes: Buffer): SeekIndex {
  if (bytes.length < 8 || bytes.toString('latin1', 0, 4) !== MAGIC) throw damaged()
  const end = 8 + bytes.readUInt32BE(4)
  if (end > bytes.length) throw damaged()
  const facts = parse(bytes.toString('utf8', 8, end))
  const reader = new VarintReader(bytes.subarray(end), damaged)
  const gaps = readGaps(reader, facts.rate)
  const runs = readRuns(reader)
  if (!reader.done) throw damaged()
  return { ...facts, skewPpm: facts.skewPpm, undecodable: facts.undecodable, gaps, runs }
}

function parse(json: string): Omit<SeekIndex, 'gaps' | 'runs'> {
  try {
    return JSON.parse(json)
  } catch {
    throw damaged()
  }
}

function writeGaps(writer: VarintWriter, gaps: readonly Gap[]): void {
  writer.unsigned(gaps.length)
  let at = 0
  for (const gap of gaps) {
    const flags = (gap.provable ? 1 : 0) | (gap.withDtx ? 2 : 0)
    writer.signed(gap.from - at).unsigned(gap.to - gap.from)
    writer.unsigned(GAP_KINDS.indexOf(gap.kind) * 4 + flags).unsigned(gap.missing ?? 0)
    at = gap.to
  }
}

function readGaps(reader: VarintReader, rate: number): Gap[] {
  const gaps: Gap[] = []
  let at = 0
  for (let left = reader.unsigned(); left > 0; left--) {
    const from = at + reader.signed()
    const to = from + reader.unsigned()
    const packed = reader.unsigned()
    const missing = reader.unsigned()
    const kind = GAP_KINDS[packed >> 2]
    if (!kind) throw damaged()
    const gap: Gap = { from, to, fromMs: msOf(from, rate), toMs: msOf(to, rate), kind, provable: (packed & 1) === 1 }
    gaps.push({ ...gap, ...(missing > 0 && { missing }), ...(packed & 2 && { withDtx: true as const }) })
    at = to
  }
  return gaps
}

const MOVED = 1
const JUMPED = 2
const TRIMMED = 4

function writeRuns(writer: VarintWriter, runs: readonly Run[]): void {
  writer.unsigned(runs.length)
  let offset = 0
  let at = 0
  for (const run of runs) {
    const trimmed = run.trimHead + run.trimTail > 0
    const flags = (run.offset === offset ? 0 : MOVED) | (run.from === at ? 0 : JUMPED) | (trimmed ? TRIMMED : 0)
    writer
      .unsigned(run.format * 8 + flags)
      .unsigned(run.bytes)
      .unsigned(run.to - run.from)
    if (flags & MOVED) writer.signed(run.offset - offset)
    if (flags & JUMPED) writer.signed(run.from - at)
    if (trimmed) writer.unsigned(run.trimHead).unsigned(run.trimTail)
    offset = run.offset + run.bytes
    at = run.to
  }
}

function readRuns(reader: VarintReader): Run[] {
  const runs: Run[] = []
  let offset = 0
  let at = 0
  for (let left = reader.unsigned(); left > 0; left--) {
    const packed = reader.unsigned()
    const bytes = reader.unsigned()
    const length = reader.unsigned()
    if (packed & MOVED) offset += reader.signed()
    if (packed & JUMPED) at += reader.signed()
    const trimHead = packed & TRIMMED ? reader.unsigned() : 0
    const trimTail = packed & TRIMMED ? reader.unsigned() : 0
    runs.push({ offset, bytes, from: at, to: at + length, format: packed >> 3, trimHead, trimTail })
    offset += bytes
    at += length
  }
  return runs
}

const damaged = (): Problem =>
  new Problem('seek_index_damaged', 500, 'A seek index cannot be read. It can be rebuilt from its packet log.')
