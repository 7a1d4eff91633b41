import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../../scripts/build.mjs'
import { embeddingServer } from '../../server/transcripts/meaning/testkit.ts'
import { speechServer } from './speech.ts'

/** Ports of the telephone side are chosen by the system; the sources page tells which. */
const settings = {
  http: { host: '127.0.0.1' },
  protocols: { siprec: { host: '127.0.0.1', udpPort: 0, tcpPort: 0, rtpPorts: [46_000, 46_999] } },
}

/**
 * Builds when needed and starts the real program with a database of its own. Returns what stops it. A program started
 * by hand is used instead when VERBALE_TEST_URL, VERBALE_TEST_TOKEN and VERBALE_TEST_FOLDER name it.
 */
export default async function program(): Promise<() => Promise<void>> {
  if (process.env['VERBALE_TEST_FOLDER']) return async () => undefined
  await build()
  const folder = mkdtempSync(join(tmpdir(), 'verbale-browser-'))
  const data = join(folder, 'data')
  const speech = await speechServer(folder)
  const embeddings = await embeddingServer()
  const servers = [{ engine: 'openai-http', url: speech.url, model: 'script', languages: ['it'] }]
  const meaning = { url: embeddings.url, model: 'concepts' }
  const config = { ...settings, speech: { detector: 'energy', servers, meaning } }
  writeFileSync(join(folder, 'verbale.json'), JSON.stringify(config))
  const main = join(import.meta.dirname, '../../dist/server/main.js')
  const args = [main, 'start', '--data', data, '--port', '0', '--config', join(folder, 'verbale.json')]
  const env = { PATH: process.env['PATH'] ?? '', VERBALE_LOG_LEVEL: 'warn' }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const link = await setupLink(child)
  const { port, hash } = new URL(link)
  // Passkeys need a name, not an address.
  process.env['VERBALE_TEST_URL'] = `http://localhost:${port}`
  process.env['VERBALE_TEST_TOKEN'] = hash.slice(1)
  process.env['VERBALE_TEST_FOLDER'] = folder
  return async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    await speech.close()
    await embeddings.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The one-time link the program prints. Throws with what it said when it ends without one. */
function setupLink(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      const link = /(http\S+\/setup#\S+)/.exec(said)?.[1]
      if (link) resolve(link)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', (code) => reject(new Error(`the program ended with ${code}:\n${said}`)))
  })
}
