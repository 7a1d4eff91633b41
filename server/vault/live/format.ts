import { HEADER_BYTES, TAG_BYTES } from '../../../proof/container.ts'

/*
 * Names and bytes on disk.
 *
 *   <rendition>/<stream>.<escaped name>.name   empty file: what the stream is called
 *   <rendition>/<stream>.<n>.<base>.seg        one Cobblestone-256 message; `base` is its place in the stream, bytes
 *   <rendition>/….seg.part                     a segment not yet complete: never read
 *   journal/<generation>.jnl                   "VJN1" ‖ u32be generation ‖ frames
 *
 *   frame   = u32be length of body ‖ u8 kind ‖ stream 16 ‖ u32be n ‖ body
 *   opening = rendition 16 ‖ u64be base ‖ message header 56 ‖ name
 *   record  = u64be counter ‖ sealed(u64be offset in the stream ‖ data)
 */

export const JOURNAL = 'journal'
export const JOURNAL_HEADER_BYTES = 8
export const FRAME_HEADER_BYTES = 25
/** Counter and offset around the data of a record. */
export const RECORD_OVERHEAD = 8 + 8 + TAG_BYTES
export const OPENING = 1
export const RECORD = 2

const JOURNAL_MAGIC = Buffer.from('VJN1', 'latin1')
const MAX_BODY_BYTES = 32_768
const SEGMENT_CONTEXT = Buffer.from('verbale/seg/v1\0', 'latin1')
const TAIL_CONTEXT = Buffer.from('verbale/tail/v1\0', 'latin1')

const context = (label: Buffer, stream: Buffer, n: number): Buffer => {
  const number = Buffer.alloc(4)
  number.writeUInt32BE(n)
  return Buffer.concat([label, stream, number])
}
export const segmentContext = (stream: Buffer, n: number): Buffer => context(SEGMENT_CONTEXT, stream, n)
export const tailContext = (stream: Buffer, n: number): Buffer => context(TAIL_CONTEXT, stream, n)

export const namePath = (rendition: string, stream: string, name: string): string =>
  `${rendition}/${stream}.${encodeURIComponent(name)}.name`
export const segmentPath = (rendition: string, stream: string, n: number, base: number): string =>
  `${rendition}/${stream}.${n}.${base}.seg`
export const journalName = (generation: number): string => `${String(generation).padStart(10, '0')}.jnl`

export type FolderEntry =
  | { kind: 'name'; stream: string; name: string; file: string }
  | { kind: 'segment'; stream: string; n: number; base: number; file: string }
  | { kind: 'part' | 'other'; file: string }

/** What a file in a rendition's folder is, by its name. */
export function readEntry(file: string): FolderEntry {
  if (file.endsWith('.part')) return { kind: 'part', file }
  const segment = /^([0-9a-f-]{36})\.(\d+)\.(\d+)\.seg$/.exec(file)
  if (segment) return { kind: 'segment', stream: segment[1]!, n: Number(segment[2]), base: Number(segment[3]), file }
  const name = /^([0-9a-f-]{36})\.([^/]*)\.name$/.exec(file)
  if (name) return { kind: 'name', stream: name[1]!, name: decodeURIComponent(name[2]!), file }
  return { kind: 'other', file }
}

/** The text form of 16 id bytes. */
export function idText(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

export function journalHeader(generation: number): Buffer {
  const header = Buffer.alloc(JOURNAL_HEADER_BYTES)
  JOURNAL_MAGIC.copy(header)
  header.writeUInt32BE(generation, 4)
  return header
}

export const isJournal = (bytes: Buffer): boolean =>
  bytes.length >= JOURNAL_HEADER_BYTES && bytes.subarray(0, 4).equals(JOURNAL_MAGIC)

/** Writes the head of a frame that fills `frame`. */
export function writeFrameHeader(frame: Buffer, kind: number, stream: Buffer, n: number): void {
  frame.writeUInt32BE(frame.length - FRAME_HEADER_BYTES, 0)
  frame[4] = kind
  stream.copy(frame, 5)
  frame.writeUInt32BE(n, 21)
}

/** The frame that names a stream's segment in a generation: without it the records that follow mean nothing. */
export function openingFrame(of: {
  stream: Buffer
  n: number
  rendition: Buffer
  base: number
  header: Buffer
  name: string
}): Buffer {
  const name = Buffer.from(of.name, 'utf8')
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + 24 + HEADER_BYTES + name.length)
  writeFrameHeader(frame, OPENING, of.stream, of.n)
  of.rendition.copy(frame, FRAME_HEADER_BYTES)
  frame.writeBigUInt64BE(BigInt(of.base), FRAME_HEADER_BYTES + 16)
  of.header.copy(frame, FRAME_HEADER_BYTES + 24)
  name.copy(frame, FRAME_HEADER_BYTES + 24 + HEADER_BYTES)
  return frame
}

export type Frame =
  | { kind: 'opening'; stream: string; n: number; rendition: string; base: number; header: Buffer; name: string }
  | { kind: 'record'; stream: string; n: number; counter: number; sealed: Buffer }

/** Frames of a journal in order, up to the first that is incomplete or impossible: what follows was never made durable. */
export function* scanJournal(bytes: Buffer): Generator<Frame> {
  if (!isJournal(bytes)) return
  for (let at = JOURNAL_HEADER_BYTES; at + FRAME_HEADER_BYTES <= bytes.length;) {
    const length = bytes.readUInt32BE(at)
    const body = bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length)
    if (length > MAX_BODY_BYTES || body.length < length) return
    const frame = readFrame(bytes.subarray(at, at + FRAME_HEADER_BYTES), body)
    if (!frame) return
    yield frame
    at += FRAME_HEADER_BYTES + length
  }
}

function readFrame(head: Buffer, body: Buffer): Frame | null {
  const stream = idText(head.subarray(5, 21))
  const n = head.readUInt32BE(21)
  if (head[4] === OPENING && body.length >= 24 + HEADER_BYTES) {
    const base = Number(body.readBigUInt64BE(16))
    const header = body.subarray(24, 24 + HEADER_BYTES)
    return {
      kind: 'opening',
      stream,
      n,
      rendition: idText(body.subarray(0, 16)),
      base,
      header,
      name: body.toString('utf8', 80),
    }
  }
  if (head[4] === RECORD && body.length > RECORD_OVERHEAD) {
    return { kind: 'record', stream, n, counter: Number(body.readBigUInt64BE(0)), sealed: body.subarray(8) }
  }
  return null
}
