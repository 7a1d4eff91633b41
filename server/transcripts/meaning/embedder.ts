import { z } from 'zod'
import { isProblem, Problem } from '../../platform/problem.ts'
import { ask, type Patience } from '../engines/openai/ask.ts'
import { unreadable } from '../engines/problems.ts'
import type { MeaningSettings } from './settings.ts'

/** Says what texts mean. */
export type Embedder = {
  model: string
  /** Where it is, for the page. */
  host: string
  /**
   * A vector for each text, all of one length.
   * @throws Problem: `engine_*`, `meaning_refused`; the signal's reason when aborted
   */
  embed(texts: readonly string[], signal: AbortSignal, patience?: Partial<Patience>): Promise<number[][]>
}

/** Vectors of known models have 256 to 4096 numbers. */
const vector = z.array(z.number()).min(8).max(8192)
const answer = z.object({ data: z.array(z.object({ index: z.int().min(0).optional(), embedding: vector })) })

/** A server with OpenAI's `POST /v1/embeddings`: llama.cpp, Ollama, vLLM, TEI and others. */
export function openEmbedder({ url, model, key, timeoutSeconds }: MeaningSettings): Embedder {
  const { host } = new URL(url)
  const where = `The embedding server ${host}`
  const server = { url, where, timeoutMs: timeoutSeconds * 1000, ...(key !== undefined && { key }) }
  return {
    model,
    host,
    async embed(texts, signal, patience = {}) {
      const body = (): object => ({ model, input: texts, encoding_format: 'float' })
      const text = await ask({ ...server, ...patience }, { body, signal }).catch((e: unknown) => {
        if (isProblem(e) && e.code === 'engine_job_refused')
          throw new Problem('meaning_refused', 502, `${where} refuses the texts. Check the name of the model.`)
        throw e
      })
      return read(text, texts.length, where)
    },
  }
}

function read(text: string, count: number, where: string): number[][] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw unreadable(where, 'no JSON')
  }
  const { data, error } = answer.safeParse(json)
  if (!data) throw unreadable(where, `${error.issues[0]?.path.join('.') ?? ''} ${error.issues[0]?.message ?? ''}`)
  const vectors: number[][] = []
  for (const [i, { index = i, embedding }] of data.data.entries()) vectors[index] = embedding
  const [first] = vectors
  if (vectors.length !== count || Object.keys(vectors).length !== count)
    throw unreadable(where, `${data.data.length} vectors for ${count} texts`)
  if (vectors.some(({ length }) => length !== first?.length)) throw unreadable(where, 'vectors of different lengths')
  return vectors
}
