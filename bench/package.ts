import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { buildPackage } from '../proof/package/build.ts'
import { flip, repack, unpack } from '../proof/package/testkit/repack.ts'
import { collect, type Sample, samplePackage, sourceOf } from '../proof/package/testkit/sample.ts'
import { readAnchors, verifyToken } from '../proof/timestamp/index.ts'
import { readTrust, type Verdict, verifyPackage } from '../proof/verify.ts'
import { type Finding, type Row, rowsTable } from './report.ts'

/** Evidence packages: what making and verifying one costs, and whether every wrong bit is found. */
export async function benchPackage({ quick }: { quick: boolean }): Promise<Finding> {
  const small = await samplePackage()
  const flips = quick ? 300 : 10_000
  const rows = [
    ...(await hourRows(quick ? 60 : 3600)),
    { name: 'a call of seconds: verify', value: await medianMs(20, () => verify(small, small.bytes)), unit: 'ms' },
    {
      name: 'one time stamp: verify',
      value: await medianMs(50, () => stampOf(small)),
      unit: 'ms',
      note: 'ECDSA P-256, one intermediate',
    },
    ...(await rawFlips(small, flips)),
    ...(await innerFlips(small, flips)),
  ]
  return {
    table: rowsTable(rows),
    notes: [
      'The recording is two lanes of noise at 8,000 samples a second, in memory; making a package reads it twice, verifying it twice too.',
      'Wrong bits are drawn at random. The first kind leaves the file as it is; the second is in a file inside, whose CRC is then made right again, as someone would who knows ZIP: only hashes and signatures find it.',
    ],
  }
}

const verify = ({ trust }: Sample, bytes: Buffer): Promise<Verdict> => verifyPackage(sourceOf(bytes), readTrust(trust))

async function hourRows(seconds: number): Promise<Row[]> {
  const sample = await samplePackage({ seconds: [seconds, seconds], rate: 8000 })
  const whole = seconds === 3600 ? 'a call of one hour' : `a call of ${seconds} s`
  const built = await medianMs(3, () => collect(buildPackage(sample.parts)))
  const verified = await medianMs(3, () => verify(sample, sample.bytes))
  const masked = await samplePackage({
    seconds: [seconds, seconds],
    rate: 8000,
    masked: (_, block) => block % 60 === 30,
  })
  const disclosure = (await unpack(masked.bytes)).get('disclosure.json')?.length ?? 0
  return [
    { name: `${whole}: package`, value: sample.bytes.length / 1e6, unit: 'MB' },
    { name: `${whole}: make the package`, value: built, unit: 'ms' },
    { name: `${whole}: verify`, value: verified, unit: 'ms' },
    {
      name: `${whole}, a second a minute masked: verify`,
      value: await medianMs(3, () => verify(masked, masked.bytes)),
      unit: 'ms',
    },
    { name: `${whole}, a second a minute masked: disclosure`, value: disclosure / 1e3, unit: 'kB' },
  ]
}

function stampOf({ parts, authority, trust }: Sample): void {
  const [{ note, token } = { note: '', token: null }] = parts.checkpoints
  const digest = createHash('sha256').update(note).digest()
  verifyToken(token!, { digest, anchors: readAnchors(authority!.rootPem), nowMs: trust.nowMs })
}

async function medianMs(rounds: number, work: () => unknown): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < rounds; i++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]!
}

const below = (n: number): number => Math.floor(Math.random() * n)

function rawFlips(sample: Sample, count: number): Promise<Row[]> {
  return mutations('one wrong bit in the file', count, async () =>
    verify(sample, flip(sample.bytes, below(sample.bytes.length * 8))),
  )
}

async function innerFlips(sample: Sample, count: number): Promise<Row[]> {
  const files = [...(await unpack(sample.bytes))].filter(([, bytes]) => bytes.length > 0)
  return mutations('one wrong bit in a file inside, CRC made right', count, async () => {
    const [name, bytes] = files[below(files.length)]!
    return verify(sample, await repack(sample.bytes, { [name]: flip(bytes, below(bytes.length * 8)) }))
  })
}

async function mutations(name: string, count: number, make: () => Promise<Verdict>): Promise<Row[]> {
  const first = new Map<string, number>()
  let found = 0
  for (let i = 0; i < count; i++) {
    const { verdict, checks } = await make()
    if (verdict !== 'failed') continue
    found++
    const failed = checks.find((c) => c.outcome === 'failed')
    const why = `${failed?.id} ${failed?.reason}`
    first.set(why, (first.get(why) ?? 0) + 1)
  }
  const note = [...first].toSorted((a, b) => b[1] - a[1]).map(([why, n]) => `${why} ${n}`)
  return [{ name: `${name}: found of ${count}`, value: found, unit: 'packages', note: note.join(', ') }]
}
