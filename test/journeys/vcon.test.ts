import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, setUp, startServer, type TestServer } from './server.ts'
import { muLawWav } from './wav.ts'

let server: TestServer
let admin: Client
beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
})
afterAll(() => server?.destroy())

type Vcon = {
  uuid: string
  dialog: { body: string; mediatype: string; parties: number[] }[]
  parties: { role?: string; tel?: string; name?: string }[]
}
const send = (body: string) =>
  admin.fetch('/api/v1/vcons', { method: 'POST', body, headers: { 'content-type': 'application/vcon+json' } })

async function listenable(callId: string, purpose: 'evidence' | 'training' = 'evidence'): Promise<void> {
  for (;;) {
    const call = await admin.api('GET /calls/:callId', { params: { callId } })
    if (call.listenPurposes.includes(purpose)) return
    await sleep(50)
  }
}

async function imported(vcon: object): Promise<string> {
  const response = await send(JSON.stringify(vcon))
  const reply = (await response.json()) as { uploads: { id: string }[]; code?: string }
  expect(reply.code).toBeUndefined()
  for (;;) {
    const state = await admin.api('GET /uploads/:uploadId', { params: { uploadId: reply.uploads[0]?.id ?? '' } })
    if (state.state === 'done') return state.callId ?? ''
    if (state.state === 'refused') throw new Error(state.problem?.code)
    await sleep(50)
  }
}

test('a vCon comes in, is heard, goes out and comes in again with the same bits', async () => {
  const wav = muLawWav(2)
  const began = new Date(Date.now() - 86_400_000).toISOString()
  const vcon = {
    vcon: '0.0.1',
    uuid: '0190a000-0000-7000-8000-00000000abcd',
    created_at: began,
    parties: [
      { name: 'Bruno', role: 'agent', tel: '+390299' },
      { name: 'Carla', role: 'customer', tel: '+39021234567' },
    ],
    dialog: [
      {
        type: 'recording',
        start: began,
        duration: 2,
        parties: [0, 1],
        mimetype: 'audio/x-wav',
        encoding: 'base64',
        body: wav.toString('base64'),
      },
    ],
    analysis: [],
    attachments: [],
  }
  const callId = await imported(vcon)
  await listenable(callId)
  const call = await admin.api('GET /calls/:callId', { params: { callId } })
  expect(call).toMatchObject({ protocol: 'vcon', customerName: 'Carla', startedAt: began, callerCountry: 'IT' })
  expect(call.legs.map((l) => l.role)).toEqual(['agent', 'customer'])

  const out = (await admin.api('POST /calls/:callId/vcon', {
    params: { callId },
    body: { purpose: 'evidence', reason: 'copia per il cliente', caseRef: 'reclamo 7' },
  })) as unknown as Vcon
  expect(out.uuid).toBe(callId)
  expect(Buffer.from(out.dialog[0]?.body ?? '', 'base64url')).toEqual(wav)
  const again = await imported(out)
  await listenable(again, 'training')
  const second = (await admin.api('POST /calls/:callId/vcon', {
    params: { callId: again },
    body: { purpose: 'training', reason: 'copia per prova' },
  })) as unknown as Vcon
  expect(Buffer.from(second.dialog[0]?.body ?? '', 'base64url')).toEqual(wav)
  expect(second.parties.map((p) => p.name)).toEqual(out.parties.map((p) => p.name))
  for (const id of [callId, again]) {
    const { items } = await admin.api('GET /calls/:callId/accesses', { params: { callId: id }, query: {} as never })
    const given = id === callId ? ['original', 'reclamo 7'] : ['masked', null]
    expect(items.filter((r) => r.action === 'export').map((r) => [r.redaction, r.caseRef])).toEqual([given])
  }
})

test('a vCon that is none, holds nothing, or whose caller refused is not kept', async () => {
  const before = (await admin.api('GET /calls', { query: {} as never })).items.length
  expect((await send('not a vcon')).status).toBeGreaterThanOrEqual(400)
  const empty = {
    vcon: '0.4.0',
    uuid: '0190a000-0000-7000-8000-00000000abce',
    created_at: '2026-03-01T10:00:00Z',
    parties: [],
    dialog: [],
    analysis: [],
    attachments: [],
  }
  expect(((await (await send(JSON.stringify(empty))).json()) as { code: string }).code).toBe('vcon_no_recording')
  const refusedBasis = {
    type: 'lawful_basis',
    encoding: 'json',
    start: '2026-03-01T10:00:00Z',
    party: 0,
    dialog: 0,
    body: {
      lawful_basis: 'consent',
      expiration: null,
      purpose_grants: [{ purpose: 'recording', granted: false, granted_at: '2026-03-01T10:00:00Z' }],
    },
  }
  const dialog = [
    {
      type: 'recording',
      start: new Date().toISOString(),
      parties: [0],
      mediatype: 'audio/x-wav',
      encoding: 'base64url',
      body: muLawWav(1).toString('base64url'),
    },
  ]
  const refused = await send(
    JSON.stringify({ ...empty, parties: [{ name: 'Carla' }], dialog, attachments: [refusedBasis] }),
  )
  expect(((await refused.json()) as { code: string }).code).toBe('policy_refuses')
  expect((await admin.api('GET /calls', { query: {} as never })).items.length).toBe(before)
})

test('a call older than a purpose may last serves only what is left of them', async () => {
  const dialog = (start: string) => [
    {
      type: 'recording',
      start,
      parties: [0],
      mediatype: 'audio/x-wav',
      encoding: 'base64url',
      body: muLawWav(1).toString('base64url'),
    },
  ]
  const vcon = (start: string) => ({
    vcon: '0.4.0',
    uuid: '0190a000-0000-7000-8000-00000000abcf',
    created_at: start,
    parties: [{ name: 'Carla' }],
    dialog: dialog(start),
    analysis: [],
    attachments: [],
  })
  const aYearAgo = await imported(vcon(new Date(Date.now() - 366 * 86_400_000).toISOString()))
  expect((await admin.api('GET /calls/:callId', { params: { callId: aYearAgo } })).decision.purposes).toEqual([
    'evidence',
  ])
  const tenYearsAgo = await send(JSON.stringify(vcon(new Date(Date.now() - 3660 * 86_400_000).toISOString())))
  expect(((await tenYearsAgo.json()) as { code: string }).code).toBe('call_too_old')
})
