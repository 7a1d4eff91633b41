import pino, { type Logger } from 'pino'

export type { Logger } from 'pino'

/**
 * The process log: JSON lines on standard error. Carries ids, codes and figures, never personal data:
 * callers log `{ callId }`, not a number or a name.
 */
export function createLog(level = 'info'): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }))
}

export const silentLog: Logger = pino({ level: 'silent' })
