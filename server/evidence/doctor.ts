import type { Log } from './log/index.ts'
import type { Stamps } from './stamps/index.ts'

/** What a doctor says of the log: everything recomputed, and whether stamps come. */
export type LogFinding = { level: 'ok' | 'warning' | 'error'; code: string; detail: string }

export async function* examineLog(log: Log, stamps: Stamps): AsyncGenerator<LogFinding> {
  const alarm = await log.check()
  const { size, queued } = await log.status()
  if (alarm)
    yield {
      level: 'error',
      code: alarm.code,
      detail: `${alarm.detail} Nothing is signed until the log is restarted: on the page, under Evidence.`,
    }
  else yield { level: 'ok', code: 'log_sound', detail: `The log's ${size} entries are what was signed.` }
  if (queued > 0 && !alarm)
    yield { level: 'warning', code: 'log_queue', detail: `${queued} events wait to be taken into the log.` }
  const { level, late, last } = await stamps.status()
  if (late)
    yield {
      level: 'warning',
      code: 'stamp_late',
      detail: `The last time stamp is ${last ? `of ${last.stampedAt}` : 'missing'}: is the authority of evidence.timestamp reachable?`,
    }
  else if (level === 'self')
    yield {
      level: 'ok',
      code: 'stamp_none',
      detail: 'No time-stamp authority is configured: times stand on this installation’s word (level self).',
    }
  else yield { level: 'ok', code: 'stamp_sound', detail: `Time stamps come, level ${level}.` }
}
