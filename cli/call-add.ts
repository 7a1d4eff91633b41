import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { UploadState } from '../contract/models/calls.ts'
import type { ProblemBody } from '../contract/models/common.ts'

export type Server = { url: string; token: string }

const tries = 5

/**
 * Uploads one file in a resumable way (tus 1.0.0), waits for its decoding and says how it went. Returns whether it became
 * a call.
 */
export async function addCall(server: Server, file: string, facts: string | undefined): Promise<boolean> {
  if (!existsSync(file) || !statSync(file).isFile()) return say(file, 'there is no such file')
  const size = statSync(file).size
  if (size === 0) return say(file, 'the file is empty')
  try {
    const location = await create(server, { file, size, facts: readFacts(facts) })
    await send(server, { file, size, location })
    return await outcome(server, file, location)
  } catch (error) {
    return say(file, error instanceof Error ? error.message : String(error))
  }
}

function readFacts(facts: string | undefined): string {
  if (facts === undefined) return '{}'
  const text = facts.trimStart().startsWith('{') ? facts : readFileSync(facts, 'utf8')
  JSON.parse(text)
  return text
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

async function create(server: Server, upload: { file: string; size: number; facts: string }): Promise<string> {
  const metadata = `filename ${base64(basename(upload.file))},facts ${base64(upload.facts)}`
  const response = await ask(server, '/api/v1/uploads', {
    method: 'POST',
    headers: { 'upload-length': String(upload.size), 'upload-metadata': metadata },
  })
  const location = response.headers.get('location')
  if (!location) throw new Error('the server did not say where to send the file')
  return location
}

async function send(server: Server, upload: { file: string; size: number; location: string }): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const head = await ask(server, upload.location, { method: 'HEAD' })
    const offset = Number(head.headers.get('upload-offset'))
    if (offset >= upload.size) return
    try {
      const body = createReadStream(upload.file, { start: offset })
      body.on('data', (chunk) => progress(upload.file, (sent += chunk.length), upload.size))
      let sent = offset
      await ask(server, upload.location, {
        method: 'PATCH',
        headers: { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) },
        body,
        duplex: 'half',
      } as unknown as RequestInit)
    } catch (error) {
      if (attempt >= tries) throw error
      await sleep(1000 * attempt)
    }
  }
}

async function outcome(server: Server, file: string, location: string): Promise<boolean> {
  for (;;) {
    const state = (await (await ask(server, location, { method: 'GET' })).json()) as UploadState
    if (state.state === 'done') {
      process.stdout.write(`${file}: call ${state.callId}\n`)
      return true
    }
    if (state.state === 'refused') return say(file, state.problem?.detail ?? 'refused')
    await sleep(300)
  }
}

/** One request with the token. Throws the server's own words when it refuses. */
async function ask(server: Server, path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(new URL(path, server.url), {
    ...init,
    headers: {
      'tus-resumable': '1.0.0',
      ...(init.headers as Record<string, string>),
      authorization: `Bearer ${server.token}`,
    },
  })
  if (response.ok) return response
  const problem = (await response.json().catch(() => null)) as ProblemBody | null
  throw new Error(problem?.detail ?? `the server answered ${response.status}`)
}

function progress(file: string, sent: number, size: number): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r${file}: ${Math.floor((sent / size) * 100)} %${sent >= size ? '\n' : ''}`)
}

function say(file: string, what: string): false {
  process.stderr.write(`${file}: ${what}\n`)
  return false
}
