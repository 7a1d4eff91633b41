import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { UploadState } from '../../contract/models/calls.ts'
import { type Client, setUp, startServer, type TestServer } from './server.ts'
import { muLawWav } from './wav.ts'

let server: TestServer
let admin: Client
beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
})
afterAll(() => server?.destroy())

async function settled(upload: UploadState): Promise<UploadState> {
  for (let state = upload; ; state = await admin.api('GET /uploads/:uploadId', { params: { uploadId: upload.id } })) {
    if (state.state === 'done' || state.state === 'refused') return state
    await sleep(50)
  }
}

async function post(
  file: Buffer,
  facts: object,
  order: 'facts first' | 'file first' = 'facts first',
): Promise<UploadState> {
  const form = new FormData()
  if (order === 'facts first') form.set('facts', JSON.stringify(facts))
  form.set('audio', new Blob([new Uint8Array(file)]), 'chiamata.wav')
  if (order === 'file first') form.set('facts', JSON.stringify(facts))
  const response = await admin.fetch('/api/v1/calls', { method: 'POST', body: form })
  if (!response.ok) throw new Error(JSON.stringify(await response.json()))
  return ((await response.json()) as { upload: UploadState }).upload
}

async function hear(callId: string, purpose: 'evidence' | 'training'): Promise<Buffer> {
  for (;;) {
    const detail = await admin.api('GET /calls/:callId', { params: { callId } })
    if (detail.listenPurposes.includes(purpose)) break
    await sleep(50)
  }
  const grant = await admin.api('POST /calls/:callId/listen', {
    params: { callId },
    body: { purpose, reason: 'ascolto di prova' },
  })
  return Buffer.from(await (await admin.fetch(grant.mediaUrl)).arrayBuffer())
}

/** Waits until every call has all its renditions. */
async function quiet(): Promise<void> {
  const { items } = await admin.api('GET /calls', { query: {} as never })
  for (const { id } of items) {
    for (;;) {
      const { renditions } = await admin.api('GET /calls/:callId', { params: { callId: id } })
      if (renditions.every((r) => r.state === 'sealed')) break
      await sleep(50)
    }
  }
}

const objects = (): string[] =>
  readdirSync(join(server.dataDir, 'objects'), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.seg'))

test('a file becomes a call, bit for bit, whatever the order of the form', async () => {
  for (const order of ['facts first', 'file first'] as const) {
    const file = muLawWav(3)
    const state = await settled(
      await post(
        file,
        { direction: 'inbound', agentLane: 0, customer: { name: 'Carla', address: '+39 02 1234567' } },
        order,
      ),
    )
    expect(state.problem).toBeNull()
    const call = await admin.api('GET /calls/:callId', { params: { callId: state.callId ?? '' } })
    expect(call).toMatchObject({
      state: 'sealed',
      protocol: 'upload',
      direction: 'inbound',
      durationMs: 3000,
      callerCountry: 'IT',
      fileName: 'chiamata.wav',
    })
    expect(call.legs.map((l) => l.role)).toEqual(['agent', 'customer'])
    expect(await hear(call.id, 'training')).toEqual(file)
    const found = await admin.api('POST /calls/search', { body: { address: '0039 021234567' } })
    expect(found.items.map((c) => c.id)).toContain(call.id)
  }
})

test('a resumable upload survives a restart in the middle', async () => {
  const file = muLawWav(20)
  const facts = Buffer.from(JSON.stringify({ queue: 'Vendite' })).toString('base64')
  const made = await admin.fetch('/api/v1/uploads', {
    method: 'POST',
    headers: { 'upload-length': String(file.length), 'upload-metadata': `facts ${facts}` },
  })
  expect(made.status).toBe(201)
  const location = made.headers.get('location') ?? ''
  const patch = (offset: number, bytes: Buffer) =>
    admin.fetch(location, {
      method: 'PATCH',
      headers: { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) },
      body: new Uint8Array(bytes),
    })
  expect((await patch(0, file.subarray(0, 100_000))).status).toBe(204)
  expect((await patch(5, file.subarray(5, 10))).status).toBe(409)
  const cookie = admin.cookie
  server = await server.restart()
  admin = (await import('./server.ts')).client(server.url)
  admin.cookie = cookie
  const head = await admin.fetch(location, { method: 'HEAD' })
  const offset = Number(head.headers.get('upload-offset'))
  expect(offset).toBe(100_000)
  expect((await patch(offset, file.subarray(offset))).status).toBe(204)
  const state = await settled(
    await admin.api('GET /uploads/:uploadId', { params: { uploadId: location.split('/').at(-1) ?? '' } }),
  )
  expect(state.problem).toBeNull()
  expect(
    createHash('sha256')
      .update(await hear(state.callId ?? '', 'evidence'))
      .digest('hex'),
  ).toBe(createHash('sha256').update(file).digest('hex'))
})

test('what is not audio, cut short or a lie is refused with its reason and leaves nothing behind', async () => {
  await quiet()
  const before = objects().length
  const calls = (await admin.api('GET /calls', { query: {} })).items.length
  const wav = muLawWav(2)
  const lying = Buffer.from(wav)
  lying.writeUInt32LE(4_000_000_000, 54)
  const cases: [Buffer, RegExp][] = [
    [Buffer.from('%PDF-1.7 this is not audio at all, only words and more words'), /audio_not_audio/],
    [wav.subarray(0, 5000), /audio_truncated|audio_length_lie/],
    [lying, /audio_truncated|audio_length_lie|audio_bomb/],
  ]
  for (const [file, code] of cases) {
    const state = await settled(await post(file, {}))
    expect(state.state).toBe('refused')
    expect(state.problem?.code).toMatch(code)
    expect(state.callId).toBeNull()
  }
  await expect(post(wav, { startedAt: 'yesterday' })).rejects.toThrow('facts_not_valid')
  // A fact we do not know is not dropped in silence: the agent would be missing from the call.
  await expect(post(wav, { operator: '201' })).rejects.toThrow(/facts_not_valid.*facts: .*operator/)
  await expect(post(wav, { consent: 'no' })).rejects.toThrow('policy_refuses')
  expect(objects().length).toBe(before)
  expect((await admin.api('GET /calls', { query: {} })).items.length).toBe(calls)
})
