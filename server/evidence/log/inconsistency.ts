import type { z } from 'zod'
import type { LogAlarmCode } from '../../../contract/log.ts'
import { LogError } from '../../../proof/log-error.ts'

/** Why a log must not be continued. */
export type AlarmCode = z.infer<typeof LogAlarmCode>

/** The log is not what was signed, or not what it says of itself. Nothing is signed any more until an administrator restarts it. */
export class Inconsistency extends Error {
  readonly code: AlarmCode
  constructor(code: AlarmCode, message: string) {
    super(message)
    this.name = 'Inconsistency'
    this.code = code
  }
}

/** Tiles that cannot be read as the log's size wants them are an inconsistency too. */
export async function asInconsistency<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (e) {
    if (e instanceof LogError)
      throw new Inconsistency('tile_differs', `The stored tiles do not fit the log: ${e.message}.`)
    throw e
  }
}
