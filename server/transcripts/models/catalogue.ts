import type { Kind } from '../engines/sherpa/protocol.ts'

/** A file wanted out of an archive. `null`: nobody has told us. */
export type WantedFile = { name: string; bytes: number | null; sha256: string | null }

/** A speech model that can be added by its id. */
export type CatalogueModel = {
  id: string
  version: string
  kind: Kind
  /** Primary subtags it was made for. */
  languages: readonly string[]
  /** What it is for, one line. */
  purpose: string
  /** The one to begin with. */
  recommended: boolean
  licence: { name: string; url: string }
  /** The publisher's archive (tar, bzip2). `sha256: null`: it is not pinned, and added only when a person answers for it. */
  archive: { url: string; bytes: number | null; sha256: string | null }
  files: readonly WantedFile[]
}

/** Where sherpa-onnx publishes its archives; `checksum.txt` beside them has their SHA-256. */
const RELEASES = 'https://github.com/k2-fsa/sherpa-onnx/releases/download/asr-models'
const CC_BY = { name: 'CC-BY-4.0', url: 'https://creativecommons.org/licenses/by/4.0/' }
const MIT = { name: 'MIT', url: 'https://github.com/openai/whisper/blob/main/LICENSE' }
const OPEN_MDW = { name: 'OpenMDW-1.1', url: 'https://openmdw.ai/license/1-1/' }

const file = (name: string, bytes: number, sha256: string): WantedFile => ({ name, bytes, sha256 })

/** Transcription-ready and broad coverage by NVIDIA's card. */
const NEMOTRON_LANGUAGES = 'it fr en de es pt nl pl cs sk hu ro bg hr sv da nb fi et uk ru tr ar hi vi ja ko zh'.split(
  ' ',
)
const PARAKEET_LANGUAGES = 'en it fr de es pt nl pl cs sk sl hu ro bg hr sv da fi et lv lt mt el uk ru'.split(' ')
const WHISPER_LANGUAGES = 'it fr en de es pt nl pl cs sk sl hu ro bg hr sv da fi et lv lt mt el uk ru tr ca'.split(' ')

/** The Nemotron models differ in their encoder only. */
const NEMOTRON_SHARED = [
  file('decoder.int8.onnx', 14_978_075, '19f9c98fc6d0a2c33a65a43b36fdb2e914c26c0aa9764be3aebc502a1e982fb0'),
  file('joiner.int8.onnx', 9_504_438, '4101c7c679a0bc30483794b27a059e34e79232aa2068d78d51231a22c8b0d7ce'),
  file('tokens.txt', 131_440, '729cc103155bafa785f9cd45746cd41cabe97eab7182fc04d594129587958f8a'),
]
const WHISPER_TOKENS = 'b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126'

/**
 * What can be added. Hashes and sizes are those that several independent projects pin for the publisher's archives; the
 * room's README says how to check them. Only models whose licence is known are here.
 */
