import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeVkey, noteKey } from './note.ts'
import type { PackageParts } from './package/build.ts'
import { flip, repack, reseal, unpack } from './package/testkit/repack.ts'
import {
  type Sample,
  sampleLog,
  type SampleOptions,
  samplePackage,
  sourceOf,
  tokenOf,
} from './package/testkit/sample.ts'
import { createAuthority } from './timestamp/testkit/authority.ts'
import { type CheckId, type Reason, readTrust, type Verdict, verifyPackage } from './verify.ts'

let sample: Sample
beforeAll(async () => {
  sample = await samplePackage()
})

/** For tests that verify hundreds of packages. */
const longMs = 120_000

const verify = (bytes: Buffer, trust: Partial<Sample['trust']> = {}, of: Sample = sample): Promise<Verdict> =>
  verifyPackage(sourceOf(bytes), readTrust({ ...of.trust, ...trust }))

const failures = ({ checks }: Verdict): [CheckId, Reason | null][] =>
  checks.filter((c) => c.outcome === 'failed').map((c) => [c.id, c.reason])

const outcomeOf = ({ checks }: Verdict, id: CheckId) => {
  const found = checks.find((c) => c.id === id)
  return [found?.outcome, found?.reason]
}

const paramsOf = ({ checks }: Verdict, id: CheckId) => checks.find((c) => c.id === id)?.params

const made = async (options: SampleOptions, trust: Partial<Sample['trust']> = {}): Promise<Verdict> => {
  const other = await samplePackage(options)
  return verify(other.bytes, trust, other)
}

describe('a good package', () => {
  test('is verified: the whole call, stamped', async () => {
    const verdict = await verify(sample.bytes)
    expect(failures(verdict)).toEqual([])
    expect(verdict).toMatchObject({ verdict: 'verified', copy: 'original', level: 'tsa' })
    expect(verdict.checks.filter((c) => c.outcome !== 'passed').map((c) => c.id)).toEqual(['newer_checkpoint'])
  })

  test('without an authority is verified on our own word', async () => {
    const verdict = await made({ authority: null })
    expect(verdict).toMatchObject({ verdict: 'verified', level: 'self' })
    expect(outcomeOf(verdict, 'checkpoint_stamp')).toEqual(['not_checked', 'no_stamp'])
    expect(outcomeOf(verdict, 'manifest_stamp')).toEqual(['not_checked', 'no_stamp'])
  })

  test('whose authority declares its stamps qualified says so', async () => {
    expect(await made({ authority: createAuthority({ qualified: true }) })).toMatchObject({ level: 'qualified' })
  })

  test('is not verified without the key of its log, nor its time without roots', async () => {
    const blind = await verify(sample.bytes, { logKeys: [], roots: null })
    expect(blind).toMatchObject({ verdict: 'incomplete', level: 'self' })
    expect(outcomeOf(blind, 'seal')).toEqual(['not_checked', 'no_log_key'])
    expect(outcomeOf(blind, 'checkpoint_stamp')).toEqual(['not_checked', 'no_roots'])
    expect(failures(blind)).toEqual([])
  })

  test('may tell what happened a year later, in another log', async () => {
    const later = sampleLog('verbale.example/t/sample/2027')
    expect(await made({ later })).toMatchObject({ verdict: 'verified', level: 'tsa' })
    const { vkey } = sample.log
    const both = await samplePackage({ log: sample.log, later })
    expect(failures(await verify(both.bytes, { logKeys: [vkey] }, both))).toEqual([['checkpoint', 'other_key']])
    const turned = await made({ later, change: (p) => ({ ...p, checkpoints: p.checkpoints.toReversed() }) })
    expect(failures(turned).map(([id]) => id)).toEqual(['history'])
  })

  test('is made of the same bytes each time', async () => {
    const files = await unpack(sample.bytes)
    const again = await repack(sample.bytes, {})
    expect(again).toEqual(sample.bytes)
    expect([...files.keys()].slice(0, 2)).toEqual(['mimetype', 'recording.wav'])
  })
})

