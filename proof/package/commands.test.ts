import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createAuthority } from '../timestamp/testkit/authority.ts'
import { readmeText } from './readme.ts'
import { flip, reseal, unpack } from './testkit/repack.ts'
import { type Sample, sampleLog, samplePackage, tokenOf } from './testkit/sample.ts'

/** Shells and openssl are started dozens of times in a test. */
vi.setConfig({ testTimeout: 90_000 })

/** The commands of a numbered step of README.txt. */
function step(number: number): string {
  const steps = readmeText.split(/^\[(\d)\] /m)
  return steps[steps.indexOf(String(number)) + 1]!.split('\n\n')[0]!
}

const tools = ['openssl version', 'sha256sum --version', 'mktemp -u'].every(
  (t) => spawnSync('sh', ['-c', t]).status === 0,
)

describe.runIf(tools)('with a shell and openssl alone', () => {
  let root = ''
  let sample: Sample
  let files: Map<string, Buffer>
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'verbale-commands-'))
    sample = await samplePackage({ later: sampleLog('verbale.example/t/sample/2027') })
    files = await unpack(sample.bytes)
    writeFileSync(join(root, 'roots.pem'), sample.authority!.rootPem)
  })
  afterAll(() => rmSync(root, { recursive: true }))

  /** Unpacks the sample, with some files changed. */
  function folder(changes: Record<string, Buffer> = {}): string {
    const into = mkdtempSync(join(root, 'package-'))
    for (const [name, content] of files) {
      mkdirSync(dirname(join(into, name)), { recursive: true })
      writeFileSync(join(into, name), changes[name] ?? content)
    }
    return into
  }

  const shell = (commands: string, cwd: string, language = 'C') => {
    const given = { LOG_KEY: sample.log.vkey, TSA_ROOTS: join(root, 'roots.pem'), T: mkdtempSync(join(root, 't-')) }
    return spawnSync('sh', ['-ec', commands], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, ...given, LC_ALL: '', LANG: language },
    })
  }

  test('the commands of README.txt show what it says', () => {
    const here = folder()
    expect(shell(step(1), here)).toMatchObject({ status: 0, stdout: '' })
    expect(shell(`${step(2)}\n${step(3)}`, here).stdout.match(/Verified Successfully/g)).toHaveLength(2)
    const [row] = (JSON.parse(files.get('custody.json')!.toString()) as { events: { entry: string }[] }).events
    expect(shell(step(4), here).stdout).toBe(row!.entry.split('\n')[1])
    expect(shell(step(5), here).stdout.match(/Verification: OK/g)).toHaveLength(2)
    expect(shell(step(1), folder({ 'vcon.json': Buffer.from('{}') })).status).not.toBe(0)
  })

  const verify = (cwd: string, ...more: string[]) =>
    shell(`sh verify.sh . "${sample.trust.logKeys.join(' ')}" ${more.join(' ')}`, cwd)

  test('verify.sh passes what is good, in the language of the terminal', () => {
    const here = folder()
    const good = verify(here, '"$TSA_ROOTS"')
    expect([good.status, good.stderr]).toEqual([0, ''])
    expect(good.stdout.match(/: verified/g)).toHaveLength(8)
    expect(verify(here).stdout).toContain('5 checkpoint.tst: not checked')
    const command = `sh verify.sh . "${sample.trust.logKeys.join(' ')}"`
    expect(shell(command, here, 'it_IT.UTF-8').stdout).toContain('verificato')
    expect(shell(command, here, 'fr_FR.UTF-8').stdout).toContain('vérifié')
    expect(shell('sh verify.sh', here).status).toBe(2)
  })

  test('verify.sh refuses what is not', () => {
    const custody = files.get('events/0003.json')!
    const stranger = createAuthority()
    for (const [name, content] of [
      ['recording.wav', flip(files.get('recording.wav')!, 5000)],
      ['events/0003.json', flip(custody, 50)],
      ['checkpoint.txt', Buffer.from(sample.parts.checkpoints[1]!.note)],
      ['META-INF/ASiCManifest.xml', Buffer.from('<asic/>')],
      ['META-INF/seal.note', flip(files.get('META-INF/seal.note')!, 900)],
      ['checkpoint.tst', tokenOf(stranger, Buffer.alloc(32))],
    ] as const) {
      const refused = verify(folder({ [name]: content }), '"$TSA_ROOTS"')
      expect([name, refused.status]).toEqual([name, 1])
      expect(refused.stdout).toContain(`NOT VALID: ${name}`)
    }
    const here = folder()
    writeFileSync(join(here, 'more.txt'), 'more')
    expect(verify(here).stdout).toContain('NOT VALID')
    expect(shell(`sh verify.sh . "${sampleLog().vkey}"`, here).status).toBe(1)
  })

  test('verify.sh finds stamps and entries that a log’s owner put there', async () => {
    const forged = tokenOf(createAuthority(), Buffer.alloc(32))
    const proof = files.get('events/0002.tlog-proof')!
    for (const [name, content] of [
      ['checkpoint.tst', forged],
      ['events/0001.tlog-proof', proof],
      ['events/0001.salt', files.get('events/0002.salt')!],
    ] as const) {
      files = await unpack(await reseal(sample.bytes, { [name]: content }, sample.log.sign))
      const refused = verify(folder(), '"$TSA_ROOTS"')
      files = await unpack(sample.bytes)
      expect([name, refused.status]).toEqual([name, 1])
    }
  })
})
