import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unpack } from '../../proof/package/testkit/repack.ts'
import { sourceOf } from '../../proof/package/testkit/sample.ts'
import { readTrust, type Verdict, verifyPackage } from '../../proof/verify.ts'
import type { SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import { textOfPdf } from '../../server/platform/testkit/pdf.ts'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { publish, rule } from './policy.ts'
import { addRecording } from './recording.ts'
import { type Client, join_, setUp, startServer, type TestServer } from './server.ts'
import { openSimulator } from './siprec.ts'
import { stepper } from './steps.ts'

let server: TestServer
let admin: Client
let agent: Client
let simulator: SrcSimulator
let run: ReturnType<typeof stepper>
let folder = ''
beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  const joined = await join_(admin, server, {
    name: 'Bruno Agente',
    email: 'bruno@example.test',
    role: 'agent',
    aliases: ['sip:201@pbx.example.test'],
  })
  agent = joined.who
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  simulator = await openSimulator(admin)
  run = stepper({ admin, agent, simulator })
  folder = mkdtempSync(join(tmpdir(), 'verbale-package-'))
})
afterAll(async () => {
  simulator?.close()
  await server?.destroy()
  rmSync(folder, { recursive: true, force: true })
})

type Wish = { segment?: number; masks?: object[]; span?: { fromMs: number; toMs: number } }

const ask = (callId: string, wish: Wish = {}, who = admin): Promise<Response> =>
  who.fetch(`/api/v1/calls/${callId}/package`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'contestazione del contratto', ...wish }),
  })

async function packaged(callId: string, wish: Wish = {}): Promise<Buffer> {
  const response = await ask(callId, wish)
  const bytes = Buffer.from(await response.arrayBuffer())
  if (response.status !== 200) throw new Error(bytes.toString('utf8'))
  return bytes
}

async function verified(bytes: Buffer): Promise<Verdict> {
  const { items } = await admin.api('GET /log')
  const trust = readTrust({ logKeys: items.map(({ vkey }) => vkey), roots: null, newer: null, nowMs: Date.now() })
  return verifyPackage(sourceOf(bytes), trust)
}

type Row = { type: string }
const historyOf = (files: Map<string, Buffer>): string[] =>
  (JSON.parse(files.get('custody.json')!.toString()) as { events: Row[] }).events.map(({ type }) => type)

/** Values of the packets heard on the first channel, and how many samples of each. */
function valuesOf(wav: Buffer, channels: number): Map<number, number> {
  const found = new Map<number, number>()
  for (let at = 44; at + 1 < wav.length; at += 2 * channels) {
    const value = wav.readInt16LE(at)
    found.set(value, (found.get(value) ?? 0) + 1)
  }
  return found
}

test('a call proves itself: as it was sealed, with its pause, and whoever heard it since', async () => {
  await publish(admin, [rule()])
  const { id, detail } = await run([60, 'pause', 20, 'resume', 60])
  await detail()
  const reason = 'verifica del contratto'
  await admin.api('POST /calls/:callId/listen', { params: { callId: id }, body: { purpose: 'evidence', reason } })
  const bytes = await packaged(id)
  expect(await verified(bytes)).toMatchObject({ verdict: 'verified', copy: 'original', level: 'self' })

  writeFileSync(join(folder, 'call.asice'), bytes)
  expect(execFileSync('unzip', ['-t', join(folder, 'call.asice')]).toString()).toContain('No errors')
  const files = await unpack(bytes)
  const history = historyOf(files)
  expect(history[0]).toBe('capture.started')
  expect(history).toEqual(
    expect.arrayContaining(['capture.switched', 'capture.sealed', 'rendition.created', 'access.play', 'access.export']),
  )
  const vcon = JSON.parse(files.get('vcon.json')!.toString()) as {
    dialog: { filename: string; body?: string }[]
    attachments: { purpose: string; body: { lawful_basis: string; expiration: string } }[]
  }
  expect(vcon.dialog).toMatchObject([{ filename: 'recording.wav' }])
  expect(vcon.dialog[0]?.body).toBeUndefined()
  expect(vcon.attachments.map(({ purpose, body }) => [purpose, body.lawful_basis])).toContainEqual([
    'lawful_basis',
    'contract',
  ])
  const policy = JSON.parse(files.get('policy.json')!.toString()) as { version: number; rule: { name: string } }
  expect(policy.rule.name).toBe('Tutte')
  const gaps = JSON.parse(files.get('gaps.json')!.toString()) as { legs: { gaps: { kind: string }[] }[] }
  expect(gaps.legs.every((leg) => leg.gaps.some(({ kind }) => kind === 'paused'))).toBe(true)
  const names = [...files.keys()]
  expect(names).toEqual(expect.arrayContaining(['report-it.pdf', 'report-fr.pdf', 'report-en.pdf', 'README.txt']))
  // purposes have the names that the register gives them
  const { entries } = await admin.api('GET /purposes')
  const name = entries.find(({ key }) => key === 'evidence')!.name
  for (const language of ['it', 'fr', 'en'] as const)
    expect(textOfPdf(files.get(`report-${language}.pdf`)!)).toContain(name[language])
})