describe('copies', () => {
  test('a masked copy is verified as one', async () => {
    const verdict = await made({ masked: (lane, block) => lane === 0 && block >= 2 && block < 4 })
    expect(verdict).toMatchObject({ verdict: 'verified', copy: 'masked' })
    expect(paramsOf(verdict, 'audio')).toEqual({ copy: 'masked', heard: 9.3, total: 11.3, lanes: 2 })
  })

  test('a part of the call is verified as one, its end too', async () => {
    const middle = await made({ span: [1, 3] })
    expect(middle).toMatchObject({ verdict: 'verified', copy: 'part' })
    expect(paramsOf(middle, 'audio')).toMatchObject({ heard: 4 })
    const end = await made({ span: [4, 7] })
    expect(end).toMatchObject({ verdict: 'verified', copy: 'part' })
    expect(paramsOf(end, 'audio')).toMatchObject({ heard: 3.3 })
    const last = await made({ span: [6, 7] })
    expect(last).toMatchObject({ verdict: 'verified', copy: 'part' })
    expect(paramsOf(last, 'audio')).toMatchObject({ heard: 0.3 })
  })

  test('one lane alone is a part', async () => {
    const verdict = await made({
      change: (parts) => ({ ...parts, recordings: parts.recordings.map(monoOf), lanes: parts.lanes.slice(0, 1) }),
      seconds: [3, 3],
    })
    expect(verdict).toMatchObject({ verdict: 'verified', copy: 'part' })
  })

  test('a masked copy with other audio, or with a sound under its mask, is not', async () => {
    const masked = await samplePackage({ masked: (_, block) => block === 1 })
    const recording = (await unpack(masked.bytes)).get('recording.wav')!
    const heard = await reseal(masked.bytes, { 'recording.wav': flip(recording, 44 * 8 + 3) }, masked.log.sign)
    expect(failures(await verify(heard, {}, masked))).toEqual([['audio', 'audio_differs']])
    const under = await reseal(masked.bytes, { 'recording.wav': flip(recording, (44 + 450) * 8) }, masked.log.sign)
    const verdict = await verify(under, {}, masked)
    expect(failures(verdict)).toEqual([['audio', 'not_silent']])
    expect(paramsOf(verdict, 'audio')).toEqual({ lane: 1, second: 1 })
  })

  test('a mask that is kept quiet about is found: silence in place of what was sealed', async () => {
    const recording = (await unpack(sample.bytes)).get('recording.wav')!
    const silenced = Buffer.from(recording).fill(0, 444, 844)
    const verdict = await verify(await reseal(sample.bytes, { 'recording.wav': silenced }, sample.log.sign))
    expect(failures(verdict)).toEqual([['audio', 'audio_differs']])
  })
})

/** The first lane of a recording of two. */
const monoOf = (recording: Sample['parts']['recordings'][number]) => ({
  ...recording,
  lanes: [0],
  *open() {
    const stereo = Buffer.concat([...(recording.open() as Iterable<Buffer>)])
    for (let at = 0; at < stereo.length; at += 4) yield stereo.subarray(at, at + 2)
  },
})

