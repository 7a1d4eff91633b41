export type LogErrorCode = 'malformed' | 'wrong_hash' | 'wrong_signature' | 'not_signed' | 'weak_key'

/**
 * Why something of a transparency log must not be relied on. `malformed`: not the exact form of its specification; `wrong_hash`: a
 * proof does not lead to the root; `wrong_signature`: of a known key; `not_signed`: by no key that was asked for; `weak_key`: a
 * public key for which anyone can sign.
 */
export class LogError extends Error {
  readonly code: LogErrorCode
  constructor(code: LogErrorCode, message: string) {
    super(message)
    this.name = 'LogError'
    this.code = code
  }
}

export const malformed = (message: string): LogError => new LogError('malformed', message)
