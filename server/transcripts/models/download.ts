import { createReadStream } from 'node:fs'
import { open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { codeOf } from '../../platform/db/code.ts'
import { isProblem, messageOf } from '../../platform/problem.ts'
import { notAnArchive, otherSize, refusedByServer, unreachable } from './problems.ts'

export type Download = {
  url: string
  /** Where it goes; `<part>.json` beside it remembers which version has begun. */
  part: string
  /** What must come; null when nobody knows. */
  bytes: number | null
}

export type DownloadDeps = {
  /** Nothing heard for so long: the connection is given up. */
  idleMs: number
  sleep: (ms: number) => Promise<void>
  /** It goes on after a failure that may pass. */
  onRetry: (why: string) => void
  /** `total` is null while nobody knows. */
  onProgress: (done: number, total: number | null) => void
}

/** Tries in a row that bring nothing new. */
const TRIES = 5
const LONGEST_WAIT_MS = 60_000
/** What bzip2 begins with. */
const MAGIC = 'BZh'

const begunSchema = z.object({ url: z.string(), validator: z.string(), bytes: z.int().min(1) })
/** `validator`: a strong ETag or a date, as `If-Range` takes it (RFC 9110, section 13.1.5). */
type Begun = z.infer<typeof begunSchema>

/** May be over next time; `waitMs` as the server asks. */
class Passing extends Error {
  readonly waitMs: number
  constructor(message: string, waitMs = 0) {
    super(message)
    this.waitMs = waitMs
  }
}

/**
 * Downloads an archive, from where an earlier try ended when the server still has the same version, else anew. What came is
 * kept in any case but that of a wrong file.
 * @throws Problem `model_download_failed` after tries that brought nothing, `model_download_refused`, `model_archive_other`,
 * `model_archive_not_one`; errors of the file system as they are
 */
export async function download(what: Download, deps: DownloadDeps): Promise<void> {
  let most = await sizeOf(what.part)
  for (let inVain = 0; ;) {
    try {
      return await attempt(what, deps)
    } catch (e) {
      if (!(e instanceof Passing)) throw e
      const now = await sizeOf(what.part)
      // Only more than ever before counts: a server that always begins anew must not keep us for ever.
      inVain = now > most ? 1 : inVain + 1
      most = Math.max(most, now)
      if (inVain >= TRIES) throw unreachable(what.url, e.message)
      deps.onRetry(e.message)
      await deps.sleep(Math.min(LONGEST_WAIT_MS, Math.max(e.waitMs, 1000 * 2 ** (inVain - 1))))
    }
  }
}

async function attempt(what: Download, deps: DownloadDeps): Promise<void> {
  const begun = await readBegun(what)
  const have = begun ? await sizeOf(what.part) : 0
  if (begun && have === begun.bytes) return
  const watch = watchdog(deps.idleMs)
  try {
    const response = await ask(what.url, begun && have > 0 ? { have, begun } : null, watch.signal)
    const continues = response.status === 206 && begun !== null && goesOn(response, have, begun)
    if (!continues && response.status !== 200) throw await refusal(what, response)
    const total = continues ? begun.bytes : await beginAnew(what, response)
    await take(response, { what, from: continues ? have : 0, total }, { ...deps, heard: watch.heard })
  } catch (e) {
    throw passing(e, watch.signal.aborted ? `nothing came for ${deps.idleMs / 1000} s` : null)
  } finally {
    watch.stop()
  }
}

/** Without compression: a range is one of the file's own bytes. */
const ask = (url: string, goOn: { have: number; begun: Begun } | null, signal: AbortSignal): Promise<Response> =>
  fetch(url, {
    signal,
    headers: {
      'accept-encoding': 'identity',
      ...(goOn && { range: `bytes=${goOn.have}-`, 'if-range': goOn.begun.validator }),
    },
  })

/** Whether the rest of the version that has begun is coming. A server may answer 206 without having looked at `If-Range`. */
function goesOn(response: Response, have: number, { validator, bytes }: Begun): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
  const now = validatorOf(response)
  return Number(range?.[1]) === have && Number(range?.[2]) === bytes && (now === null || now === validator)
}