test('a masked copy and a part verify as such, and hold nothing else', async () => {
  await publish(admin, [rule()])
  const { id, detail } = await run([100, 100, 100])
  await detail()
  const masked = await packaged(id, { masks: [{ fromMs: 2000, toMs: 4000 }] })
  expect(await verified(masked)).toMatchObject({ verdict: 'verified', copy: 'masked' })
  const whole = (await unpack(await packaged(id))).get('recording.wav')!
  const heard = (await unpack(masked)).get('recording.wav')!
  const between = (wav: Buffer, fromMs: number, toMs: number): Buffer =>
    wav.subarray(44 + fromMs * 8 * 4, 44 + toMs * 8 * 4)
  const isSilent = (sound: Buffer): boolean => sound.every((byte) => byte === 0)
  expect(isSilent(between(whole, 2000, 4000))).toBe(false)
  expect(isSilent(between(heard, 2000, 4000))).toBe(true)
  // whole blocks of 200 ms are silent: what is beyond the next one is as it was
  expect(between(heard, 0, 1800).equals(between(whole, 0, 1800))).toBe(true)
  expect(between(heard, 4200, 1e6).equals(between(whole, 4200, 1e6))).toBe(true)
  expect(heard).toHaveLength(whole.length)

  const part = await packaged(id, { span: { fromMs: 2000, toMs: 4000 } })
  expect(await verified(part)).toMatchObject({ verdict: 'verified', copy: 'part' })
  expect((await unpack(part)).get('recording.wav')!.length).toBe(44 + 2 * 8000 * 2 * 2)
})

test('each contract of a call is a proof of its own, of its window and of nothing else', async () => {
  await publish(admin, [rule({ purposes: ['evidence', 'training'] })])
  const { id, detail } = await run([20, 'contract_start', 60, 'contract_end', 20, 'contract_start', 40, 'contract_end'])
  await detail()
  const parts = await Promise.all([1, 2].map((segment) => packaged(id, { segment })))
  for (const part of parts) expect(await verified(part)).toMatchObject({ verdict: 'verified', copy: 'part' })
  const heard = await Promise.all(parts.map(async (part) => valuesOf((await unpack(part)).get('recording.wav')!, 2)))
  const loud = heard.map((values) => [...values].filter(([value, n]) => value !== 0 && n > 1000))
  // of 1,200 and 800 ms, at most a block of 200 ms is lost at each end, and packets at the edge
  expect(loud.map((values) => values.length)).toEqual([1, 1])
  expect(loud[0]![0]![1]).toBeGreaterThan(0.55 * 60 * 160)
  expect(loud[1]![0]![1]).toBeGreaterThan(0.4 * 40 * 160)
  expect(loud[0]![0]![0]).not.toBe(loud[1]![0]![0])
  await packaged(id, { segment: 2, masks: [{ fromMs: 0, toMs: 100 }] })
  const { items } = await admin.api('GET /calls/:callId/accesses', { params: { callId: id }, query: {} })
  expect(items.map(({ segment, redaction }) => `${segment} ${redaction}`).toSorted()).toEqual([
    '1 window',
    '2 silenced',
    '2 window',
  ])
})

test('an uploaded file proves itself too; what has lapsed, what may not be asked and what was not said is refused', async () => {
  await publish(admin, [rule()])
  const facts = { direction: 'inbound', consent: 'yes', customer: { address: '+39 333 4445556' } }
  const callId = await addRecording(admin, facts, 3)
  const bytes = await packaged(callId)
  expect(await verified(bytes)).toMatchObject({ verdict: 'verified', copy: 'original' })
  const files = await unpack(bytes)
  expect(historyOf(files)[0]).toBe('upload.received')
  const consent = JSON.parse(files.get('consent.json')!.toString()) as {
    records: { value: string }[]
    dpv: Record<string, unknown>[]
  }
  expect(consent.records.map(({ value }) => value)).toEqual(['yes'])
  expect(consent.dpv[0]).toMatchObject({ '@type': 'dpv:ConsentRecord' })

  const problemOf = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as object) })
  expect(await problemOf(await ask(callId, { masks: [{ fromMs: 0, toMs: 60_000 }] }))).toMatchObject({
    status: 400,
    code: 'package_empty',
  })
  expect(await problemOf(await ask(callId, {}, agent))).toMatchObject({ status: 403 })
  await admin.api('POST /calls/:callId/terms/end', {
    params: { callId },
    body: { purpose: 'evidence', segment: 0, why: 'conferma scritta ricevuta' },
  })
  expect(await problemOf(await ask(callId))).toMatchObject({ status: 410, code: 'purpose_not_held' })
})
