import { QueryClient, useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { mayDo, type Permission } from '../contract/permissions.ts'
import type { Me } from '../contract/models/people.ts'
import { api, ApiProblem, type Ask, type AskArgs, type Key, type Reply } from './api.ts'
import { notifyDone, notifyProblem } from './kit/notify.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (count, error) => error instanceof ApiProblem && error.status === 0 && count < 2,
    },
  },
})

/** The query key of a route: the route's own key, then what is asked. Refresh by the first part alone. */
export const keyOf = <K extends Key>(key: K, ask?: Ask<K>): readonly unknown[] =>
  ask === undefined ? [key] : [key, ask]

/** How often to read again, ms; by what was read last. */
type Interval<K extends Key> = number | false | ((last: Reply<K> | undefined) => number | false)

/** Reads one GET route. `enabled: false` waits. */
export const useApi = <K extends Key & `GET ${string}`>(
  key: K,
  ask?: Ask<K>,
  { refetchInterval = false, ...options }: { enabled?: boolean; refetchInterval?: Interval<K> } = {},
) =>
  useQuery<Reply<K>, ApiProblem>({
    queryKey: keyOf(key, ask),
    queryFn: () => api(key, ...([ask] as unknown as AskArgs<K>)),
    refetchInterval:
      typeof refetchInterval === 'function' ? (query) => refetchInterval(query.state.data) : refetchInterval,
    ...options,
  })

type Act<K extends Key> = {
  /** Routes to read again afterwards. */
  refresh?: Key[]
  /** Said when it worked. */
  done?: string
  onDone?: (reply: Reply<K>) => void
  /** `false`: the caller shows the problem itself, beside the form. */
  announceProblem?: boolean
}

/** Calls one route that changes something: `act.mutate(ask)`. Problems are announced unless the form shows them. */
export const useAct = <K extends Key>(key: K, { refresh = [], done, onDone, announceProblem = true }: Act<K> = {}) => {
  const client = useQueryClient()
  const { t } = useTranslation()
  return useMutation<Reply<K>, ApiProblem, Ask<K>>({
    mutationFn: (ask) => api(key, ...([ask] as unknown as AskArgs<K>)),
    onSuccess: async (reply) => {
      onDone?.(reply)
      if (done) notifyDone(done)
      await Promise.all(refresh.map((route) => client.invalidateQueries({ queryKey: [route] })))
    },
    onError: (problem) => {
      if (announceProblem) notifyProblem(problem, t)
    },
  })
}

export const meQuery = { queryKey: keyOf('GET /me'), queryFn: () => api('GET /me'), staleTime: 60_000 }

/** The person signed in. Only inside the shell, which has read it already. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data
/** Whether the person signed in may do something; to explain, never to protect: the server checks again. */
export const useMay = (permission: Permission): boolean => mayDo(useMe().role, permission)