describe('manipulations are told apart', () => {
  test('1: a flipped bit', async () => {
    const at = sample.bytes.indexOf(Buffer.from('RIFF')) + 1000
    const verdict = await verify(flip(sample.bytes, at * 8))
    expect(failures(verdict)).toEqual([['container', 'damaged']])
    expect(paramsOf(verdict, 'container')).toEqual({ file: 'recording.wav' })
    expect(failures(await verify(flip(sample.bytes, 14 * 8)))).toEqual([['container', 'altered']])
  })

  test('2: a cut file', async () => {
    for (const length of [5, 1000, sample.bytes.length - 1])
      expect(failures(await verify(sample.bytes.subarray(0, length)))).toEqual([['container', 'cut']])
  })

  test('3: a file swapped for another', async () => {
    const vcon = Buffer.from('{"vcon":"0.4.0","uuid":"another"}')
    const verdict = await verify(await repack(sample.bytes, { 'vcon.json': vcon }))
    expect(failures(verdict)).toEqual([
      ['files', 'replaced'],
      ['manifest', 'disagrees'],
    ])
    expect(paramsOf(verdict, 'files')).toEqual({ files: 'vcon.json' })
    expect(outcomeOf(await verify(await repack(sample.bytes, { 'more.txt': vcon })), 'files')).toEqual([
      'failed',
      'added',
    ])
    const without = await repack(sample.bytes, { 'events/0002.salt': null })
    expect(outcomeOf(await verify(without), 'files')).toEqual(['failed', 'missing'])
    expect(failures(await verify(await repack(sample.bytes, { 'vcon.json': null })))).toEqual([
      ['container', 'incomplete'],
    ])
  })

  test('4: a time forged with another authority', async () => {
    const digest = createHash('sha256').update(sample.parts.checkpoints[0]!.note).digest()
    const forged = tokenOf(createAuthority({ now: () => Date.UTC(2024, 0, 1) }), digest)
    const verdict = await verify(await reseal(sample.bytes, { 'checkpoint.tst': forged }, sample.log.sign))
    expect(failures(verdict)).toEqual([['checkpoint_stamp', 'untrusted']])
    expect(verdict.level).toBe('self')
  })

  test('5: a time altered in the token', async () => {
    const token = Buffer.from((await unpack(sample.bytes)).get('checkpoint.tst')!)
    const at = token.indexOf(Buffer.from(String(new Date().getUTCFullYear())))
    token.write('2024', at, 'latin1')
    const verdict = await verify(await reseal(sample.bytes, { 'checkpoint.tst': token }, sample.log.sign))
    expect(failures(verdict).map(([id]) => id)).toEqual(['checkpoint_stamp'])
    expect(['signed_attributes', 'certificate_expired', 'wrong_imprint']).toContain(failures(verdict)[0]![1])
  })

  test('6: a log made anew with another key', async () => {
    const forger = await samplePackage({ log: sampleLog(sample.log.origin) })
    const verdict = await verify(forger.bytes, { roots: forger.trust.roots })
    expect(failures(verdict)).toEqual([
      ['seal', 'other_key'],
      ['checkpoint', 'other_key'],
    ])
  })

  test('7: a log rewritten with its own key, found by a newer checkpoint', async () => {
    const log = sampleLog()
    const first = await samplePackage({ log })
    const size = log.entries.length
    log.entries.push('later\n')
    const newer = request(size, await log.consistency(size, size + 1), await log.checkpoint())
    expect(outcomeOf(await verify(first.bytes, { newer }, first), 'newer_checkpoint')).toEqual(['passed', null])
    const rewritten = sampleLog(log.origin, ['another beginning\n', ...log.entries.slice(1)])
    const { sign } = log
    const forged = request(
      size,
      await rewritten.consistency(size, size + 1),
      resigned(await rewritten.checkpoint(), sign),
    )
    const verdict = await verify(first.bytes, { newer: forged }, first)
    expect(failures(verdict)).toEqual([['newer_checkpoint', 'rewritten']])
    const same = Buffer.from(resigned(await rewritten.checkpoint(size), sign))
    expect(failures(await verify(first.bytes, { newer: same }, first))).toEqual([['newer_checkpoint', 'rewritten']])
  })

  test('8: an event changed, or of another call', async () => {
    const files = await unpack(sample.bytes)
    const event = Buffer.from(files.get('events/0001.json')!.toString().replace('siprec', 'upload'))
    const changed = await reseal(sample.bytes, { 'events/0001.json': event }, sample.log.sign)
    expect(failures(await verify(changed))).toEqual([['events', 'wrong_opening']])
    const other = await samplePackage({ log: sample.log })
    const taken = await unpack(other.bytes)
    const mixed = { 'custody.json': taken.get('custody.json')! }
    expect(failures(await verify(await reseal(sample.bytes, mixed, sample.log.sign)))).toEqual([
      ['events', 'wrong_opening'],
    ])
  })

  test('9: what was destroyed later, told or not told', async () => {
    const silenced = [{ leg: 1, fromMs: 2000, toMs: 3500, types: ['CARD'] }]
    const masked = (lane: number, block: number): boolean => lane === 1 && (block === 2 || block === 3)
    const telling = (told: object[]) => (parts: PackageParts) => {
      const gaps = { ...(JSON.parse(parts.documents.gaps.toString()) as object), silenced: told }
      return { ...parts, documents: { ...parts.documents, gaps: Buffer.from(JSON.stringify(gaps)) } }
    }
    const row = { index: 1, fromMs: 2000, toMs: 3500, types: ['CARD'] }
    expect(await made({ silenced, masked, change: telling([row]) })).toMatchObject({
      verdict: 'verified',
      copy: 'masked',
    })
    expect(failures(await made({ silenced, masked }))).toEqual([['documents', 'gaps_differ']])
    expect(failures(await made({ change: telling([row]) }))).toEqual([['documents', 'gaps_differ']])
  })

  test('9: other gaps, another policy, events left out', async () => {
    const gaps = Buffer.from('{"legs":[]}')
    const policy = Buffer.from('{"version":8}')
    expect(failures(await verify(await reseal(sample.bytes, { 'gaps.json': gaps }, sample.log.sign)))).toEqual([
      ['documents', 'gaps_differ'],
    ])
    expect(failures(await verify(await reseal(sample.bytes, { 'policy.json': policy }, sample.log.sign)))).toEqual([
      ['documents', 'policy_differs'],
    ])
    const headless = await made({ change: (parts) => ({ ...parts, events: parts.events.slice(1) }) })
    expect(failures(headless)).toEqual([['history', 'no_beginning']])
    const unsealed = await made({ change: (parts) => ({ ...parts, events: parts.events.slice(0, 2) }) })
    expect(outcomeOf(unsealed, 'history')).toEqual(['failed', 'not_sealed'])
    const turned = await made({
      change: (parts) => ({ ...parts, events: [parts.events[0]!, ...parts.events.slice(1).toReversed()] }),
    })
    expect(failures(turned)).toEqual([['history', 'wrong_order']])
  })

  test('10: a stamp older than what it covers', async () => {
    const early = createAuthority({ now: () => Date.now() - 86_400_000 })
    expect(failures(await made({ authority: early }))).toEqual([['history', 'stamped_before']])
  })
})

