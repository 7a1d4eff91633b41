/**
 * The one internal error. `code` is stable and translated by the page; `detail` is plain English for logs and
 * integrators. Neither ever carries personal data. Rendered as application/problem+json (RFC 9457) in one place.
 */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  /** Values the translated message may show (numbers, ids, field names). Never personal data. */
  readonly params: Record<string, string | number>

  constructor(code: string, status: number, detail: string, params: Record<string, string | number> = {}) {
    super(detail)
    this.name = 'Problem'
    this.code = code
    this.status = status
    this.params = params
  }
}

export const isProblem = (e: unknown): e is Problem => e instanceof Problem

/** The message of anything thrown, for a log line. */
export const messageOf = (e: unknown): string => (e instanceof Error ? e.message : String(e))
