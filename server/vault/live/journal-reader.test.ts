import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newMessage, sealChunk } from '../../../proof/container.ts'
import { idBytes, newId } from '../../platform/ids.ts'
import {
  FRAME_HEADER_BYTES,
  journalHeader,
  writeFrameHeader,
  openingFrame,
  readEntry,
  RECORD,
  scanJournal,
  tailContext,
} from './format.ts'
import { type JournaledSegment, journaledBytes } from './journal-reader.ts'

const dataKey = createHash('sha256').update('journal').digest()
const stream = newId()

/** A segment of the journal with one record for each piece, in order. */
function segmentOf(pieces: Buffer[]): JournaledSegment {
  const { keys, header } = newMessage(dataKey, tailContext(idBytes(stream), 0))
  let offset = 0
  const records = pieces.map((piece, counter) => {
    const at = Buffer.alloc(8)
    at.writeBigUInt64BE(BigInt(offset))
    offset += piece.length
    return { counter, sealed: sealChunk(keys, counter, Buffer.concat([at, piece])) }
  })
  return { stream, n: 0, rendition: newId(), base: 0, name: 'packets/0', headers: [header], records }
}

const pieces = [randomBytes(100), randomBytes(50), randomBytes(1), randomBytes(700)]
const whole = Buffer.concat(pieces)

describe('journal records', () => {
  it('give the stream back from any point', () => {
    for (const from of [0, 1, 99, 100, 150, 850, 851]) {
      expect(journaledBytes(segmentOf(pieces), dataKey, from).bytes.equals(whole.subarray(from))).toBe(true)
    }
  })

  it('end at a hole', () => {
    const segment = segmentOf(pieces)
    segment.records.splice(1, 1)
    expect(journaledBytes(segment, dataKey, 0).bytes.equals(whole.subarray(0, 100))).toBe(true)
    expect(journaledBytes(segment, dataKey, 200).bytes.length).toBe(651)
  })

  it('count once: replayed and reordered ones are left out and counted', () => {
    const segment = segmentOf(pieces)
    const [a, b, c, d] = segment.records as [{ counter: number; sealed: Buffer }, never, never, never]
    segment.records = [a, b, a, c, b, d]
    expect(journaledBytes(segment, dataKey, 0)).toMatchObject({ replays: 2 })
    segment.records = [a, c, b, d]
    const reordered = journaledBytes(segment, dataKey, 0)
    expect(reordered.replays).toBe(1)
    expect(reordered.bytes.equals(whole.subarray(0, 100))).toBe(true)
  })

  it('mean nothing under another counter, key, or header', () => {
    const moved = segmentOf(pieces)
    for (const record of moved.records) record.counter++
    const torn = segmentOf(pieces)
    torn.headers = [randomBytes(56)]
    for (const segment of [moved, torn]) expect(journaledBytes(segment, dataKey, 0).bytes.length).toBe(0)
    expect(journaledBytes(segmentOf(pieces), randomBytes(32), 0).bytes.length).toBe(0)
    torn.headers.push(segmentOf([]).headers[0]!)
    expect(journaledBytes(torn, dataKey, 0).bytes.length).toBe(0)
  })
})

describe('journal frames', () => {
  const id = idBytes(stream)
  const opening = openingFrame({
    stream: id,
    n: 3,
    rendition: idBytes(newId()),
    base: 7,
    header: randomBytes(56),
    name: 'packets/1',
  })
  const record = Buffer.alloc(FRAME_HEADER_BYTES + 60, 1)
  writeFrameHeader(record, RECORD, id, 3)
  const journal = Buffer.concat([journalHeader(1), opening, record, record])

  it('are read up to the first torn one, whatever follows', () => {
    expect([...scanJournal(journal)].map((f) => f.kind)).toEqual(['opening', 'record', 'record'])
    fc.assert(
      fc.property(fc.integer({ min: 0, max: journal.length }), fc.uint8Array({ maxLength: 200 }), (cut, tail) => {
        const frames = [...scanJournal(Buffer.concat([journal.subarray(0, cut), tail]))]
        const kinds = ['opening', 'record', 'record']
        const intact = [8 + opening.length, 8 + opening.length + record.length, journal.length].filter(
          (end) => end <= cut,
        ).length
        expect(frames.slice(0, intact).map((f) => f.kind)).toEqual(kinds.slice(0, intact))
      }),
    )
  })

  it('refuse anything that is not a journal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect([...scanJournal(Buffer.from(bytes))]).toEqual([])
      }),
    )
  })
})

describe('file names', () => {
  it('tell what a file is', () => {
    expect(readEntry(`${stream}.2.16384.seg`)).toMatchObject({ kind: 'segment', stream, n: 2, base: 16_384 })
    expect(readEntry(`${stream}.packets%2F0.name`)).toMatchObject({ kind: 'name', stream, name: 'packets/0' })
    expect(readEntry(`${stream}.2.16384.seg.part`).kind).toBe('part')
    expect(readEntry('notes.txt').kind).toBe('other')
  })
})
