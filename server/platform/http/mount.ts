import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify'
import { mayDo, type Permission, type Role } from '../../../contract/permissions.ts'
import { type Key, type Route, routes } from '../../../contract/routes.ts'
import { Problem } from '../problem.ts'
import { forbidden, notSignedIn } from './errors.ts'
import type { Actor, Handlers } from './handlers.ts'

export type Authenticated = { actor: Actor; state: 'signed_in' | 'enrolling' }

export type MountDeps = {
  handlers: Handlers
  /** Who sends this request, from its cookie or API token; null when nobody. */
  authenticate(request: FastifyRequest): Promise<Authenticated | null>
  /** Whether a state-changing request with a cookie came from our own page. */
  csrfAllowed(request: FastifyRequest): boolean
  /** Prepares the scope of raw routes (multipart parsing). */
  rawScope(scope: FastifyInstance): Promise<void>
}

const base = '/api/v1'

/** Decides whether `who` may call `route`. The one place where permissions are checked. Throws Problem 401 or 403. */
export function admit(route: Route, who: Authenticated | null): Actor | null {
  if (route.may === 'public') return who?.actor ?? null
  if (!who) throw notSignedIn()
  if (route.may === 'enrolling') return who.actor
  if (who.state !== 'signed_in') throw new Problem('second_factor_needed', 401, 'Complete the second factor first.')
  if (route.may === 'signed_in') return who.actor
  if (!holds(who.actor, route.may)) throw forbidden(route.may)
  return who.actor
}

/** A person holds what the role holds; an API token what was granted to it. */
function holds(actor: Actor, permission: Permission): boolean {
  return actor.role === 'api' ? actor.may.has(permission) : mayDo(actor.role as Role, permission)
}

/** Puts every route of the contract on the server. Raw routes live in a scope of their own that parses no body at all. */
export async function mount(app: FastifyInstance, deps: MountDeps): Promise<void> {
  const entries = Object.entries(routes) as [Key, Route][]
  await app.register(async (scope) =>
    mountRoutes(
      scope,
      entries.filter(([, route]) => !route.raw),
      deps,
    ),
  )
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    await deps.rawScope(scope)
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
    mountRoutes(
      scope,
      entries.filter(([, route]) => route.raw),
      deps,
    )
  })
}

function mountRoutes(app: FastifyInstance, entries: [Key, Route][], deps: MountDeps): void {
  for (const [key, route] of entries) {
    const [method, path] = key.split(' ') as [HTTPMethods, string]
    const handle = deps.handlers[key] as (ask: unknown) => Promise<unknown>
    app.route({
      method,
      url: base + path,
      schema: schemaOf(key, route),
      handler: async (request, reply) => {
        const who = await deps.authenticate(request)
        if (method !== 'GET' && method !== 'HEAD' && who?.actor.sessionId && !deps.csrfAllowed(request)) {
          throw new Problem(
            'cross_site',
            403,
            'The request did not come from the product’s own page (header x-verbale is missing or the origin differs).',
          )
        }
        const actor = admit(route, who)
        const ask = {
          params: request.params,
          query: request.query,
          body: route.raw ? undefined : request.body,
          actor,
          request,
          reply,
        }
        return handle(ask)
      },
    })
  }
}

function schemaOf(key: Key, route: Route): Record<string, unknown> {
  return {
    summary: route.summary,
    operationId: operationId(key),
    ...(route.params && { params: route.params }),
    ...(route.query && { querystring: route.query }),
    ...(route.body && { body: route.body }),
    ...(route.raw ? {} : { response: { 200: route.reply } }),
  }
}

/** `POST /calls/:callId/control` → `postCallsByCallIdControl`. */
export function operationId(key: string): string {
  const [method = '', path = ''] = key.split(' ')
  const words = path
    .split(/[/-]/)
    .filter(Boolean)
    .map((w) => (w.startsWith(':') ? `By${w[1]?.toUpperCase()}${w.slice(2)}` : `${w[0]?.toUpperCase()}${w.slice(1)}`))
  return method.toLowerCase() + words.join('')
}
