/** Week of an ISO 8601 calendar date in UTC: `2027-W21`. */
export function isoWeek(date: Date): string {
  const day = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()))
  // The week belongs to the year of its Thursday.
  day.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7))
  const year = day.getUTCFullYear()
  const week = Math.ceil(((day.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7)
  return `${year}-W${String(week).padStart(2, '0')}`
}

/** The key tree a wrap belongs to: its purpose and the week in which it lapses. */
export const bucketOf = (purpose: string, expiresOn: Date): string => `${purpose}/${isoWeek(expiresOn)}`

/** A date as `2027-05-23`, UTC. */
export const isoDay = (date: Date): string => date.toISOString().slice(0, 10)

/** Whether a bucket's week is over on a day: no wrap for it can be made any more. */
export const isOver = (bucket: string, today: Date): boolean => (bucket.split('/')[1] ?? '') < isoWeek(today)