/** A consistency proof as c2sp.org/tlog-witness sends it. */
const request = (old: number, proof: Buffer[], checkpoint: string): Buffer =>
  Buffer.from(`old ${old}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${checkpoint}`)

const resigned = (note: string, sign: (text: string) => string): string => sign(note.slice(0, note.indexOf('\n\n') + 1))

describe('a checkpoint of the reader', () => {
  test('that cannot be compared leaves the package unverified, not failed', async () => {
    const log = sampleLog()
    const first = await samplePackage({ log })
    const older = Buffer.from(await log.checkpoint(3))
    log.entries.push('later\n')
    const newer = Buffer.from(await log.checkpoint())
    const other = sampleLog('elsewhere.example', ['x\n'])
    const foreign = { newer: Buffer.from(await other.checkpoint()), logKeys: [log.vkey, other.vkey] }
    for (const [trust, reason] of [
      [{ newer: older }, 'older'],
      [{ newer }, 'proof_needed'],
      [foreign, 'other_log'],
    ] as const) {
      const verdict = await verify(first.bytes, trust, first)
      expect([verdict.verdict, ...outcomeOf(verdict, 'newer_checkpoint')]).toEqual([
        'incomplete',
        'not_checked',
        reason,
      ])
    }
  })

  test('of another key, or none at all, is refused', async () => {
    for (const newer of [Buffer.from(await sampleLog().checkpoint(0)), Buffer.from('nothing'), randomBytes(99)])
      expect(failures(await verify(sample.bytes, { newer })).map(([id]) => id)).toEqual(['newer_checkpoint'])
  })
})

describe('every wrong bit is found', () => {
  test(
    'in the file as it is',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(sample.bytes.length * 8 - 1), async (bit) => {
          expect((await verify(flip(sample.bytes, bit))).verdict).toBe('failed')
        }),
        { numRuns: 300 },
      )
    },
    longMs,
  )

  test(
    'in a file inside, although its CRC was made right again',
    async () => {
      const files = [...(await unpack(sample.bytes))].filter(([, bytes]) => bytes.length > 0)
      await fc.assert(
        fc.asyncProperty(fc.nat(files.length - 1), fc.nat(), async (which, at) => {
          const [name, bytes] = files[which]!
          const changed = await repack(sample.bytes, { [name]: flip(bytes, at % (bytes.length * 8)) })
          expect((await verify(changed)).verdict).toBe('failed')
        }),
        { numRuns: 100 },
      )
    },
    longMs,
  )
})

describe('garbage', () => {
  test('leads to a verdict', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect((await verify(Buffer.from(bytes))).verdict).toBe('failed')
      }),
    )
  })

  test(
    'in any file of a sealed package leads to a verdict',
    async () => {
      const files = [...(await unpack(sample.bytes)).keys()].filter((name) => !name.startsWith('META-INF/'))
      const value = fc.oneof(
        fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b)),
        fc.json().map((t) => Buffer.from(t)),
      )
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...files), value, async (name, content) => {
          const verdict = await verify(await reseal(sample.bytes, { [name]: content }, sample.log.sign))
          expect(verdict.checks).toHaveLength(13)
        }),
        { numRuns: 150 },
      )
    },
    longMs,
  )

  test(
    'in the numbers of the disclosure costs no memory and leads to a verdict',
    async () => {
      const text = (await unpack(sample.bytes)).get('disclosure.json')!.toString()
      const number = fc.constantFrom('-1', '0', '1e15', '4294967296', '16777216', '1.5', 'null', '"x"', '[]')
      const places = [...text.matchAll(/: (\d+)/g)].map((m) => ({ at: m.index + 2, length: m[1]!.length }))
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...places), number, async ({ at, length }, to) => {
          const changed = Buffer.from(text.slice(0, at) + to + text.slice(at + length))
          const verdict = await verify(await reseal(sample.bytes, { 'disclosure.json': changed }, sample.log.sign))
          if (to !== text.slice(at, at + length)) expect(['failed', 'verified']).toContain(verdict.verdict)
        }),
        { numRuns: 80 },
      )
    },
    longMs,
  )

  test('as a key or as roots is told before anything is read', () => {
    const wrong = encodeVkey({ ...noteKey('a', 1, randomBytes(32)), id: Buffer.alloc(4) })
    expect(() => readTrust({ ...sample.trust, logKeys: [wrong] })).toThrow(/public key/)
    expect(() => readTrust({ ...sample.trust, roots: 'none' })).toThrow(/PEM/)
  })
})
