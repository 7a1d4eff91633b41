import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createBlockTree, disclose, wholeLane } from '../../../proof/package/blocks.ts'
import { flip, unpack } from '../../../proof/package/testkit/repack.ts'
import { collect, sourceOf } from '../../../proof/package/testkit/sample.ts'
import { readTrust, verifyPackage } from '../../../proof/verify.ts'
import { silentLog } from '../../platform/log.ts'
import { Problem } from '../../platform/problem.ts'
import { textOfPdf } from '../../platform/testkit/pdf.ts'
import type { Box } from '../../vault/index.ts'
import type { EvidenceEvent } from '../event-types.ts'
import type { Evidence } from '../index.ts'
import { createAuthority, createStamps, type Stamps, type StampTables } from '../stamps/index.ts'
import { type AuthorityServer, startAuthority } from '../testkit/authority.ts'
import { type EvidenceHouse, evidenceHouse, plainBox } from '../testkit/room.ts'
import { type CopyWish, type LaneSource, packageCall, type PackagedCall, type PackagePorts } from './index.ts'
import { reportWords } from './report.ts'
import { sealWithLogKey } from './seal.ts'

const callId = '0192f3a0-0000-7000-8000-000000000001'
const rate = 200
let house: EvidenceHouse
let authority: AuthorityServer
let evidence: Evidence
let stamps: Stamps
let folder = ''

beforeAll(async () => {
  house = await evidenceHouse()
  authority = await startAuthority({ now: () => house.clock.now(), intermediates: 1 })
  folder = mkdtempSync(join(tmpdir(), 'verbale-package-'))
})
afterAll(async () => {
  await authority.stop()
  await house.close()
  rmSync(folder, { recursive: true })
})
beforeEach(async () => {
  await house.db.deleteFrom('checkpoint_stamp' as never).execute()
  await house.clear()
  evidence = house.open()
  await evidence.start()
  stamps = stampsWith({ url: authority.url, anchors: authority.rootPem, timeoutMs: 2000 })
})

const stampsWith = (settings: Parameters<typeof createAuthority>[0] | null): Stamps =>
  createStamps({
    db: house.db as unknown as Kysely<StampTables>,
    events: evidence,
    authority: settings && createAuthority(settings, house),
    qualified: false,
    clock: house.clock,
    log: silentLog,
  })

type TestLane = LaneSource & { audio: Buffer; root: string; seed: Buffer; leaves: Buffer[] }

/** A lane of noise: `open` gives it in pieces of odd sizes. */
function laneOf(lane: number, samples: number): TestLane {
  const audio = randomBytes(samples * 2)
  const seed = randomBytes(32)
  const tree = createBlockTree(seed, rate)
  tree.update(audio)
  async function* open(from: number): AsyncGenerator<Buffer> {
    for (let at = from * 2; at < audio.length; at += 301) yield audio.subarray(at, at + 301)
  }
  const { leaves, root } = tree.finish()
  const shape = { rate, samples, blockSamples: rate, parts: wholeLane(seed, leaves.length) }
  return {
    lane,
    role: lane === 0 ? 'agent' : 'customer',
    ...shape,
    seed,
    leaves,
    audio,
    root: root.toString('base64'),
    open,
  }
}

async function append(event: Omit<EvidenceEvent, 'callId'>): Promise<void> {
  house.clock.advance(1000)
  await house.db.transaction().execute((tx) => evidence.append(tx, { callId, ...event }, null))
}

/** A call of 7.5 and 5 seconds, sealed and in the log. */
async function makeCall(): Promise<PackagedCall & { lanes: TestLane[] }> {
  const lanes = [laneOf(0, 7.5 * rate), laneOf(1, 5 * rate)]
  const startedAt = house.clock.now()
  const gap = { kind: 'paused', fromMs: 1000, toMs: 2500, provable: true, missing: null }
  await append({ type: 'capture.started', data: { protocol: 'siprec', policyVersion: 3 } })
  await append({
    type: 'capture.sealed',
    data: {
      legs: lanes.map(({ lane }) => ({ index: lane, gaps: lane === 0 ? [gap] : [] })),
      audio: {
        lanes: lanes.map(({ lane, samples, blockSamples, root }) => ({ lane, rate, samples, blockSamples, root })),
      },
    },
  })
  await evidence.drain()
  return {
    callId,
    protocol: 'siprec',
    startedAt,
    endedAt: house.clock.now(),
    purposes: [{ it: 'prova', fr: 'preuve', en: 'evidence' }],
    policyVersion: '3',
    lanes,
    documents: {
      vcon: Buffer.from('{"vcon":"0.4.0"}'),
      policy: Buffer.from('{"version":3}'),
      consent: Buffer.from('{"given":true}'),
    },
    events: [],
  }
}

