import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TranscriptionServer, transcriptionServer } from '../../server/transcripts/engines/testkit/http-server.ts'

const scriptOf = (folder: string): string => join(folder, 'said.json')

/** A speech server that takes each segment of speech for the next sentence of a file, and for nothing when there is none. */
export function speechServer(folder: string): Promise<TranscriptionServer> {
  writeFileSync(scriptOf(folder), '[]')
  return transcriptionServer(() => {
    const [text = '', ...rest] = JSON.parse(readFileSync(scriptOf(folder), 'utf8')) as string[]
    writeFileSync(scriptOf(folder), JSON.stringify(rest))
    return { json: { text } }
  })
}

/** What the next segments of speech say, in the order in which they are heard: one lane after the other. */
export const nextSaid = (sentences: string[]): void =>
  writeFileSync(scriptOf(process.env['VERBALE_TEST_FOLDER'] ?? ''), JSON.stringify(sentences))
