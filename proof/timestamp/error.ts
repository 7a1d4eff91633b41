/** Why a time stamp is refused. Stable; `proof/words.ts` says each in Italian, French and English. */
export type TimestampCode =
  | 'unreadable'
  | 'trailing_bytes'
  | 'not_granted'
  | 'not_a_timestamp'
  | 'wrong_imprint'
  | 'wrong_nonce'
  | 'wrong_policy'
  | 'wrong_time'
  | 'signer_count'
  | 'signed_attributes'
  | 'certificate_missing'
  | 'certificate_not_bound'
  | 'certificate_usage'
  | 'certificate_expired'
  | 'untrusted'
  | 'weak_algorithm'
  | 'bad_signature'

/** A time stamp that must not be relied on. */
export class TimestampError extends Error {
  readonly code: TimestampCode
  constructor(code: TimestampCode, message: string) {
    super(message)
    this.name = 'TimestampError'
    this.code = code
  }
}

/** Throws a TimestampError unless `holds`. */
export function demand(holds: boolean, code: TimestampCode, message: string): asserts holds {
  if (!holds) throw new TimestampError(code, message)
}

/** The libraries throw errors of many kinds at damaged input: every one of them becomes `unreadable`. */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (e) {
    if (e instanceof TimestampError) throw e
    throw new TimestampError('unreadable', `${what} cannot be read (${e instanceof Error ? e.message : String(e)})`)
  }
}
