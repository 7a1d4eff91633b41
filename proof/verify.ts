import { noteVerifier, parseVkey, type Verifier } from './note.ts'
import type { Level } from './package/format.ts'
import { type Certificate, readAnchors, type Timestamp } from './timestamp/index.ts'
import { checkAudio, type Copy } from './verify/audio.ts'
import {
  attempt,
  type Check,
  check,
  type CheckId,
  CHECKS,
  failed,
  Finding,
  type Made,
  notChecked,
  passed,
} from './verify/check.ts'
import { type Contents, openContents } from './verify/contents.ts'
import { checkDocuments, checkEvents, checkHistory, type History } from './verify/history.ts'
import { checkCheckpointStamps, checkFiles, checkManifest, checkManifestStamp, checkSeal } from './verify/integrity.ts'
import { checkCheckpoint, checkInclusion, checkNewer } from './verify/log.ts'
import type { ZipSource } from './zip.ts'

export type { Check, CheckId, Reason } from './verify/check.ts'
export type { Copy } from './verify/audio.ts'

/** Whom the reader believes, from outside the package. */
export type Trust = {
  logs: readonly Verifier[]
  roots: Certificate[]
  /** A checkpoint of the same log, got elsewhere. */
  newer: Buffer | null
  /** ms since the epoch. */
  nowMs: number
}

/**
 * `verified`: every check was made that can be, none failed. `incomplete`: none failed, but what was asked for or is needed to
 * believe anything (the log's key) could not be checked.
 */
export type Verdict = {
  verdict: 'verified' | 'incomplete' | 'failed'
  /** What kind of copy it is; null when the audio was not found good. */
  copy: Copy | null
  /** Whose word the time is. */
  level: Level
  checks: Check[]
}

/** Reads what a person typed. Throws LogError for a key, TimestampError for certificates that cannot be read. */
export function readTrust(given: {
  logKeys: string[]
  roots: string | null
  newer: Buffer | null
  nowMs: number
}): Trust {
  return {
    logs: given.logKeys.map((text) => noteVerifier(parseVkey(text.trim()))),
    roots: given.roots === null ? [] : readAnchors(given.roots),
    newer: given.newer,
    nowMs: given.nowMs,
  }
}

/** Verifies a package. Anything a package may hold leads to a verdict; only errors of the source itself are thrown. */
export async function verifyPackage(source: ZipSource, trust: Trust): Promise<Verdict> {
  let contents: Contents
  try {
    contents = await openContents(source)
  } catch (e) {
    if (!(e instanceof Finding)) throw e
    const [first, ...rest] = CHECKS
    const checks = [failed(first, e.reason, e.params), ...rest.map((id) => notChecked(id, 'depends'))]
    return { verdict: 'failed', copy: null, level: 'self', checks }
  }
  return verdictOf(await allChecks(contents, trust), trust)
}

type Results = { checks: Check[]; stamp: Timestamp | null; copy: Copy | null }

async function allChecks(contents: Contents, trust: Trust): Promise<Results> {
  const { logs, newer } = trust
  const stamps = await attempt('checkpoint_stamp', () => checkCheckpointStamps(contents, trust))
  const events = await attempt('events', () => checkEvents(contents))
  const history = events.value
  const after = <T>(id: CheckId, make: (known: History) => Promise<Made<T>>): Promise<Made<T | null>> =>
    attempt<T | null>(id, () => (history ? make(history) : { check: notChecked(id, 'depends'), value: null }))
  const inclusion = await after('inclusion', (known) => checkInclusion(contents, known))
  const audio = await after('audio', (known) => checkAudio(contents, known))
  const vouched = inclusion.value?.map((checkpoint) => ({ checkpoint, stamp: stamps.value?.[checkpoint] ?? null }))
  const checks = [
    passed('container', { count: contents.entries.size }),
    await check('seal', () => checkSeal(contents, logs)),
    await check('files', () => checkFiles(contents)),
    await check('manifest', () => checkManifest(contents)),
    await check('manifest_stamp', () => checkManifestStamp(contents, trust)),
    await check('checkpoint', () => checkCheckpoint(contents, logs)),
    stamps.check,
    events.check,
    inclusion.check,
    await check('history', () => (history ? checkHistory(history, vouched ?? null) : notChecked('history', 'depends'))),
    await check('documents', () => (history ? checkDocuments(contents, history) : notChecked('documents', 'depends'))),
    audio.check,
    await check('newer_checkpoint', () => checkNewer(contents, newer, logs)),
  ]
  return { checks, stamp: stamps.value?.[0] ?? null, copy: audio.value }
}

/** Checks without which nothing else means much. */
const needed: readonly CheckId[] = ['seal', 'checkpoint']

function verdictOf({ checks, stamp, copy }: Results, trust: Trust): Verdict {
  const level = stamp === null ? 'self' : stamp.qualified ? 'qualified' : 'tsa'
  const asked = trust.newer === null ? needed : [...needed, 'newer_checkpoint']
  const missing = checks.some(({ id, outcome }) => outcome === 'not_checked' && asked.includes(id))
  const wrong = checks.some(({ outcome }) => outcome === 'failed')
  return { verdict: wrong ? 'failed' : missing ? 'incomplete' : 'verified', copy, level, checks }
}
