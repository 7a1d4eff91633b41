import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { encodeCheckpoint } from '../../checkpoint.ts'
import { entryOf } from '../../entry.ts'
import { consistencyProof, inclusionProof, leafHash, nodeHash, type ReadNode, rootOf } from '../../merkle.ts'
import { ED25519, encodeVkey, noteKey, rawPublicKey, signNote } from '../../note.ts'
import { encodeRequest, newNonce, readAnchors, verifyResponse } from '../../timestamp/index.ts'
import { createAuthority, type TestAuthority } from '../../timestamp/testkit/authority.ts'
import { encodeTlogProof } from '../../tlog-proof.ts'
import type { ZipSource } from '../../zip.ts'
import { type BlockPart, createBlockTree, disclose } from '../blocks.ts'
import { buildPackage, type PackageParts, type RecordingInput } from '../build.ts'

/** A log in memory with a key of its own. */
export type SampleLog = {
  origin: string
  vkey: string
  privateKey: KeyObject
  entries: string[]
  /** The signed checkpoint of the first `size` entries. */
  checkpoint(size?: number): Promise<string>
  proof(index: number, size?: number): Promise<Buffer[]>
  consistency(from: number, to: number): Promise<Buffer[]>
  sign: (text: string) => string
}

export function sampleLog(origin = 'verbale.example/t/sample/2026', entries: string[] = []): SampleLog {
  const { privateKey } = generateKeyPairSync('ed25519')
  const read: ReadNode = ({ level, index }): Buffer => {
    if (level === 0) return leafHash(Buffer.from(entries[index]!))
    const left = read({ level: level - 1, index: index * 2 }) as Buffer
    return nodeHash(left, read({ level: level - 1, index: index * 2 + 1 }) as Buffer)
  }
  const sign = (text: string): string => signNote(text, origin, privateKey)
  return {
    origin,
    vkey: encodeVkey(noteKey(origin, ED25519, rawPublicKey(privateKey))),
    privateKey,
    entries,
    sign,
    checkpoint: async (size = entries.length) =>
      sign(encodeCheckpoint({ origin, size, root: await rootOf(read, size) })),
    proof: (index, size = entries.length) => inclusionProof(read, index, size),
    consistency: (from, to) => consistencyProof(read, from, to),
  }
}

/** A lane of noise with the tree of its blocks. */
export type SampleLane = { lane: number; rate: number; audio: Buffer; seed: Buffer; leaves: Buffer[]; root: Buffer }

export function sampleLane(lane: number, seconds: number, rate = 100): SampleLane {
  const audio = randomBytes(Math.round(seconds * rate) * 2)
  const seed = randomBytes(32)
  const tree = createBlockTree(seed, rate)
  tree.update(audio)
  return { lane, rate, audio, seed, ...tree.finish() }
}

const callId = '0192f3a0-0000-7000-8000-000000000001'
const gaps = [{ kind: 'paused', fromMs: 1000, toMs: 2000, provable: true, missing: null }]

type Silenced = { leg: number; fromMs: number; toMs: number; types: string[] }

/** The events of a call, as rooms append them. */
function sampleEvents(lanes: readonly SampleLane[], startMs: number, silenced: readonly Silenced[]): Buffer[] {
  const audio = {
    lanes: lanes.map(({ lane, rate, root, audio: bytes }) => ({
      lane,
      rate,
      samples: bytes.length / 2,
      blockSamples: rate,
      root: root.toString('base64'),
    })),
  }
  const legs = lanes.map(({ lane }) => ({ index: lane, gaps: lane === 0 ? gaps : [] }))
  const events = [
    { type: 'capture.started', data: { protocol: 'siprec', policyVersion: 7 } },
    { type: 'capture.switched', data: { kind: 'pause' } },
    { type: 'capture.sealed', data: { legs, audio } },
    { type: 'rendition.created', data: { purpose: 'evidence' } },
    // in each rendition
    ...(silenced.length === 0 ? [] : ['processing', 'evidence']).map((purpose) => ({
      type: 'capture.silenced',
      data: { purpose, payment: silenced },
    })),
  ]
  return events.map((event, i) =>
    Buffer.from(JSON.stringify({ ...event, callId, at: new Date(startMs + i * 1000).toISOString() })),
  )
}

/** Which blocks a copy lets one hear, and which it leaves out altogether. */
export type SampleCopy = {
  masked?: (lane: number, block: number) => boolean
  /** First and last block (excluded) of the recording. */
  span?: [from: number, to: number]
}

export type SampleOptions = SampleCopy & {
  log?: SampleLog
  authority?: TestAuthority | null
  /** The authority of the package's own stamp, if another. */
  exportAuthority?: TestAuthority | null
  seconds?: [first: number, second: number]
  /** Samples a second. */
  rate?: number
  nowMs?: number
  /** What was destroyed after the call was sealed. */
  silenced?: Silenced[]
  /** Another log, as of the next year, in which the last event stands. */
  later?: SampleLog
  change?: (parts: PackageParts) => PackageParts
}

export type Sample = {
  bytes: Buffer
  parts: PackageParts
  log: SampleLog
  authority: TestAuthority | null
  trust: { logKeys: string[]; roots: string | null; newer: Buffer | null; nowMs: number }
}