/** @returns how many bytes will come, null when the server does not say */
async function beginAnew({ url, part, bytes }: Download, response: Response): Promise<number | null> {
  if (response.headers.get('content-type')?.startsWith('text/html')) throw notAnArchive(url, 'a web page')
  const length = Number(response.headers.get('content-length') ?? Number.NaN)
  const total = Number.isInteger(length) && length > 0 ? length : null
  if (bytes !== null && total !== null && total !== bytes) throw otherSize(url, total, bytes)
  await forget(part)
  const validator = validatorOf(response)
  if (total !== null && validator !== null)
    await writeFile(`${part}.json`, JSON.stringify({ url, validator, bytes: total } satisfies Begun))
  return total ?? bytes
}

type Taking = { what: Download; from: number; total: number | null }

async function take(
  response: Response,
  { what, from, total }: Taking,
  { heard, onProgress }: { heard: () => void; onProgress: DownloadDeps['onProgress'] },
): Promise<void> {
  const handle = await open(what.part, 'a')
  let done = from
  try {
    for await (const chunk of response.body ?? []) {
      heard()
      await handle.writeFile(chunk)
      const before = done
      done += chunk.length
      if (before < MAGIC.length && done >= MAGIC.length) await requireMagic(what)
      if (total !== null && done > total) throw new Passing('more came than the server announced')
      onProgress(done, total)
    }
  } finally {
    await handle.close()
  }
  if (total !== null && done < total) throw new Passing(`it ended after ${done} of ${total} bytes`)
  if (done < MAGIC.length) throw new Passing('nothing came')
}

/** @throws Problem `model_archive_not_one`; what has come is then removed */
async function requireMagic({ url, part }: Download): Promise<void> {
  if (await isBzip2(part)) return
  await forget(part)
  throw notAnArchive(url, 'something else')
}

/** Whether a file begins as bzip2 does. */
export async function isBzip2(path: string): Promise<boolean> {
  let head = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { end: MAGIC.length - 1 }))
    head = Buffer.concat([head, chunk as Buffer])
  return head.toString('latin1') === MAGIC
}

async function refusal(what: Download, response: Response): Promise<Error> {
  const { status } = response
  await response.body?.cancel()
  // A range that cannot be had, or another version: what was there is of no use.
  if (status === 206 || status === 416) {
    await forget(what.part)
    return new Passing('the server has another version now')
  }
  if (status === 408 || status === 429 || status >= 500)
    return new Passing(`status ${status}`, retryAfterMs(response.headers.get('retry-after')))
  return refusedByServer(what.url, status)
}

/** Seconds or a date (RFC 9110, section 10.2.3). */
function retryAfterMs(value: string | null): number {
  if (value === null) return 0
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : 0
}

/** A weak ETag must not be used for ranges. */
function validatorOf({ headers }: Response): string | null {
  const etag = headers.get('etag')
  return etag?.startsWith('"') ? etag : headers.get('last-modified')
}

async function readBegun({ url, part, bytes }: Download): Promise<Begun | null> {
  const text = await readFile(`${part}.json`, 'utf8').catch(() => 'null')
  const begun = begunSchema.nullable().catch(null).parse(parse(text))
  return begun?.url === url && (bytes === null || begun.bytes === bytes) ? begun : null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function forget(part: string): Promise<void> {
  await rm(`${part}.json`, { force: true })
  await truncate(part, 0).catch((e: unknown) => {
    if (codeOf(e) !== 'ENOENT') throw e
  })
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0

function watchdog(idleMs: number): { signal: AbortSignal; heard: () => void; stop: () => void } {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), idleMs)
  return { signal: controller.signal, heard: () => void timer.refresh(), stop: () => clearTimeout(timer) }
}

/** Errors of the connection pass; those of the file system and our own do not. */
function passing(e: unknown, idle: string | null): unknown {
  if (isProblem(e) || e instanceof Passing) return e
  if (idle !== null) return new Passing(idle)
  const cause = e instanceof TypeError ? e.cause : undefined
  return e instanceof TypeError ? new Passing(codeOf(cause) ?? messageOf(cause ?? e)) : e
}
