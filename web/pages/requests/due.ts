import { today } from '../../kit/days.ts'

/** Days until a request is due; negative once it is overdue. */
export const daysLeft = (dueOn: string, from = today()): number =>
  Math.round((Date.parse(dueOn) - Date.parse(from)) / 86_400_000)
