import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeModel, type Model } from './onnx.ts'

/** Word pieces in the style of SentencePiece: `▁` begins a word. The last token is CTC's blank. */
const TOKENS = ['▁ka', '▁lo', '▁mi', '▁su', '▁te', '▁ra', 'no', 'li', 'me', 'ta', 'ri', 'go', '<blk>']
const MELS = 80
/** Feature frames of 10 ms that become one step of the output. */
const STEP = 4

/** Weights that favour no token: what comes out depends on the sound, and is nonsense. Always the same. */
function weights(seed: number): Float32Array {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  return Float32Array.from({ length: MELS * TOKENS.length }, next)
}

const acoustic = {
  nodes: [
    {
      op: 'AveragePool',
      inputs: ['audio_signal'],
      outputs: ['pooled'],
      attributes: [
        { name: 'ceil_mode', int: 1 },
        { name: 'kernel_shape', ints: [STEP] },
        { name: 'strides', ints: [STEP] },
      ],
    },
    { op: 'Transpose', inputs: ['pooled'], outputs: ['steps'], attributes: [{ name: 'perm', ints: [0, 2, 1] }] },
    { op: 'MatMul', inputs: ['steps', 'W'], outputs: ['scores'] },
    { op: 'LogSoftmax', inputs: ['scores'], outputs: ['logprobs'], attributes: [{ name: 'axis', int: -1 }] },
  ],
  weights: [{ name: 'W', shape: [MELS, TOKENS.length], values: weights(7) }],
} satisfies Partial<Model>

const signal = [
  { name: 'audio_signal', type: 'float', shape: ['batch', MELS, 'frames'] },
  { name: 'length', type: 'int64', shape: ['batch'] },
] as const

/** A NeMo CTC model of a few kB: runs the real native path and says nonsense. */
const offline: Model = {
  ...acoustic,
  inputs: signal.map((v) => ({ ...v, shape: [...v.shape] })),
  outputs: [{ name: 'logprobs', type: 'float', shape: ['batch', 'steps', TOKENS.length] }],
  metadata: {
    vocab_size: TOKENS.length - 1,
    subsampling_factor: STEP,
    normalize_type: 'per_feature',
    model_type: 'EncDecCTCModelBPE',
  },
}

const CACHES = [
  { name: 'cache_last_channel', type: 'float', shape: ['batch', 1, 1, 1] },
  { name: 'cache_last_time', type: 'float', shape: ['batch', 1, 1, 1] },
  { name: 'cache_last_channel_len', type: 'int64', shape: ['batch'] },
] as const

/** The same with a streaming model's inputs and outputs; its memory of what was heard is passed on unchanged. */
const streaming: Model = {
  ...acoustic,
  nodes: [
    ...acoustic.nodes,
    { op: 'Identity', inputs: ['length'], outputs: ['encoded_lengths'] },
    ...CACHES.map(({ name }) => ({ op: 'Identity', inputs: [name], outputs: [`${name}_next`] })),
  ],
  inputs: [...signal, ...CACHES].map((v) => ({ ...v, shape: [...v.shape] })),
  outputs: [
    { name: 'logprobs', type: 'float', shape: ['batch', 'steps', TOKENS.length] },
    { name: 'encoded_lengths', type: 'int64', shape: ['batch'] },
    ...CACHES.map((v) => ({ ...v, name: `${v.name}_next`, shape: [...v.shape] })),
  ],
  metadata: {
    vocab_size: TOKENS.length - 1,
    window_size: 4 * STEP,
    chunk_shift: 4 * STEP,
    subsampling_factor: STEP,
    normalize_type: '',
    model_type: 'EncDecCTCModelBPE',
    ...Object.fromEntries(
      ['channel', 'time'].flatMap((kind) => [1, 2, 3].map((n) => [`cache_last_${kind}_dim${n}`, 1])),
    ),
  },
}

/** Writes a model folder with its manifest and returns its path: `kind` as in `model.json`. */
export function writeToyModel(folder: string, kind: 'nemo-ctc' | 'streaming-nemo-ctc', id = `toy-${kind}`): string {
  const place = join(folder, id)
  mkdirSync(place, { recursive: true })
  const files = [
    { name: 'model.onnx', bytes: encodeModel(kind === 'nemo-ctc' ? offline : streaming) },
    { name: 'tokens.txt', bytes: Buffer.from(TOKENS.map((token, i) => `${token} ${i}\n`).join('')) },
  ]
  for (const { name, bytes } of files) writeFileSync(join(place, name), bytes)
  const manifest = {
    id,
    version: '1',
    kind,
    languages: ['it', 'fr', 'en'],
    licence: 'CC0-1.0',
    source: 'made by the tests',
    files: files.map(({ name, bytes }) => ({
      name,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
  }
  writeFileSync(join(place, 'model.json'), JSON.stringify(manifest, null, 2))
  return place
}
