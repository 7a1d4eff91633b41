import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import fixed from '@fastify/static'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import type { Logger } from '../log.ts'
import { errorRenderer } from './errors.ts'
import { mount, type MountDeps } from './mount.ts'

export type HttpOptions = {
  log: Logger
  /** Folder of the built page; without it only the API is served. */
  webDir: string | null
  tls?: { cert: string; key: string } | undefined
  /** Whether to send Strict-Transport-Security. */
  https: boolean
}

/** The HTTP server: problem details, security headers, the contract's routes, the page. Not yet listening. */
export async function createHttp(options: HttpOptions, mountDeps: MountDeps): Promise<FastifyInstance> {
  const tls = options.tls ? { https: { cert: readFileSync(options.tls.cert), key: readFileSync(options.tls.key) } } : {}
  const app = Fastify({
    ...tls,
    logger: false,
    exposeHeadRoutes: false,
    trustProxy: 'loopback',
    bodyLimit: 1 << 20,
    routerOptions: { maxParamLength: 100 },
  } as object) as unknown as FastifyInstance
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(errorRenderer(options.log))
  await app.register(cookie)
  await app.register(helmet, headers(options.https))
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Verbale', version: '1', description: 'Lawful call recording for contact centres.' },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control'))
      void reply.header('cache-control', 'no-store')
  })
  await mount(app, mountDeps)
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  if (options.webDir && existsSync(join(options.webDir, 'index.html'))) await servePage(app, options.webDir)
  return app
}

/** What is on its way when the server stops may take so long to end. */
const GRACE_MS = 5000

/** Stops listening, and ends requests that do not end by themselves: a stalled upload must not keep a stopped server alive. */
export async function closeHttp(app: FastifyInstance, graceMs = GRACE_MS): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), graceMs)
  await app.close().finally(() => clearTimeout(late))
}

function headers(https: boolean) {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // Mantine writes style elements at run time.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        mediaSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: https ? { maxAge: 31_536_000 } : false,
    crossOriginResourcePolicy: { policy: 'same-origin' as const },
    referrerPolicy: { policy: 'no-referrer' as const },
  }
}

/** Serves the built page; every unknown path outside the API is the page itself (client-side routes). */
async function servePage(app: FastifyInstance, webDir: string): Promise<void> {
  await app.register(fixed, { root: webDir, wildcard: false, immutable: true, maxAge: '365d', index: false })
  const page = readFileSync(join(webDir, 'index.html'))
  const send = async (
    _request: unknown,
    reply: { header(k: string, v: string): unknown; type(t: string): { send(b: Buffer): unknown } },
  ) => {
    reply.header('cache-control', 'no-cache')
    return reply.type('text/html; charset=utf-8').send(page)
  }
  app.route({ method: ['GET', 'HEAD'], url: '/', schema: { hide: true }, handler: send as never })
  app.setNotFoundHandler(async (request, reply) => {
    if (request.method === 'GET' && !request.url.startsWith('/api/') && !request.url.startsWith('/assets/'))
      return (send as never as (a: unknown, b: unknown) => unknown)(request, reply)
    return reply.status(404).type('application/problem+json').send({
      type: 'urn:verbale:problem:not_found',
      title: 'not found',
      status: 404,
      code: 'not_found',
      detail: 'There is nothing at this address.',
    })
  })
}
