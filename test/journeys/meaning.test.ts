import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../server/config.ts'
import { type EmbeddingServer, embeddingServer } from '../../server/transcripts/meaning/testkit.ts'
import { scripted } from '../../server/transcripts/testkit/script.ts'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { publish, rule } from './policy.ts'
import { addRecording } from './recording.ts'
import { type Client, join_, setUp, startServer, type TestServer } from './server.ts'
import { soundsWav } from './wav.ts'

const script: string[] = []
let embeddings: EmbeddingServer
let server: TestServer
let admin: Client
let analyst: Client
beforeAll(async () => {
  embeddings = await embeddingServer()
  const { speech } = loadConfig()
  const meaning = { url: embeddings.url, model: 'small', timeoutSeconds: 5, batch: 8 }
  server = await startServer({ engines: scripted(script), config: { speech: { ...speech, meaning } } })
  admin = await setUp(server)
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  await publish(admin, [rule({ purposes: ['evidence', 'analytics'] })])
  analyst = (await join_(admin, server, { name: 'Anna', email: 'anna@example.test', role: 'analyst' })).who
})
afterAll(async () => {
  await server?.destroy()
  await embeddings?.close()
})

/** A call in which the agent says one thing and the customer answers. */
async function said(agent: string, customer: string): Promise<string> {
  script.splice(0, script.length, agent, customer)
  const facts = { direction: 'inbound', agentLane: 0, queue: 'Vendite', customer: { address: '+39 333 4445556' } }
  return addRecording(admin, facts, soundsWav(12, { left: [1], right: [6] }))
}
const meaning = async () => (await admin.api('GET /speech/engines')).meaning
const find = (text: string) =>
  analyst.api('POST /transcripts/search', { body: { purpose: 'analytics', by: 'meaning', text, limit: 50 } })
async function until(what: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) if (await what()) return
  throw new Error('it did not happen')
}

test('what means the same is found in other words, the query redacted on its way; every look is in the records', async () => {
  expect(await analyst.api('GET /transcripts/search')).toEqual({ by: ['words', 'meaning'] })
  const callId = await said(
    'buongiorno mi dica pure',
    'voglio rescindere, mi chiamo Carla Neri, carta 4111 1111 1111 1111',
  )
  await until(async () => (await meaning())?.read === 1)
  expect(await meaning()).toMatchObject({ model: 'small', read: 1, all: 1, failure: null })
  const { items, next } = await find('disdire, sono Carla Neri e la mia carta è 4111 1111 1111 1111')
  expect(items[0]).toMatchObject({ callId, role: 'customer', index: 1 })
  expect(next).toBeNull()
  const sent = embeddings.received.join('\n')
  expect(sent).toContain('rescindere')
  expect(sent).toContain('disdire')
  for (const secret of ['4111', 'Carla', 'Neri']) expect(sent).not.toContain(secret)
  const { items: accesses } = await admin.api('GET /calls/:callId/accesses', { params: { callId }, query: {} })
  expect(accesses.map(({ action, purpose }) => [action, purpose])).toContainEqual(['view', 'analytics'])
  await expect(
    admin.api('POST /transcripts/search', {
      body: { purpose: 'analytics', by: 'meaning', text: 'disdire', limit: 50 },
    }),
  ).rejects.toMatchObject({ code: 'purpose_not_allowed' })
})

test('a server that is gone is told with the reason; calls are read when it is back', async () => {
  embeddings.next = [
    { status: 401, body: '' },
    { status: 401, body: '' },
  ]
  await said('buongiorno mi dica pure', 'il telefono non funziona più')
  await until(async () => (await meaning())?.failure === 'engine_rejected')
  await expect(find('un guasto')).rejects.toMatchObject({ code: 'engine_rejected' })
  // the next call wakes the reader, as does the next try by itself
  const third = await said('buongiorno mi dica pure', 'vorrei un rimborso della bolletta')
  await until(async () => (await meaning())?.read === 3)
  expect(await meaning()).toMatchObject({ all: 3, failure: null })
  expect((await find('soldi indietro')).items[0]).toMatchObject({ callId: third })
})

test('without a server of embeddings the search is by words alone, and says so', async () => {
  const plain = await startServer({ engines: scripted([]) })
  try {
    const who = await setUp(plain)
    expect(await who.api('GET /transcripts/search')).toEqual({ by: ['words'] })
    expect((await who.api('GET /speech/engines')).meaning).toBeNull()
    await expect(
      who.api('POST /transcripts/search', { body: { purpose: 'analytics', by: 'meaning', text: 'x', limit: 50 } }),
    ).rejects.toMatchObject({ code: 'meaning_not_set_up' })
  } finally {
    await plain.destroy()
  }
})
