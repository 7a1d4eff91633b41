import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type EmbeddingServer = {
  url: string
  /** Every text that came. */
  received: string[]
  /** The next requests are answered with these, in order. */
  next: { status: number; body: string }[]
  close(): Promise<void>
}

/** Words that mean the same, in three languages; a direction for each line. */
const concepts = [
  ['disdire', 'disdetta', 'rescindere', 'lasciarvi', 'résilier', 'cancel'],
  ['rimborso', 'soldi', 'indietro', 'remboursement', 'refund'],
  ['guasto', 'funziona', 'rotto', 'panne', 'broken'],
  ['contratto', 'abbonamento', 'contrat', 'contract', 'subscription'],
  ['fattura', 'bolletta', 'facture', 'bill'],
  ['buongiorno', 'bonjour', 'hello'],
  ['ringrazio', 'grazie', 'merci', 'thanks'],
]

/** The direction of what a text speaks of; what is none of the concepts is a direction of its own. */
const vectorOf = (text: string): number[] => {
  const words = text.toLowerCase().split(/[^\p{L}]+/u)
  const known = concepts.map((meaning) => words.filter((word) => meaning.includes(word)).length || -0.1)
  return [...known, known.every((n) => n < 0) ? 1 : -0.1]
}

/** A server with OpenAI's route of embeddings, on this machine, that knows a few words. */
export async function embeddingServer(): Promise<EmbeddingServer> {
  const kept: EmbeddingServer = { url: '', received: [], next: [], close }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { input } = JSON.parse(Buffer.concat(parts).toString('utf8')) as { input: string[] }
      kept.received.push(...input)
      const data = input.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) }))
      // servers may answer in any order
      const { status, body } = kept.next.shift() ?? { status: 200, body: JSON.stringify({ data: data.toReversed() }) }
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
  })
  async function close(): Promise<void> {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  kept.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/embeddings`
  return kept
}
