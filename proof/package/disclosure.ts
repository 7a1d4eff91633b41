import type { BlockPart } from './blocks.ts'
import type { Disclosure, LaneDisclosure, Recording, SealedLane } from './format.ts'
import { asHash, asNumber, asObject, asObjects, asText, type Fields, FormatError, parseObject } from './json.ts'

const maxLanes = 64
const maxRate = 192_000
/** An hour: blocks are what a masked copy can hide least. */
const maxBlockSamples = maxRate * 3600

/** The bytes of `disclosure.json`. */
export function encodeDisclosure({ recordings, lanes }: Disclosure): Buffer {
  const rows = lanes.map(({ lane, rate, samples, blockSamples, parts }) => ({
    lane,
    rate,
    samples,
    blockSamples,
    parts: parts.map(({ level, index, ...part }) =>
      'seed' in part
        ? { level, index, seed: part.seed.toString('base64') }
        : { level, index, hash: part.hash.toString('base64') },
    ),
  }))
  return Buffer.from(`${JSON.stringify({ v: 1, recordings, lanes: rows }, null, 1)}\n`)
}

/** Reads `disclosure.json`. Throws FormatError. */
export function parseDisclosure(bytes: Buffer): Disclosure {
  const fields = parseObject(bytes, 'the disclosure')
  if (fields['v'] !== 1) throw new FormatError('the disclosure is of another version')
  return {
    recordings: asObjects(fields['recordings'], 'the recordings').map(readRecording),
    lanes: asObjects(fields['lanes'], 'the lanes', maxLanes).map(readLane),
  }
}

function readRecording(row: Fields): Recording {
  const lanes: unknown = row['lanes']
  if (!Array.isArray(lanes) || lanes.length === 0 || lanes.length > maxLanes)
    throw new FormatError('a recording has lanes')
  return {
    file: asText(row['file'], 'a file'),
    rate: asNumber(row['rate'], 'a rate', { least: 1, most: maxRate }),
    from: asNumber(row['from'], 'a start'),
    samples: asNumber(row['samples'], 'a length'),
    lanes: lanes.map((lane) => asNumber(lane, 'a lane')),
  }
}

function readShape(row: Fields) {
  return {
    lane: asNumber(row['lane'], 'a lane'),
    rate: asNumber(row['rate'], 'a rate', { least: 1, most: maxRate }),
    samples: asNumber(row['samples'], 'a length'),
    blockSamples: asNumber(row['blockSamples'], 'a block', { least: 1, most: maxBlockSamples }),
  }
}

function readLane(row: Fields): LaneDisclosure {
  return { ...readShape(row), parts: asObjects(row['parts'], 'the parts').map(readPart) }
}

function readPart(row: Fields): BlockPart {
  const level = asNumber(row['level'], 'a level', { most: 24 })
  const index = asNumber(row['index'], 'an index', { most: 2 ** 24 })
  if (row['seed'] !== undefined) return { level, index, seed: asHash(row['seed'], 'a seed') }
  return { level, index, hash: asHash(row['hash'], 'a hash') }
}

/** The lanes an event seals (`data.audio.lanes`), or null when it seals none. Throws FormatError. */
export function sealedLanes(data: unknown): SealedLane[] | null {
  const audio = asObject(data, 'the event')['audio']
  if (audio === undefined) return null
  return asObjects(asObject(audio, 'the audio')['lanes'], 'the lanes', maxLanes).map((row) => ({
    ...readShape(row),
    root: asHash(row['root'], 'a root').toString('base64'),
  }))
}