const box: Box = plainBox

/** The call's events as the card's key would open them. */
async function openings(): Promise<PackagedCall['events']> {
  const rows = await house.db.selectFrom('evidence_event').selectAll().orderBy('created_at').orderBy('id').execute()
  return rows
    .map(({ id, opening }) => ({ id, plain: box.open('evidence', opening) }))
    .map(({ id, plain }) => ({ id, salt: plain.subarray(0, 32), event: plain.subarray(32) }))
    .filter(({ event }) => (JSON.parse(event.toString()) as EvidenceEvent).callId === callId)
}

const ports = (): PackagePorts => ({
  prove: (id, size) => evidence.proofOf(id, size),
  stamps,
  seal: (text) => sealWithLogKey(house.db, box, text),
})

const build = async (call: PackagedCall, wish?: CopyWish): Promise<Buffer> =>
  collect(packageCall(ports(), { ...call, events: await openings() }, wish))

const verify = async (bytes: Buffer) =>
  verifyPackage(
    sourceOf(bytes),
    readTrust({ logKeys: [await evidence.vkey()], roots: authority.rootPem, newer: null, nowMs: house.clock.now() }),
  )

describe('a package from the room', () => {
  test('is verified: stamped soon after the call, with what happened since', async () => {
    const call = await makeCall()
    await stamps.turn()
    const soon = house.clock.now()
    house.clock.advance(30 * 86_400_000)
    await append({ type: 'access.play', data: {} })
    await evidence.drain()
    const bytes = await build(call)
    const verdict = await verify(bytes)
    expect(verdict.checks.filter((c) => c.outcome === 'failed')).toEqual([])
    expect(verdict).toMatchObject({ verdict: 'verified', copy: 'original', level: 'tsa' })
    const stamp = verdict.checks.find((c) => c.id === 'checkpoint_stamp')
    expect(stamp?.params['time']).toBe(new Date(soon).toISOString())
    const files = await unpack(bytes)
    expect([...files.keys()].filter((name) => name.startsWith('checkpoint'))).toEqual([
      'checkpoint.txt',
      'checkpoint.tst',
      'checkpoint-2.txt',
    ])
    expect(JSON.parse(files.get('gaps.json')!.toString())).toMatchObject({
      legs: [{ index: 0 }, { index: 1, gaps: [] }],
    })
    expect(files.get('recording.wav')!.length).toBe(44 + 7.5 * rate * 4)
  })

  test('without an authority, or one that does not answer now, is verified all the same', async () => {
    const call = await makeCall()
    await stamps.turn()
    authority.behave('error-500')
    const later = await verify(await build(call))
    authority.behave('good')
    expect(later).toMatchObject({ verdict: 'verified', level: 'tsa' })
    expect(later.checks.find((c) => c.id === 'manifest_stamp')).toMatchObject({
      outcome: 'not_checked',
      reason: 'no_stamp',
    })
    await house.db.deleteFrom('checkpoint_stamp' as never).execute()
    stamps = stampsWith(null)
    expect(await verify(await build(call))).toMatchObject({ verdict: 'verified', level: 'self' })
  })

  test('may be masked, on one lane or on all, or be a part', async () => {
    const call = await makeCall()
    const one = await build(call, { masks: [{ lane: 1, fromMs: 1500, toMs: 2100 }] })
    expect(await verify(one)).toMatchObject({ verdict: 'verified', copy: 'masked' })
    const recording = (await unpack(one)).get('recording.wav')!.subarray(44)
    const [agent, customer] = [0, 1].map((channel) =>
      Buffer.concat(
        Array.from({ length: recording.length / 4 }, (_, i) =>
          recording.subarray(i * 4 + channel * 2, i * 4 + channel * 2 + 2),
        ),
      ),
    )
    expect(agent).toEqual(call.lanes[0]!.audio)
    const silenced = Buffer.from(call.lanes[1]!.audio).fill(0, rate * 2, rate * 6)
    expect(customer!.subarray(0, silenced.length)).toEqual(silenced)
    const part = await verify(await build(call, { span: { fromMs: 900, toMs: 6100 } }))
    expect(part).toMatchObject({ verdict: 'verified', copy: 'part' })
    expect(part.checks.find((c) => c.id === 'audio')?.params).toMatchObject({ heard: 9, total: 12.5 })
    const end = await verify(await build(call, { span: { fromMs: 6000, toMs: 9000 } }))
    expect(end).toMatchObject({ verdict: 'verified', copy: 'part' })
    const alone = await verify(await build({ ...call, lanes: call.lanes.slice(1) }))
    expect(alone).toMatchObject({ verdict: 'verified', copy: 'part' })
  })

  test('of a window of which alone the audio was kept, is verified as a part, and can be masked further', async () => {
    const call = await makeCall()
    const window = (lane: TestLane): LaneSource => {
      const kept = Buffer.alloc(lane.audio.length)
      lane.audio.copy(kept, rate * 4, rate * 4, rate * 8)
      const parts = disclose(lane.seed, lane.leaves, (block) => block >= 2 && block < 4)
      return { ...lane, parts, open: (from) => sourced(kept.subarray(from * 2)) }
    }
    const lanes = call.lanes.map(window)
    const part = await verify(await build({ ...call, lanes }))
    expect(part).toMatchObject({ verdict: 'verified', copy: 'part' })
    expect(part.checks.find((c) => c.id === 'audio')?.params).toMatchObject({ heard: 4, total: 12.5 })
    const masked = await build({ ...call, lanes }, { masks: [{ lane: 0, fromMs: 3000, toMs: 3100 }] })
    expect(await verify(masked)).toMatchObject({ verdict: 'verified', copy: 'masked' })
    expect((await unpack(masked)).get('recording.wav')!.length).toBe(44 + 2 * rate * 4)
  })

  test('is not made when it could not be verified', async () => {
    const call = await makeCall()
    const [first, second] = call.lanes as [TestLane, TestLane]
    const { audio } = laneOf(0, first.samples)
    const other = { ...first, open: () => sourced(audio) }
    await expect(build({ ...call, lanes: [other, second] })).rejects.toMatchObject({ code: 'package_audio_differs' })
    await expect(build(call, { span: { fromMs: 100, toMs: 900 } })).rejects.toMatchObject({ code: 'package_empty' })
    const events = (await openings()).slice(0, 1)
    await expect(collect(packageCall(ports(), { ...call, events }))).rejects.toMatchObject({
      code: 'package_not_sealed',
    })
    const prove = () => Promise.reject(new Problem('event_not_logged', 409, 'not yet'))
    const all = { ...call, events: await openings() }
    await expect(collect(packageCall({ ...ports(), prove }, all))).rejects.toMatchObject({ code: 'event_not_logged' })
  })

  test('leaves out what the log does not hold yet', async () => {
    const call = await makeCall()
    const count = async () => {
      const custody = (await unpack(await build(call))).get('custody.json')!.toString()
      return (JSON.parse(custody) as { events: unknown[] }).events.length
    }
    const before = await count()
    await append({ type: 'access.export', data: {} })
    expect(await count()).toBe(before)
    await evidence.drain()
    expect(await count()).toBe(before + 1)
  })

  test('has reports in three languages, of the same bytes each time', async () => {
    const call = await makeCall()
    const [first, again] = [await unpack(await build(call)), await unpack(await build(call))]
    for (const [language, words] of [
      ['it', ['Relazione su una chiamata registrata', '2026 alle ore']],
      ['fr', ['Rapport sur un appel', '2026 à']],
      ['en', ['Report on a recorded call', '2026 at']],
    ] as const) {
      const name = `report-${language}.pdf`
      expect(again.get(name)).toEqual(first.get(name))
      const text = textOfPdf(first.get(name)!)
      for (const word of words) expect(text).toContain(word)
      expect(text.replaceAll(' ', '')).toContain(await evidence.vkey())
    }
  })
})

