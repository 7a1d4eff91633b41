const DAY_MS = 86_400_000

/** A day as `2027-05-23` (UTC). */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
/** The first instant of a day, ms. */
export const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`)
export const addDays = (day: string, days: number): string => dayOf(startOf(day) + days * DAY_MS)
/** Days from `from` to `to`; negative when `to` is earlier. */
export const daysBetween = (from: string, to: string): number => Math.round((startOf(to) - startOf(from)) / DAY_MS)
