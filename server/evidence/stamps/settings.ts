import { readFileSync } from 'node:fs'
import type { Config } from '../../config.ts'
import type { Clock } from '../../platform/clock.ts'
import { messageOf, Problem } from '../../platform/problem.ts'
import { type Authority, createAuthority } from './client.ts'
import type { StampSettings } from './index.ts'

/** Who stamps, and how often; `authority` is null when nobody is configured to. */
export type StampChoice = { authority: Authority | null; qualified: boolean; settings: Partial<StampSettings> }

/** Reads the configuration's `evidence.timestamp`. Throws Problem `config_invalid` when the roots cannot be read. */
export function stampChoice(config: Config['evidence']['timestamp'], clock: Clock): StampChoice {
  if (!config) return { authority: null, qualified: false, settings: {} }
  const { url, policy, authorization, qualified, everySeconds, alarmHours, timeoutSeconds } = config
  const headers = authorization === undefined ? {} : { authorization }
  const settings = { url, policy, headers, anchors: readAnchors(config.anchors), timeoutMs: timeoutSeconds * 1000 }
  return {
    authority: createAuthority(settings, { clock }),
    qualified,
    settings: { everyMs: everySeconds * 1000, alarmMs: alarmHours * 3_600_000 },
  }
}

function readAnchors(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (e) {
    throw new Problem(
      'config_invalid',
      500,
      `Configuration: evidence.timestamp.anchors cannot be read (${messageOf(e)}). Name a PEM file with the authority's root certificates.`,
    )
  }
}
