import type { RightsRequest } from '../../../contract/models/rights.ts'
import { today } from '../../kit/days.ts'

/** Days until a request is due; negative once it is overdue. */
export const daysLeft = (dueOn: string, from = today()): number =>
  Math.round((Date.parse(dueOn) - Date.parse(from)) / 86_400_000)

/** Whether a request about every call of a caller is being carried out. */
export const underWay = ({ begunAt, actedAt, state }: RightsRequest): boolean =>
  state === 'open' && begunAt !== null && actedAt === null

/** Requests that are answered with what is kept. */
export const released: readonly string[] = ['access', 'copy', 'portability']
