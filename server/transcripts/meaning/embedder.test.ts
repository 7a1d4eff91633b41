import { afterAll, beforeAll, expect, it } from 'vitest'
import { openEmbedder } from './embedder.ts'
import { type EmbeddingServer, embeddingServer } from './testkit.ts'

let server: EmbeddingServer
beforeAll(async () => {
  server = await embeddingServer()
})
afterAll(() => server.close())

const signal = new AbortController().signal
const embed = (texts: string[], more: { url?: string; timeoutSeconds?: number } = {}) =>
  openEmbedder({ url: server.url, model: 'm', timeoutSeconds: 5, batch: 8, ...more }).embed(texts, signal, {
    waitMs: 1,
  })

it('gives each text its vector, in whatever order they come', async () => {
  const [bill, thanks] = await embed(['la bolletta', 'grazie mille'])
  expect(bill?.indexOf(1)).toBe(4)
  expect(thanks?.indexOf(1)).toBe(6)
})

it('asks again where the server is overloaded', async () => {
  server.next = [{ status: 503, body: '' }]
  expect(await embed(['la bolletta'])).toHaveLength(1)
})

const vector = (length: number): number[] => Array.from({ length }, () => 1)
it.each([
  ['no JSON', 'hello'],
  ['no vectors', '{"data":[]}'],
  ['too few', JSON.stringify({ data: [{ index: 0, embedding: vector(8) }] })],
  ['one twice', JSON.stringify({ data: [0, 0].map((index) => ({ index, embedding: vector(8) })) })],
  ['a place there is not', JSON.stringify({ data: [0, 7].map((index) => ({ index, embedding: vector(8) })) })],
  ['of two lengths', JSON.stringify({ data: [8, 9].map((length) => ({ embedding: vector(length) })) })],
  ['text for numbers', '{"data":[{"embedding":"AAAA"},{"embedding":"AAAA"}]}'],
])('does not believe an answer with %s', async (_, body) => {
  server.next = [{ status: 200, body }]
  await expect(embed(['uno', 'due'])).rejects.toMatchObject({ code: 'engine_answer_unreadable' })
})

it('says what is wrong, and never what was said', async () => {
  server.next = [{ status: 400, body: 'bad model' }]
  await expect(embed(['il segreto'])).rejects.toMatchObject({ code: 'meaning_refused' })
  server.next = [{ status: 401, body: '' }]
  await expect(embed(['il segreto'])).rejects.toMatchObject({ code: 'engine_rejected' })
  const gone = embed(['il segreto'], { url: 'http://127.0.0.1:9/v1/embeddings' })
  await expect(gone).rejects.toMatchObject({
    code: 'engine_unreachable',
    message: expect.not.stringContaining('segreto'),
  })
})
