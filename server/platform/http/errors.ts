import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { ProblemBody } from '../../../contract/models/common.ts'
import { isProblem, Problem } from '../problem.ts'
import type { Logger } from '../log.ts'

type Issue = { path: string; message: string }

/** Field issues of a failed validation: names and rules, never the values sent. */
function issuesOf(error: FastifyError): Issue[] {
  const list = (error.validation ?? []) as { instancePath?: string; message?: string }[]
  return list.map((i) => ({
    path: (i.instancePath ?? '').replace(/^\//, '').replaceAll('/', '.'),
    message: i.message ?? 'not valid',
  }))
}

/** Anything thrown as RFC 9457 problem details. Unknown errors become `internal` and tell nothing. */
export function problemBody(error: unknown): ProblemBody {
  const make = (status: number, code: string, detail: string, rest: Partial<ProblemBody> = {}): ProblemBody => ({
    type: `urn:verbale:problem:${code}`,
    title: code.replaceAll('_', ' '),
    status,
    code,
    detail,
    ...rest,
  })
  if (isProblem(error))
    return make(
      error.status,
      error.code,
      error.message,
      Object.keys(error.params).length > 0 ? { params: error.params } : {},
    )
  const fastify = error as Partial<FastifyError>
  if (fastify.validation)
    return make(400, 'not_valid', `The ${fastify.validationContext ?? 'request'} does not have the expected form.`, {
      fields: issuesOf(fastify as FastifyError),
    })
  if (fastify.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return make(413, 'body_too_large', 'The request body is larger than this route accepts.')
  if (fastify.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return make(415, 'media_type', 'This route does not accept that content type.')
  if (fastify.statusCode && fastify.statusCode >= 400 && fastify.statusCode < 500)
    return make(fastify.statusCode, 'bad_request', 'The request could not be read.')
  if (isDatabaseDown(error))
    return make(503, 'database_unavailable', 'The database does not answer at the moment. Try again shortly.')
  return make(500, 'internal', 'Something went wrong on the server; its log has the details.')
}

/** Connection-level failures of the PostgreSQL driver and server shutdown states (class 57). */
export function isDatabaseDown(error: unknown): boolean {
  const e = error as { code?: unknown } | null
  const message = error instanceof Error ? error.message : ''
  const code = typeof e?.code === 'string' ? e.code : ''
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', '57P01', '57P02', '57P03', '08006', '08003'].includes(code) ||
    /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect/.test(message)
  )
}

/** The one renderer of errors. 5xx are logged by code and stack without request content. */
export function errorRenderer(log: Logger) {
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const body = problemBody(error)
    if (body.status >= 500)
      log.error(
        {
          code: body.code,
          route: request.routeOptions.url,
          err:
            error instanceof Error
              ? { name: error.name, code: (error as FastifyError).code, stack: error.stack }
              : undefined,
        },
        'request failed',
      )
    if (reply.raw.headersSent) {
      reply.raw.destroy()
      return
    }
    if (body.status === 429 && isProblem(error) && error.params.seconds)
      void reply.header('retry-after', String(error.params.seconds))
    return reply.status(body.status).type('application/problem+json').send(body)
  }
}

export const forbidden = (permission: string): Problem =>
  new Problem('forbidden', 403, `This needs the permission ${permission}.`, { permission })
export const notSignedIn = (): Problem => new Problem('not_signed_in', 401, 'Sign in first.')
