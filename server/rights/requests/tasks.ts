import type { RightsRequest } from '../../../contract/models/rights.ts'

/** What is still to be done about a request, in order. Pure. */
export function tasksOf(request: {
  state: 'open' | 'closed'
  identified: boolean
  acted: boolean
}): RightsRequest['tasks'] {
  if (request.state === 'closed') return []
  return [
    ...(request.identified ? [] : (['identity'] as const)),
    ...(request.acted ? [] : (['act'] as const)),
    'letter',
    'close',
  ]
}
