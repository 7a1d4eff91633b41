import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { AlarmCode, Inconsistency } from './inconsistency.ts'

/** Why nothing is integrated and signed at the moment. `since` is ISO 8601. Events are queued meanwhile, none is lost. */
export type Alarm = { code: AlarmCode; detail: string; since: string }

export type Alarms = {
  current(): Alarm | null
  /** The first one stays. */
  raise(inconsistency: Inconsistency): void
  clear(): void
}

export function createAlarms(deps: { clock: Clock; log: Logger }): Alarms {
  let alarm: Alarm | null = null
  return {
    current: () => alarm,
    raise({ code, message }) {
      if (alarm) return
      alarm = { code, detail: message, since: new Date(deps.clock.now()).toISOString() }
      deps.log.error(
        { source: 'evidence', code },
        `${message} Nothing is signed until an administrator restarts the log.`,
      )
    },
    clear: () => void (alarm = null),
  }
}
