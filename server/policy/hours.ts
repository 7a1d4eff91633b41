import type { Hours } from '../../contract/models/policy.ts'

const weekdays: Record<string, number> = { Mon: 1, Tue: 2, Wed: 3, Thu: 4, Fri: 5, Sat: 6, Sun: 7 }
const formats = new Map<string, Intl.DateTimeFormat | null>()

/** The calendar of an IANA time zone, or null when there is none of that name. Kept: making one is slow. */
function formatOf(timeZone: string): Intl.DateTimeFormat | null {
  const kept = formats.get(timeZone)
  if (kept !== undefined) return kept
  // names come from checked policies; drafts are bounded so that trying names cannot fill the memory
  if (formats.size > 1000) formats.clear()
  const made = makeFormat(timeZone)
  formats.set(timeZone, made)
  return made
}

function makeFormat(timeZone: string): Intl.DateTimeFormat | null {
  // numeric offsets are accepted by Intl, yet are no IANA names and know no summer time
  if (!/^[A-Za-z]/.test(timeZone)) return null
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  } catch {
    return null
  }
}

export const knownTimeZone = (timeZone: string): boolean => formatOf(timeZone) !== null

/** ISO weekday (1 = Monday) and HH:MM on the wall at that instant, or null for an unknown time zone. */
export function wallTime(instantMs: number, timeZone: string): { day: number; time: string } | null {
  const parts = formatOf(timeZone)?.formatToParts(instantMs)
  if (!parts) return null
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? ''
  return { day: weekdays[part('weekday')] ?? 0, time: `${part('hour')}:${part('minute')}` }
}

/**
 * Whether an instant falls in the hours, on the wall clock of their time zone: `from` counts, `to` no longer does.
 * `to` at or before `from` ends on the following day; the days listed are those on which the hours begin.
 */
export function withinHours(hours: Hours, instantMs: number): boolean {
  const wall = wallTime(instantMs, hours.timeZone)
  if (!wall) return false
  const today = hours.days.includes(wall.day)
  if (hours.from < hours.to) return today && wall.time >= hours.from && wall.time < hours.to
  const yesterday = hours.days.includes(wall.day === 1 ? 7 : wall.day - 1)
  return (today && wall.time >= hours.from) || (yesterday && wall.time < hours.to)
}
