import { blockCount, blockHash, rootOfParts, saltsOfParts } from '../package/blocks.ts'
import { parseDisclosure } from '../package/disclosure.ts'
import { type Disclosure, FILES, type LaneDisclosure, type Recording, type SealedLane } from '../package/format.ts'
import { WAV_HEADER_BYTES, wavBytes, wavHeader } from '../package/wav.ts'
import { entryBytes } from '../zip.ts'
import { type Made, passed, demand } from './check.ts'
import type { Contents } from './contents.ts'
import { type History, sealingEvent } from './history.ts'

/** The whole call; part of it; or with spans masked by silence. */
export type Copy = 'original' | 'part' | 'masked'

/** A lane while its recordings are read. `salts` and `hashes` by block; both null where it is masked. */
type LaneState = {
  lane: LaneDisclosure
  salts: (Buffer | null)[]
  hashes: (Buffer | null)[]
  /** Blocks that are in a recording, as silence. */
  masked: number
}

/** Blocks of a lane that are looked at: twelve days in seconds. */
const maxBlocks = 2 ** 20

/** Every block that can be heard is one the call was sealed with; the others are silent. Throws Finding. */
export async function checkAudio(contents: Contents, history: History): Promise<Made<Copy>> {
  const disclosure = parseDisclosure(await contents.read(FILES.disclosure))
  const sealing = sealingEvent(history)
  demand(sealing !== null, 'not_sealed')
  const states = new Map(disclosure.lanes.map((lane) => [lane.lane, openLane(lane, sealing.lanes)]))
  demand(states.size === disclosure.lanes.length, 'disagrees')
  requireFiles(contents, disclosure)
  for (const recording of disclosure.recordings) await readRecording(contents, recording, states)
  for (const state of states.values()) requireRoot(state, sealing.lanes)
  return summary([...states.values()], sealing.lanes)
}

function openLane(lane: LaneDisclosure, sealed: readonly SealedLane[]): LaneState {
  const known = sealed.find((s) => s.lane === lane.lane)
  const same = known?.rate === lane.rate && known.samples === lane.samples && known.blockSamples === lane.blockSamples
  demand(same, 'audio_differs', { lane: lane.lane })
  const count = blockCount(lane)
  demand(count <= maxBlocks, 'unreadable')
  const salts = [...saltsOfParts(lane.parts, count)]
  return { lane, salts, hashes: salts.map(() => null), masked: 0 }
}

/** The recordings of the disclosure are those of the package. */
function requireFiles(contents: Contents, { recordings }: Disclosure): void {
  const named = new Set(recordings.map((r) => r.file))
  const present = [...contents.entries.keys()].filter((name) => name.endsWith('.wav'))
  const same = named.size === recordings.length && present.length === named.size && present.every((n) => named.has(n))
  demand(same, 'disagrees')
}

async function readRecording(contents: Contents, recording: Recording, states: Map<number, LaneState>): Promise<void> {
  const { file, rate, samples, lanes } = recording
  const entry = contents.entries.get(file)
  const shape = { channels: lanes.length, rate, samples }
  demand(entry !== undefined && entry.size === wavBytes(shape), 'audio_differs', { lane: lanes[0] ?? 0 })
  const header = await contents.source.read(entry.start, WAV_HEADER_BYTES)
  demand(header.equals(wavHeader(shape)), 'audio_differs', { lane: lanes[0] ?? 0 })
  const channels = lanes.map((lane) => channelOf(states.get(lane), recording))
  let rest: Buffer = Buffer.alloc(0)
  let skip = WAV_HEADER_BYTES
  for await (const piece of entryBytes(contents.source, entry)) {
    const bytes = Buffer.concat([rest, piece.subarray(Math.min(skip, piece.length))])
    skip = Math.max(0, skip - piece.length)
    const whole = bytes.length - (bytes.length % (lanes.length * 2))
    spread(bytes.subarray(0, whole), channels)
    rest = bytes.subarray(whole)
  }
  for (const channel of channels) channel.end()
}

type Channel = ReturnType<typeof channelOf>

/** Collects the blocks of one channel. Bytes are only moved, so the order of the two in a sample does not matter. */
function channelOf(state: LaneState | undefined, { rate, from }: Recording) {
  demand(state !== undefined && state.lane.rate === rate, 'disagrees')
  const { blockSamples, samples, lane } = state.lane
  demand(from % blockSamples === 0, 'disagrees')
  const block = new Int16Array(Math.min(blockSamples, samples))
  let number = from / blockSamples
  let fill = 0
  const sizeOf = (k: number): number => Math.max(0, Math.min(blockSamples, samples - k * blockSamples))
  let size = sizeOf(number)
  return {
    put(sample: number): void {
      // After its end a lane is followed by silence, while another one goes on.
      if (size === 0) return demand(sample === 0, 'not_silent', { lane })
      block[fill++] = sample
      if (fill < size) return
      closeBlock(state, number++, Buffer.from(block.buffer, 0, size * 2))
      fill = 0
      size = sizeOf(number)
    },
    end(): void {
      demand(fill === 0, 'not_covered', { lane })
    },
  }
}

function spread(bytes: Buffer, channels: readonly Channel[]): void {
  const samples = new Int16Array(Uint8Array.from(bytes).buffer)
  for (let at = 0; at < samples.length;) for (const channel of channels) channel.put(samples[at++]!)
}

function closeBlock(state: LaneState, number: number, block: Buffer): void {
  const { lane } = state.lane
  const salt = state.salts[number]
  if (salt) {
    demand(state.hashes[number] === null, 'disagrees')
    state.hashes[number] = blockHash(salt, block)
    return
  }
  demand(
    block.every((byte) => byte === 0),
    'not_silent',
    {
      lane,
      second: Math.floor((number * state.lane.blockSamples) / state.lane.rate),
    },
  )
  state.masked++
}

function requireRoot({ lane, salts, hashes }: LaneState, sealed: readonly SealedLane[]): void {
  demand(
    salts.every((salt, k) => salt === null || hashes[k] !== null),
    'not_covered',
    { lane: lane.lane },
  )
  const root = rootOfParts(lane.parts, hashes).toString('base64')
  demand(
    sealed.some((s) => s.lane === lane.lane && s.root === root),
    'audio_differs',
    { lane: lane.lane },
  )
}

function summary(states: readonly LaneState[], sealed: readonly SealedLane[]): Made<Copy> {
  const total = sealed.reduce((sum, lane) => sum + lane.samples / lane.rate, 0)
  const heard = states.reduce((sum, { lane, salts }) => {
    const blocks = salts.filter((salt) => salt !== null).length
    const cut = salts.at(-1) ? salts.length * lane.blockSamples - lane.samples : 0
    return sum + (blocks * lane.blockSamples - cut) / lane.rate
  }, 0)
  const whole = states.length === sealed.length && states.every(({ salts }) => salts.every((salt) => salt !== null))
  const copy = whole ? 'original' : states.some(({ masked }) => masked > 0) ? 'masked' : 'part'
  const rounded = (seconds: number): number => Math.round(seconds * 10) / 10
  return {
    check: passed('audio', { copy, heard: rounded(heard), total: rounded(total), lanes: states.length }),
    value: copy,
  }
}
