import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { organisation } from '../server/retention/testkit/governance.ts'
import { transcriptionServer } from '../server/transcripts/engines/testkit/http-server.ts'
import { publish, rule } from '../test/journeys/policy.ts'
import { sendRecording } from '../test/journeys/recording.ts'
import { type Client, join_, type TestServer } from '../test/journeys/server.ts'
import { soundsWav } from '../test/journeys/wav.ts'
import { memoryOf } from './kit/proc.ts'
import { dataFolder, prepare, type Program, startProgram } from './kit/program.ts'
import type { Finding } from './report.ts'

const card = 'la carta è quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno'
/** A card number in so many sentences. */
const oneIn = 50

/** A file of many hours, somebody speaking three seconds in five: until it is written down and what must not be in it is destroyed. */
export async function benchLong({ quick }: { quick: boolean }): Promise<Finding> {
  const rows: (string | number)[][] = []
  for (const hours of quick ? [0.05] : [1, 6]) rows.push(await measure(hours))
  return {
    table: {
      columns: [
        'hours',
        'file MB',
        'a call after s',
        'written down after s',
        'turns',
        'card numbers',
        'destroyed',
        'read in ms',
        'memory at most, MB',
      ],
      rows,
    },
    notes: [
      'The engine is a server on the same machine that answers at once; speech is told by loudness. Written down: redacted, searchable, and the card numbers destroyed in the master and two renditions under new keys.',
      'Memory: resident, of the program without its database.',
    ],
  }
}

async function measure(hours: number): Promise<(string | number)[]> {
  let said = 0
  const engine = await transcriptionServer(() => {
    const text = ++said % oneIn === 0 ? card : `frase numero ${said} vorrei sapere della fattura`
    return { json: { text } }
  })
  const folder = dataFolder()
  const servers = [{ engine: 'openai-http', url: engine.url, model: 'instant', languages: ['it'] }]
  const file = join(folder.dataDir, 'verbale.json')
  const settings = JSON.parse(readFileSync(file, 'utf8')) as object
  const speech = { detector: 'energy', servers, queues: { Lunga: 'it' } }
  writeFileSync(file, JSON.stringify({ ...settings, speech }))
  try {
    const program = await startProgram(folder.dataDir)
    try {
      return [hours, ...(await live(program, hours * 3600))]
    } finally {
      await program.stop()
    }
  } finally {
    await engine.close()
    folder.remove()
  }
}

async function live(program: Program, seconds: number): Promise<(string | number)[]> {
  const admin = await prepare(program)
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  await publish(admin, [rule({ purposes: ['evidence', 'analytics', 'training'] })])
  const running = { firstAdministratorLink: program.setupLink }
  const server = { url: program.url, running } as TestServer
  const analyst = await join_(admin, server, { name: 'Anna', email: 'anna@example.test', role: 'analyst' })
  const audio = soundsWav(seconds, { left: spoken(seconds, 0), right: spoken(seconds, 5) })
  let most = 0
  const look = setInterval(() => (most = Math.max(most, memoryOf(program.pid) * 1.048_576)), 200)
  const began = performance.now()
  const since = (): number => (performance.now() - began) / 1000
  const facts = {
    direction: 'inbound',
    consent: 'yes',
    agentLane: 0,
    queue: 'Lunga',
    customer: { address: '+39 02 1234567' },
  }
  const callId = await becomesCall(admin, await sendRecording(admin, facts, audio))
  const decoded = since()
  for (let state = ''; state !== 'done'; await sleep(200)) {
    const told = await admin.api('GET /calls/:callId/transcript', { params: { callId } })
    if (told.state === 'failed' || told.reason === 'no_engine') throw new Error(told.reason ?? 'it failed')
    state = told.state
  }
  const written = since()
  clearInterval(look)
  const asked = performance.now()
  const body = { purpose: 'analytics', reason: '' }
  const { turns } = await analyst.who.api('POST /calls/:callId/transcript', { params: { callId }, body })
  const readMs = performance.now() - asked
  const { gaps } = await admin.api('GET /calls/:callId', { params: { callId } })
  const cards = turns.filter(({ marks }) => marks.some(({ type }) => type === 'CARD')).length
  const destroyed = gaps.filter(({ kind }) => kind === 'sensitive').length
  return [audio.length / 1e6, decoded, written, turns.length, cards, destroyed, readMs, most]
}

async function becomesCall(admin: Client, uploadId: string): Promise<string> {
  for (;;) {
    const { callId, problem } = await admin.api('GET /uploads/:uploadId', { params: { uploadId } })
    if (problem) throw new Error(JSON.stringify(problem))
    if (callId) return callId
    await sleep(100)
  }
}

/** The seconds in which somebody speaks: three in ten. */
const spoken = (seconds: number, offset: number): number[] =>
  Array.from({ length: Math.floor(seconds / 10) }, (_, i) => [0, 1, 2].map((n) => i * 10 + offset + n)).flat()
