import type { BlockPart, LaneShape } from './blocks.ts'

/** Languages in which everything a person reads exists. */
export const LANGUAGES = ['it', 'fr', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

/** Media type of an ASiC-E container (ETSI EN 319 162-1 §4.4), the content of `mimetype`. */
export const PACKAGE_TYPE = 'application/vnd.etsi.asic-e+zip'

/** Files every package has, where it has them; `events/` and the recordings come by number. */
export const FILES = {
  mimetype: 'mimetype',
  disclosure: 'disclosure.json',
  vcon: 'vcon.json',
  gaps: 'gaps.json',
  policy: 'policy.json',
  consent: 'consent.json',
  custody: 'custody.json',
  checkpoint: 'checkpoint.txt',
  readme: 'README.txt',
  script: 'verify.sh',
  manifest: 'META-INF/ASiCManifest.xml',
  seal: 'META-INF/seal.note',
} as const

/** The token over the manifest, in packages that have one. */
export const MANIFEST_STAMP = 'META-INF/timestamp.tst'

/** Names of a checkpoint and of the token over it. `at` counts from 1: the first one covers the event that seals the audio. */
export const checkpointFiles = (at: number): { note: string; token: string } => {
  const stem = at === 1 ? 'checkpoint' : `checkpoint-${at}`
  return { note: `${stem}.txt`, token: `${stem}.tst` }
}
/** States of the log a package may refer to. */
export const MAX_CHECKPOINTS = 50

export const reportName = (language: Language): string => `report-${language}.pdf`

/** Names of an event's three files: its exact bytes, its salt in hexadecimal, its proof. `at` counts from 1. */
export const eventFiles = (at: number): { event: string; salt: string; proof: string } => {
  const stem = `events/${String(at).padStart(4, '0')}`
  return { event: `${stem}.json`, salt: `${stem}.salt`, proof: `${stem}.tlog-proof` }
}

/** Media type by a name's ending, for the manifest. */
export function mediaType(name: string): string {
  const ending = name.slice(name.lastIndexOf('.') + 1)
  return types[ending] ?? 'text/plain'
}

const types: Record<string, string> = {
  wav: 'audio/x-wav',
  json: 'application/json',
  pdf: 'application/pdf',
  tst: 'application/vnd.etsi.timestamp-token',
  sh: 'text/x-shellscript',
  xml: 'text/xml',
}

/**
 * One recording of a package: a WAV of signed 16 bit samples, channel k holding lane `lanes[k]`. It begins at sample `from` of the
 * lanes, which is a block's first, and has `samples` samples a channel. A lane that ends earlier is followed by silence.
 */
export type Recording = { file: string; rate: number; from: number; samples: number; lanes: number[] }

/** What is disclosed of one lane. */
export type LaneDisclosure = LaneShape & { lane: number; parts: BlockPart[] }

/** `disclosure.json`: what can be heard of each lane, where, and what keeps the rest to its hash. */
export type Disclosure = { recordings: Recording[]; lanes: LaneDisclosure[] }

/** What the event that seals a call's audio says of each lane (`data.audio.lanes`). `root` is in base64. */
export type SealedLane = LaneShape & { lane: number; root: string }

/** Types of the events that may seal a call's audio. */
export const SEALING_EVENTS: readonly string[] = ['capture.sealed', 'capture.recovered', 'upload.received']
/** Type of the events that tell what was destroyed in the audio after it was sealed. */
export const SILENCING_EVENT = 'capture.silenced'
/** Types of the events a call's history begins with. */
export const FIRST_EVENTS: readonly string[] = ['capture.started', 'upload.received']

/** Evidence level of a time: our own word, an authority's, a qualified authority's. */
export type Level = 'self' | 'tsa' | 'qualified'
