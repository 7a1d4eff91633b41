import type { ProblemBody } from '../contract/models/common.ts'
import type { Ask, Key, Reply } from '../contract/routes.ts'

export type { Ask, Key, Reply }
export const base = '/api/v1'

/** Sent with every request that changes something: a page of another site cannot add it. */
export const guardHeader = { 'x-verbale': '1' } as const

/** What the server refused, or `network` when it could not be reached. `code` is translated by `problemText`. */
export class ApiProblem extends Error {
  readonly code: string
  readonly status: number
  readonly params: Record<string, string | number>
  readonly fields: { path: string; message: string }[]

  constructor(body: Pick<ProblemBody, 'code' | 'status' | 'detail'> & Pick<Partial<ProblemBody>, 'params' | 'fields'>) {
    super(body.detail)
    this.name = 'ApiProblem'
    this.code = body.code
    this.status = body.status
    this.params = body.params ?? {}
    this.fields = body.fields ?? []
  }
}

export type AskArgs<K extends Key> = unknown extends Ask<K> ? [ask?: undefined] : [ask: Ask<K>]
type Plain = string | number | boolean | null | undefined
type Parts = { params?: Record<string, Plain>; query?: Record<string, Plain>; body?: unknown }

let signedOut: (() => void) | null = null
/** Called when a request finds the session ended. Set once, by the router. */
export const onSignedOut = (handler: () => void): void => void (signedOut = handler)

/** Other refusals with 401 answer what was typed: a wrong password, a wrong code. */
const endOfSession = ['not_signed_in', 'second_factor_needed']

const urlOf = (path: string, { params = {}, query = {} }: Parts): string => {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name] ?? '')))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  return `${base}${filled}${search.size > 0 ? `?${search}` : ''}`
}

const problemOf = async (res: Response): Promise<ApiProblem> => {
  const body = (await res.json().catch(() => null)) as Partial<ProblemBody> | null
  return new ApiProblem({
    code: body?.code ?? 'unexpected',
    status: res.status,
    detail: body?.detail ?? res.statusText,
    ...(body?.params && { params: body.params }),
    ...(body?.fields && { fields: body.fields }),
  })
}

/** What a route answers, as it came. Throws `ApiProblem`. */
async function send(key: Key, parts: Parts): Promise<Response> {
  const [method = 'GET', path = '/'] = key.split(' ')
  const headers: Record<string, string> = { accept: 'application/json', ...(method !== 'GET' && guardHeader) }
  if (parts.body !== undefined) headers['content-type'] = 'application/json'
  const res = await fetch(urlOf(path, parts), {
    method,
    headers,
    credentials: 'same-origin',
    ...(parts.body !== undefined && { body: JSON.stringify(parts.body) }),
  }).catch(() => {
    throw new ApiProblem({ code: 'network', status: 0, detail: 'The server could not be reached.' })
  })
  if (res.ok) return res
  const problem = await problemOf(res)
  if (endOfSession.includes(problem.code)) signedOut?.()
  throw problem
}

/** The one way the page speaks to the server. Types only: no schema reaches the bundle. Throws `ApiProblem`. */
export async function api<K extends Key>(key: K, ...[ask]: AskArgs<K>): Promise<Reply<K>> {
  return (await (await send(key, (ask ?? {}) as Parts)).json()) as Reply<K>
}

/** The file a route answers with. Throws `ApiProblem`; with code `network` when it broke off. */
export async function apiFile<K extends Key>(key: K, ...[ask]: AskArgs<K>): Promise<Blob> {
  const res = await send(key, (ask ?? {}) as Parts)
  return res.blob().catch(() => {
    throw new ApiProblem({ code: 'network', status: 0, detail: 'The file broke off.' })
  })
}