async function* sourced(audio: Buffer): AsyncGenerator<Buffer> {
  yield audio
}

test('the room has its log stamped by itself, and says who does', async () => {
  const anchors = join(folder, 'anchors.pem')
  writeFileSync(anchors, authority.rootPem)
  const timestamp = {
    url: authority.url,
    anchors,
    qualified: true,
    everySeconds: 60,
    alarmHours: 24,
    timeoutSeconds: 2,
  }
  const room = house.open({ timestamp })
  await room.start()
  await expect.poll(async () => (await room.stamps.status()).last?.authority).toBe('Test authority, Test')
  expect(await room.stamps.status()).toMatchObject({ level: 'qualified', failure: null, late: false })
  await room.stop()
  expect(() => house.open({ timestamp: { ...timestamp, anchors: join(folder, 'nothing') } })).toThrow(
    /anchors cannot be read/,
  )
})

test('reports have the same words in every language, and French signs keep to theirs', () => {
  const keys = (value: unknown, before = ''): string[] =>
    typeof value !== 'object' || value === null
      ? [before]
      : Object.entries(value).flatMap(([key, inner]) => keys(inner, `${before}.${key}`))
  for (const language of ['it', 'fr'] as const) expect(keys(reportWords[language])).toEqual(keys(reportWords.en))
  expect(JSON.stringify(reportWords.fr)).not.toMatch(/ [:;?!»]|« /)
})

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0

