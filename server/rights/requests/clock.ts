/** Months a request may take in all: one, and up to two more when it is complex (GDPR art. 12(3)). */
export type Months = 1 | 2 | 3

/** The day that many months later: the same of its month, or its last when it has no such day. */
export function monthsAfter(ms: number, months: Months): string {
  const at = new Date(ms)
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  const last = new Date(Date.UTC(year, month + months + 1, 0)).getUTCDate()
  return new Date(Date.UTC(year, month + months, Math.min(day, last))).toISOString().slice(0, 10)
}

/** Whether an extension can still be told: only before the first month is over. */
export const mayExtend = (askedMs: number, nowMs: number): boolean =>
  new Date(nowMs).toISOString().slice(0, 10) <= monthsAfter(askedMs, 1)
