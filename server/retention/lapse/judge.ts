import { addDays, dayOf, daysBetween } from './days.ts'

/*
 * Which day it is, for destroying. Refusing access follows the wall clock at once; destroying cannot be undone, so it follows a
 * day that never goes back and that does not leap without a word.
 */

/** Down time that needs no word from anybody: after a longer one, or a leap of a running clock, destruction waits. */
export const longestDownDays = 35
/** How far a running program's clock may leap, days: leap seconds, summer time and corrections are far below. */
export const longestLeapDays = 1

export type ClockState = {
  /** The latest day swept; null before the first. */
  day: string | null
  /** A later day that a person or a trusted time stamp vouched for. */
  confirmed: string | null
}

export type ClockJudgement = {
  /** The day up to which terms may be ended. */
  today: string
  /** `clock_back`: the wall clock is behind what was swept. `clock_ahead`: it leapt; destruction waits for a confirmation. */
  alarm: 'clock_back' | 'clock_ahead' | null
}

/**
 * Judges the wall clock. `leapDays`: how far it moved beyond the time that really passed, since the last look of this process
 * that was believed; null at its first look, when nobody knows how long it was down.
 */
export function judgeClock(state: ClockState, wallMs: number, leapDays: number | null): ClockJudgement {
  const wall = dayOf(wallMs)
  if (state.day === null) return { today: wall, alarm: null }
  if (wall < state.day) return { today: state.day, alarm: 'clock_back' }
  const vouched = state.confirmed !== null && wall <= addDays(state.confirmed, longestDownDays)
  const leapt = leapDays === null ? daysBetween(state.day, wall) > longestDownDays : leapDays > longestLeapDays
  if (leapt && !vouched) return { today: state.day, alarm: 'clock_ahead' }
  return { today: wall, alarm: null }
}
