import { notifications } from '@mantine/notifications'
import type { ApiProblem } from '../api.ts'
import type { T } from '../i18n.ts'
import { problemText } from './problem.ts'

/** Says that something worked; leaves by itself. */
export const notifyDone = (message: string): void => void notifications.show({ message, color: 'petrol' })

/** Says what went wrong; stays until closed. */
export const notifyProblem = (problem: ApiProblem, t: T): void =>
  void notifications.show({ message: problemText(problem, t), color: 'red', autoClose: false })