describe.runIf(has('openssl', 'version'))('others agree', () => {
  test('the verifier as one file, verify.sh, and what unpacks ZIP', async () => {
    const call = await makeCall()
    await stamps.turn()
    await append({ type: 'access.play', data: {} })
    await evidence.drain()
    const bytes = await build(call, { masks: [{ fromMs: 0, toMs: 800 }] })
    const run = (program: string, ...args: string[]) => spawnSync(program, args, { cwd: folder, encoding: 'utf8' })
    const write = (name: string, content: Buffer | string): void => writeFileSync(join(folder, name), content)
    write('call.asice', bytes)
    write('flipped.asice', flip(bytes, 5000))
    write('roots.pem', authority.rootPem)
    const entry = join(import.meta.dirname, '../../../cli/verify-alone.ts')
    buildSync({
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: join(folder, 'verify.mjs'),
    })
    const trust = ['--log-key', await evidence.vkey(), '--tsa-roots', 'roots.pem', '--lang', 'en']
    expect(run(process.execPath, 'verify.mjs', 'call.asice', ...trust)).toMatchObject({ status: 0, stderr: '' })
    expect(run(process.execPath, 'verify.mjs', 'flipped.asice', ...trust)).toMatchObject({ status: 1, stderr: '' })
    if (has('unzip', '-v')) expect(run('unzip', '-tq', 'call.asice')).toMatchObject({ status: 0 })
    if (!has('python3', '--version')) return
    expect(run('python3', '-m', 'zipfile', '-t', 'call.asice').stdout).toContain('Done testing')
    run('python3', '-m', 'zipfile', '-e', 'call.asice', 'out')
    const shell = run('sh', 'out/verify.sh', 'out', await evidence.vkey(), 'roots.pem')
    expect([shell.status, shell.stderr]).toEqual([0, ''])
    expect(shell.stdout).toMatch(
      /1 .*\n2 .*\n3 checkpoint-2.*\n3 checkpoint.txt.*\n4 .*\n5 checkpoint-2.tst: not checked\n5 checkpoint.tst: verified/,
    )
    write('out/gaps.json', Buffer.concat([readFileSync(join(folder, 'out/gaps.json')), Buffer.from(' ')]))
    expect(run('sh', 'out/verify.sh', 'out', await evidence.vkey()).stdout).toContain('NOT VALID: gaps.json')
  }, 90_000)
})
