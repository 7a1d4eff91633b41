import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallDetail } from '../../contract/models/calls.ts'
import { type Client, client, setUp } from '../journeys/server.ts'
import { siprecPort } from '../journeys/siprec.ts'
import {
  dataFolder,
  processesIn,
  type Program,
  removeFolder,
  runProgram,
  startProgram,
  watchMachine,
} from './kit/program.ts'
import { type Heard, listen, recordEverything, seeded, Talk, until, upTo } from './kit/talk.ts'

const rounds = Number(process.env['KILL_ROUNDS'] ?? 20)
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)
/** What a kill may take, ms (issue: "at most the last second"). */
const promiseMs = 1000

let dataDir = ''
let program: Program
let admin: Client

beforeAll(async () => {
  dataDir = dataFolder('verbale-kill-')
  program = await startProgram(dataDir)
  admin = await setUp({ url: program.url, running: { firstAdministratorLink: program.setupLink } } as never)
  await recordEverything(admin)
}, 120_000)

afterAll(async () => {
  program?.process.kill('SIGKILL')
  await program?.exited
  await until('the database to end', () => processesIn(dataDir).length === 0).catch(() => undefined)
  removeFolder(dataDir)
})

/** The same person after a restart: the cookie is still good. */
function again(from: Client, url: string): Client {
  const who = client(url)
  who.cookie = from.cookie
  return who
}

type Killed = { round: number; afterBye: boolean; talk: Talk; killedAt: number; stallMs: number; known: Set<string> }

async function callAndKill(round: number, random: () => number): Promise<Killed> {
  const known = new Set((await admin.api('GET /calls', { query: { limit: '100' } as never })).items.map((c) => c.id))
  const transport = round % 2 === 0 ? 'tcp' : 'udp'
  const port = await siprecPort(admin, transport)
  const machine = watchMachine(dataDir)
  const talk = await Talk.begin(port, { transport })
  // Some in the call's first moments, when its rows are there and its audio is not yet.
  await sleep(round % 4 === 1 ? 20 + random() * 280 : 300 + random() * 2700)
  const afterBye = round % 3 === 2
  if (afterBye) {
    await talk.bye()
    await sleep(random() ** 2 * 400)
  }
  program.process.kill('SIGKILL')
  const killedAt = performance.now()
  talk.drop()
  await program.exited
  machine.stop()
  return { round, afterBye, talk, killedAt, stallMs: machine.worst(), known }
}

/** Frames sent before the kill and not there; the last of them all. */
function lossOf(killed: Killed, heard: Heard | undefined): { frames: number; ms: number } {
  const { talk, killedAt } = killed
  const sent = talk.sentAt.filter((at) => at <= killedAt).length
  const kept = heard?.frames.length ?? 0
  return {
    frames: sent - kept,
    ms: kept >= sent ? 0 : (afterLast(killed) ?? killedAt) - (talk.sentAt[kept] ?? killedAt),
  }
}

/** After a BYE nothing is sent any more: time counts from the hang-up's last frame. */
const afterLast = ({ afterBye, talk }: Killed): number | undefined =>
  afterBye ? (talk.sentAt.at(-1) ?? 0) + 20 : undefined

async function settled(callId: string): Promise<CallDetail> {
  return until('the renditions of the killed call', async () => {
    const detail = await admin.api('GET /calls/:callId', { params: { callId } })
    return detail.renditions.length === 3 && detail.renditions.every((r) => r.state === 'sealed') && detail
  })
}

/** What the round before left behind, seen after the new start. Returns the worst loss, ms, and how the call was closed. */
async function judge(killed: Killed): Promise<{ ms: number; closed: string }> {
  const { afterBye, talk, stallMs, known } = killed
  const { items } = await admin.api('GET /calls', { query: { limit: '100' } as never })
  const fresh = items.filter((c) => !known.has(c.id))
  expect(fresh.length).toBeLessThanOrEqual(1)
  expect(items.filter((c) => c.state === 'live' || c.state === 'sealing' || c.state === 'failed')).toEqual([])
  expect((await admin.api('GET /live/calls')).items).toEqual([])
  const call = fresh[0]
  if (!call) {
    // Killed before the call's first row was durable: all of it lies within the last second.
    const { ms } = lossOf(killed, undefined)
    expect(ms).toBeLessThanOrEqual(promiseMs + stallMs)
    return { ms, closed: 'never begun' }
  }
  const detail = await settled(call.id)
  expect(detail.state).toBe('sealed')
  if (!afterBye) expect(detail.ending).toBe('interrupted')
  else expect(['hangup', 'interrupted']).toContain(detail.ending)
  const worst = await Promise.all(
    (['evidence', 'training'] as const).map((purpose) => judgeAudio(killed, detail, purpose)),
  )
  expect(talk.sent).toBeGreaterThan(0)
  return { ms: Math.max(...worst), closed: detail.ending ?? '' }
}

async function judgeAudio(killed: Killed, detail: CallDetail, purpose: 'evidence' | 'training'): Promise<number> {
  const { legs } = await listen(admin, detail.id, purpose)
  let worst = 0
  for (const leg of [0, 1]) {
    const heard = legs.get(leg)
    // A prefix in time of what was sent: every frame from the first on, in order, none twice, nothing else.
    expect(heard?.frames ?? []).toEqual(upTo(heard?.frames.length ?? 0))
    expect(heard?.strays ?? 0).toBe(0)
    const loss = lossOf(killed, heard)
    const gap = detail.gaps.find((g) => g.leg === leg && g.kind === 'interrupted')
    if (loss.frames > 0) expect(gap, `leg ${leg} lacks ${loss.frames} frames and nothing says so`).toBeDefined()
    if (detail.ending === 'interrupted') expect(gap, `the interruption of leg ${leg} is not marked`).toBeDefined()
    expect(
      loss.ms,
      `round ${killed.round} lost ${loss.ms} ms while the machine stalled ${killed.stallMs} ms`,
    ).toBeLessThanOrEqual(promiseMs + killed.stallMs)
    worst = Math.max(worst, loss.ms)
  }
  return worst
}

test(`kill -9 in ${rounds} calls, seed ${seed}: each is closed, playable and lacks at most its last second`, async () => {
  const random = seeded(seed)
  const losses: string[] = []
  for (let round = 0; round < rounds; round++) {
    const killed = await callAndKill(round, random)
    if (round === 0) await until('the database of the killed program to end', () => processesIn(dataDir).length === 0)
    program = await startProgram(dataDir)
    admin = again(admin, program.url)
    const { ms, closed } = await judge(killed).catch((e: unknown) => {
      process.stdout.write(program.output())
      throw e
    })
    losses.push(
      `${killed.afterBye ? 'after BYE' : 'in call'} ${closed} ${Math.round(ms)} ms (stall ${Math.round(killed.stallMs)})`,
    )
  }
  process.stdout.write(`kill -9, seed ${seed}:\n  ${losses.join('\n  ')}\n`)
  program.process.kill('SIGTERM')
  await program.exited
  expect(processesIn(dataDir)).toEqual([])
  const doctor = runProgram('doctor', dataDir)
  expect(doctor.output).not.toMatch(/^error/m)
  expect(doctor.status).toBe(0)
  expect(processesIn(dataDir)).toEqual([])
}, 600_000)
