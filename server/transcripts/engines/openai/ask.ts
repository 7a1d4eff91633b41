import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../../platform/problem.ts'
import { refusedJob, rejected, tooSlow, unreachable, unreadable } from '../problems.ts'

export type Patience = {
  /** Longest wait for one answer; default 60 s. */
  timeoutMs: number
  /** Tries after one that failed by overload or by the server's fault; default 2. */
  retries: number
  /** Wait before the first further try, doubled with each; the server's Retry-After goes before it. Default 500 ms. */
  waitMs: number
}

/** `key`: sent as a bearer token, never told to anybody else. `where` names the server in what is told of a failure. */
export type Server = { url: string; key?: string; where: string } & Partial<Patience>

/** `body` is made anew for each try. */
export type Question = { body: () => FormData | object; signal: AbortSignal }

/** An answer larger than this is none. */
const MOST_BYTES = 4_000_000
/** Longest wait that a server may ask for. */
const MOST_WAIT_MS = 30_000

/**
 * What a server of OpenAI's protocol answers to a form or to JSON. Asks again where it is overloaded or at fault; nothing else gets
 * better by asking again.
 * @throws Problem: `engine_*`
 */
export async function ask(server: Server, question: Question): Promise<string> {
  const { where, retries = 2, waitMs = 500 } = server
  for (let tries = 0; ; tries++) {
    const response = await send(server, question)
    if (response.ok) return response.body
    const again = response.status === 429 || response.status >= 500
    if (!again || tries >= retries) {
      if (response.status === 413 || response.status === 422 || response.status === 400)
        throw refusedJob(where, `status ${response.status}`)
      throw rejected(where, response.status)
    }
    await sleep(response.waitMs ?? waitMs * 2 ** tries, undefined, { signal: question.signal })
  }
}

type Reply = { ok: boolean; status: number; body: string; waitMs: number | null }

async function send({ url, key, timeoutMs = 60_000, where }: Server, { body, signal }: Question): Promise<Reply> {
  const late = AbortSignal.timeout(timeoutMs)
  const made = body()
  const isForm = made instanceof FormData
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: isForm ? made : JSON.stringify(made),
      redirect: 'error',
      headers: {
        ...(!isForm && { 'content-type': 'application/json' }),
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      signal: AbortSignal.any([signal, late]),
    })
    const text = await bounded(response, where)
    return {
      ok: response.ok,
      status: response.status,
      body: text,
      waitMs: retryAfter(response.headers.get('retry-after')),
    }
  } catch (e) {
    signal.throwIfAborted()
    if (e instanceof Problem) throw e
    throw late.aborted ? tooSlow(where, Math.round(timeoutMs / 1000)) : unreachable(where, causeOf(e))
  }
}

async function bounded(response: Response, where: string): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > MOST_BYTES) throw unreadable(where, `more than ${MOST_BYTES / 1e6} MB`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** The network's own code (`ECONNREFUSED`): messages hold addresses. */
function causeOf(e: unknown): string {
  const { code, cause } = (e ?? {}) as { code?: unknown; cause?: { code?: unknown } }
  const found = cause?.code ?? code
  return typeof found === 'string' ? found : 'the connection broke off'
}

function retryAfter(header: string | null): number | null {
  if (header === null) return null
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(wait) ? Math.min(Math.max(0, wait), MOST_WAIT_MS) : null
}
