import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import type { Permission } from '../contract/permissions.ts'
import { ApiProblem, onSignedOut } from './api.ts'
import { showIn } from './i18n.ts'
import { Broken, NotFound } from './layout/Broken.tsx'
import { Shell } from './layout/Shell.tsx'
import { live } from './live.ts'
import { meQuery, queryClient } from './queries.ts'

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
  interface StaticDataRouteOption {
    /** What the page is about; someone without it sees why instead of the page. */
    may?: Permission
  }
}

const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Broken })

/** A path inside this site to go to after signing in. */
const target = (to: unknown): { to?: string } =>
  typeof to === 'string' && /^\/(?![/\\])/.test(to) && !to.startsWith('/sign-in') ? { to } : {}

const signIn = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>) => target(search['to']),
  component: lazyRouteComponent(() => import('./pages/signin/SignInPage.tsx'), 'SignInPage'),
})
const setup = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  component: lazyRouteComponent(() => import('./pages/signin/SetupPage.tsx'), 'SetupPage'),
})
const invitation = createRoute({
  getParentRoute: () => rootRoute,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./pages/signin/InvitationPage.tsx'), 'InvitationPage'),
})

/** What a caller sees of one call, without an account; the link's secret is the fragment. */
const caller = createRoute({
  getParentRoute: () => rootRoute,
  path: '/c',
  component: lazyRouteComponent(() => import('./pages/caller/CallerPage.tsx'), 'CallerPage'),
})

/** Everything behind the sign-in: reads the person first, and shows the page in their language. */
const shell = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  beforeLoad: async ({ location }) => {
    try {
      const known = queryClient.getQueryData(meQuery.queryKey) !== undefined
      const me = await queryClient.ensureQueryData(meQuery)
      if (!known) await showIn(me.locale)
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.status === 401)
        throw redirect({ to: '/sign-in', search: target(location.href), replace: true })
      throw problem
    }
  },
  component: Shell,
})

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: async () => {
    const me = await queryClient.ensureQueryData(meQuery)
    throw redirect({ to: me.role === 'agent' ? '/my-call' : '/calls', replace: true })
  },
})

const page = { getParentRoute: () => shell } as const
const calls = createRoute({
  ...page,
  path: '/calls',
  staticData: { may: 'calls.read' },
  component: lazyRouteComponent(() => import('./pages/calls/CallsPage.tsx'), 'CallsPage'),
})
/** From a search result: the turn to open the call at, and the purpose it was found for. */
const place = ({ turn, purpose }: Record<string, unknown>): { turn?: number; purpose?: string } =>
  typeof turn === 'number' && Number.isInteger(turn) && turn >= 0 && typeof purpose === 'string'
    ? { turn, purpose }
    : {}

const call = createRoute({
  ...page,
  path: '/calls/$callId',
  validateSearch: place,
  staticData: { may: 'calls.read' },
  component: lazyRouteComponent(() => import('./pages/calls/CallPage.tsx'), 'CallPage'),
})
const search = createRoute({
  ...page,
  path: '/search',
  staticData: { may: 'calls.read' },
  component: lazyRouteComponent(() => import('./pages/search/SearchPage.tsx'), 'SearchPage'),
})
const speech = createRoute({
  ...page,
  path: '/speech',
  staticData: { may: 'sources.manage' },
  component: lazyRouteComponent(() => import('./pages/speech/SpeechPage.tsx'), 'SpeechPage'),
})
const myCall = createRoute({
  ...page,
  path: '/my-call',
  staticData: { may: 'calls.control' },
  component: lazyRouteComponent(() => import('./pages/agent/AgentPage.tsx'), 'AgentPage'),
})
const heard = createRoute({
  ...page,
  path: '/heard',
  component: lazyRouteComponent(() => import('./pages/heard/HeardPage.tsx'), 'HeardPage'),
})
const accesses = createRoute({
  ...page,
  path: '/accesses',
  staticData: { may: 'access.search' },
  component: lazyRouteComponent(() => import('./pages/accesses/AccessesPage.tsx'), 'AccessesPage'),
})
const policy = createRoute({
  ...page,
  path: '/policy',
  staticData: { may: 'policy.read' },
  component: lazyRouteComponent(() => import('./pages/policy/PolicyPage.tsx'), 'PolicyPage'),
})
const retention = createRoute({
  ...page,
  path: '/retention',
  staticData: { may: 'governance.read' },
  component: lazyRouteComponent(() => import('./pages/retention/RetentionPage.tsx'), 'RetentionPage'),
})
const governance = createRoute({
  ...page,
  path: '/governance',
  staticData: { may: 'governance.read' },
  component: lazyRouteComponent(() => import('./pages/governance/GovernancePage.tsx'), 'GovernancePage'),
})
const evidence = createRoute({
  ...page,
  path: '/evidence',
  staticData: { may: 'access.read' },
  component: lazyRouteComponent(() => import('./pages/evidence/EvidencePage.tsx'), 'EvidencePage'),
})
const requests = createRoute({
  ...page,
  path: '/requests',
  staticData: { may: 'governance.read' },
  component: lazyRouteComponent(() => import('./pages/requests/RequestsPage.tsx'), 'RequestsPage'),
})
const sources = createRoute({
  ...page,
  path: '/sources',
  staticData: { may: 'sources.manage' },
  component: lazyRouteComponent(() => import('./pages/sources/SourcesPage.tsx'), 'SourcesPage'),
})
const people = createRoute({
  ...page,
  path: '/people',
  staticData: { may: 'people.read' },
  component: lazyRouteComponent(() => import('./pages/people/PeoplePage.tsx'), 'PeoplePage'),
})
const teams = createRoute({
  ...page,
  path: '/teams',
  staticData: { may: 'people.read' },
  component: lazyRouteComponent(() => import('./pages/people/TeamsPage.tsx'), 'TeamsPage'),
})
const tokens = createRoute({
  ...page,
  path: '/tokens',
  staticData: { may: 'tokens.manage' },
  component: lazyRouteComponent(() => import('./pages/people/TokensPage.tsx'), 'TokensPage'),
})
const account = createRoute({
  ...page,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/people/AccountPage.tsx'), 'AccountPage'),
})

const inside = [
  speech,
  search,
  home,
  calls,
  call,
  myCall,
  heard,
  accesses,
  policy,
  governance,
  retention,
  evidence,
  requests,
  sources,
  people,
  teams,
  tokens,
  account,
]

export const router = createRouter({
  routeTree: rootRoute.addChildren([signIn, setup, invitation, caller, shell.addChildren(inside)]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

/** The session ended under an open page: sign in again and come back to the same place. */
onSignedOut(() => {
  const { pathname, href } = router.state.location
  if (['/sign-in', '/setup', '/invitation', '/c'].includes(pathname) || !queryClient.getQueryData(meQuery.queryKey))
    return
  live.stop()
  void router
    .navigate({ to: '/sign-in', search: target(href) })
    .then(() => queryClient.removeQueries({ queryKey: meQuery.queryKey }))
})