/** A stamped package of a short call with two lanes, and what a reader trusts. */
export async function samplePackage(options: SampleOptions = {}): Promise<Sample> {
  const nowMs = options.nowMs ?? Date.now()
  const authority =
    options.authority === undefined ? createAuthority({ intermediates: 1, now: () => nowMs }) : options.authority
  const log = options.log ?? sampleLog()
  const lanes = (options.seconds ?? [6.3, 5]).map((seconds, lane) => sampleLane(lane, seconds, options.rate))
  const events = sampleEvents(lanes, nowMs - 60_000, options.silenced ?? []).map((event) => ({
    event,
    salt: randomBytes(32),
  }))
  for (let i = 0; i < 5; i++) log.entries.push(entryOf(randomBytes(32), Buffer.from(`other ${i}`)))
  const { later } = options
  const logOf = (i: number): SampleLog => (later && i === events.length - 1 ? later : log)
  const indexes = events.map(({ salt, event }, i) => logOf(i).entries.push(entryOf(salt, event)) - 1)
  const notes = await Promise.all([log, ...(later ? [later] : [])].map((l) => l.checkpoint()))
  const opened = await Promise.all(
    events.map(async ({ event, salt }, i) => {
      const index = indexes[i]!
      const checkpoint = await logOf(i).checkpoint()
      return { index, salt, event, proof: encodeTlogProof({ index, hashes: await logOf(i).proof(index), checkpoint }) }
    }),
  )
  const exporter = options.exportAuthority === undefined ? authority : options.exportAuthority
  const made: PackageParts = {
    callId,
    ...copyOf(lanes, options),
    documents: sampleDocuments(lanes),
    events: opened,
    checkpoints: notes.map((note) => ({
      note,
      token: authority && tokenOf(authority, sha256(Buffer.from(note)), nowMs),
    })),
    reports: () => ({ it: Buffer.from('%PDF it'), fr: Buffer.from('%PDF fr'), en: Buffer.from('%PDF en') }),
    stamp: exporter && (async (digest) => tokenOf(exporter, digest, nowMs)),
    seal: log.sign,
  }
  const parts = options.change?.(made) ?? made
  const trust = {
    logKeys: [log.vkey, ...(later ? [later.vkey] : [])],
    roots: authority?.rootPem ?? null,
    newer: null,
    nowMs: nowMs + 1000,
  }
  return { bytes: await collect(buildPackage(parts)), parts, log, authority, trust }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const sampleDocuments = (lanes: readonly SampleLane[]): PackageParts['documents'] => ({
  vcon: json({ vcon: '0.4.0', uuid: callId }),
  gaps: json({ legs: lanes.map(({ lane }) => ({ index: lane, gaps: lane === 0 ? gaps : [] })) }),
  policy: json({ version: 7, rules: [] }),
  consent: json({ asked: 'announcement', given: true }),
})

/** The recording of a copy, both lanes side by side, and what it discloses. */
function copyOf(
  lanes: readonly SampleLane[],
  { masked = () => false, span }: SampleCopy,
): Pick<PackageParts, 'recordings' | 'lanes'> {
  const rate = lanes[0]!.rate
  const most = Math.max(...lanes.map((l) => l.audio.length / 2))
  const [from, to] = span ?? [0, Math.ceil(most / rate)]
  const samples = Math.min(to * rate, most) - from * rate
  const hears = (lane: number, block: number): boolean => block >= from && block < to && !masked(lane, block)
  const frames = new Int16Array(samples * lanes.length)
  lanes.forEach(({ lane, audio }, channel) => {
    const given = new Int16Array(Uint8Array.from(audio).buffer)
    for (let i = 0, at = from * rate; i < samples && at < given.length; i++, at++)
      if (hears(lane, Math.floor(at / rate))) frames[i * lanes.length + channel] = given[at]!
  })
  const bytes = Buffer.from(frames.buffer)
  const recording: RecordingInput = {
    file: 'recording.wav',
    rate,
    from: from * rate,
    samples,
    lanes: lanes.map((l) => l.lane),
    open: () => pieces(bytes, 65_537),
  }
  const disclosed = lanes.map(({ lane, audio, seed, leaves }) => {
    const parts: BlockPart[] = disclose(seed, leaves, (block) => hears(lane, block))
    return { lane, rate, samples: audio.length / 2, blockSamples: rate, parts }
  })
  return { recordings: [recording], lanes: disclosed }
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()

/** A token of the authority over a digest. */
export function tokenOf(authority: TestAuthority, digest: Buffer, nowMs = Date.now()): Buffer {
  const nonce = newNonce()
  const response = authority.answer(encodeRequest({ digest, nonce }))
  return verifyResponse(response, { digest, nonce, anchors: readAnchors(authority.rootPem), nowMs: nowMs + 1000 }).token
}

export async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const piece of source) all.push(piece)
  return Buffer.concat(all)
}

/** A file in memory. Throws RangeError outside of it, as a file would. */
export const sourceOf = (bytes: Buffer): ZipSource => ({
  size: bytes.length,
  read: async (at, length) => {
    if (at < 0 || length < 0 || at + length > bytes.length) throw new RangeError('outside the file')
    return bytes.subarray(at, at + length)
  },
})