export const CATALOGUE: readonly CatalogueModel[] = [
  {
    id: 'nemotron-3.5-560ms',
    version: '2026-06-11',
    kind: 'streaming-transducer',
    languages: NEMOTRON_LANGUAGES,
    purpose: 'captions during calls and transcripts after them; held to the language of the call',
    recommended: true,
    licence: OPEN_MDW,
    archive: {
      url: `${RELEASES}/sherpa-onnx-nemotron-3.5-asr-streaming-0.6b-560ms-int8-2026-06-11.tar.bz2`,
      bytes: 475_271_763,
      sha256: 'c6bf5e0df765f9d5b43bc9e0536d4b4b3e7d40bdf5ecf13e45f134c51c05ae3a',
    },
    files: [
      file('encoder.int8.onnx', 657_601_403, '012e9321373af99021415e0b0eb3ec827b4be3153be6f30d9b448fe65e896e68'),
      ...NEMOTRON_SHARED,
    ],
  },
  {
    id: 'nemotron-3.5-1120ms',
    version: '2026-06-11',
    kind: 'streaming-transducer',
    languages: NEMOTRON_LANGUAGES,
    purpose: 'the same, less work and later captions; held to the language of the call',
    recommended: false,
    licence: OPEN_MDW,
    archive: {
      url: `${RELEASES}/sherpa-onnx-nemotron-3.5-asr-streaming-0.6b-1120ms-int8-2026-06-11.tar.bz2`,
      bytes: 475_276_334,
      sha256: 'adbdd5e9fef87300c37cebfcfc4f1ebe56845c860c8a760af0a1dd65ce9beed3',
    },
    files: [
      file('encoder.int8.onnx', 657_601_521, '2fff2166acaa535bd969fb223c1f0783d71029f143cb298bc54c2afe85abf772'),
      ...NEMOTRON_SHARED,
    ],
  },
  {
    id: 'parakeet-v3',
    version: '0.6b-v3-int8',
    kind: 'nemo-transducer',
    languages: PARAKEET_LANGUAGES,
    purpose: 'English transcripts after calls; cannot be held to a language, so it may drift into English elsewhere',
    recommended: false,
    licence: CC_BY,
    archive: {
      url: `${RELEASES}/sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8.tar.bz2`,
      bytes: 487_170_055,
      sha256: '5793d0fd397c5778d2cf2126994d58e9d56b1be7c04d13c7a15bb1b4eafb16bf',
    },
    files: [
      file('encoder.int8.onnx', 652_184_281, 'acfc2b4456377e15d04f0243af540b7fe7c992f8d898d751cf134c3a55fd2247'),
      file('decoder.int8.onnx', 11_845_275, '179e50c43d1a9de79c8a24149a2f9bac6eb5981823f2a2ed88d655b24248db4e'),
      file('joiner.int8.onnx', 6_355_277, '3164c13fc2821009440d20fcb5fdc78bff28b4db2f8d0f0b329101719c0948b3'),
      file('tokens.txt', 93_939, 'd58544679ea4bc6ac563d1f545eb7d474bd6cfa467f0a6e2c1dc1c7d37e3c35d'),
    ],
  },
  {
    id: 'whisper-small',
    version: 'small-int8',
    kind: 'whisper',
    languages: WHISPER_LANGUAGES,
    purpose: 'transcripts after calls on a small machine; held to the language of the call',
    recommended: false,
    licence: MIT,
    archive: {
      url: `${RELEASES}/sherpa-onnx-whisper-small.tar.bz2`,
      bytes: 639_387_718,
      sha256: '486a46afbb7ba798507190ffe02fea2dd726049af212e774537efac6afb210a6',
    },
    files: [
      file('small-encoder.int8.onnx', 112_442_483, '4cbe7b22fa9026b843b60a68640c747de05bafb1a11b57edc0e66c232d9f33a9'),
      file('small-decoder.int8.onnx', 262_226_114, 'acad50b5c782696e91b55914cc5ab4f756f1532f76e22aa6fc615f39fb69a8ee'),
      file('small-tokens.txt', 816_730, WHISPER_TOKENS),
    ],
  },
  {
    id: 'whisper-turbo',
    version: 'large-v3-turbo-int8',
    kind: 'whisper',
    languages: WHISPER_LANGUAGES,
    purpose: 'transcripts after calls where there is time: the slowest; held to the language of the call',
    recommended: false,
    licence: MIT,
    archive: {
      url: `${RELEASES}/sherpa-onnx-whisper-turbo.tar.bz2`,
      bytes: 563_790_207,
      sha256: 'b11acbbcd660b44a8e0df33724feb5aaa709cf65668f2823d59f656312544f22',
    },
    files: [
      file('turbo-encoder.int8.onnx', 674_716_297, 'b02dcdf54f348741e93fe732b67d933c8dcb6735655f710640143081db38878b'),
      file('turbo-decoder.int8.onnx', 361_080_764, '20accd02388482eb3a46bd615631adfdc85e1eb2c7db9ea3f02a40ffe6b81547'),
      file('turbo-tokens.txt', 816_730, WHISPER_TOKENS),
    ],
  },
]

/** The model to begin with, for the texts that name it. */
export const RECOMMENDED_MODEL = 'nemotron-3.5-560ms'

/** Bytes of the wanted files; null when one is not known. */
export function unpackedBytes(files: readonly WantedFile[]): number | null {
  let sum = 0
  for (const { bytes } of files) {
    if (bytes === null) return null
    sum += bytes
  }
  return sum
}
