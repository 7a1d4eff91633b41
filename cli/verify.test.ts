import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flip } from '../proof/package/testkit/repack.ts'
import { type Sample, samplePackage } from '../proof/package/testkit/sample.ts'
import { words } from '../proof/words.ts'
import { verifyCommand } from './verify.ts'

let folder = ''
let sample: Sample
let trust: string[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'verbale-verify-'))
  sample = await samplePackage()
  write('call.asice', sample.bytes)
  write('flipped.asice', flip(sample.bytes, 9999))
  write('checkpoint.txt', sample.parts.checkpoints[0]!.note)
  trust = ['--log-key', sample.log.vkey, '--tsa-roots', write('roots.pem', sample.authority!.rootPem)]
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  let [out, err] = ['', '']
  const code = await verifyCommand(args, { out: (t) => void (out += t), err: (t) => void (err += t), env })
  return { code, out, err }
}

const path = (name: string): string => join(folder, name)

test('says in the language asked for, else in that of the terminal, what was found', async () => {
  for (const [args, env, language] of [
    [['--lang', 'it'], {}, 'it'],
    [[], { LANG: 'fr_FR.UTF-8' }, 'fr'],
    [['--lang', 'en'], { LANG: 'it_IT.UTF-8' }, 'en'],
    [[], { LANG: 'C' }, 'en'],
  ] as const) {
    const { code, out } = await run([path('call.asice'), ...trust, ...args], env)
    expect(code).toBe(0)
    const { verdicts, copies, levels, titles } = words[language]
    for (const text of [verdicts.verified, copies.original, levels.tsa, ...Object.values(titles)])
      expect(out).toContain(text)
  }
})

test('exit codes: 0 verified, 1 not verified, 2 cannot be read', async () => {
  const good = path('call.asice')
  expect((await run([good, ...trust, '--checkpoint', path('checkpoint.txt')])).code).toBe(0)
  expect((await run([good])).code).toBe(1)
  expect((await run([path('flipped.asice'), ...trust])).code).toBe(1)
  expect((await run([path('checkpoint.txt')])).out).toContain(words.en.reasons.not_a_package)
  for (const args of [
    [],
    [good, 'another'],
    [good, '--nonsense'],
    [good, '--lang', 'de'],
    [path('nothing')],
    [folder],
    [good, '--log-key', 'no key'],
    [good, '--tsa-roots', path('checkpoint.txt')],
    [good, '--checkpoint', path('nothing')],
  ]) {
    const { code, out, err } = await run(args)
    expect([args, code, out, err !== '']).toEqual([args, 2, '', true])
  }
  expect(await run(['--help'])).toMatchObject({ code: 0, err: '' })
})

test('tells programs the same as people', async () => {
  const { out } = await run([path('flipped.asice'), ...trust, '--json'])
  const verdict = JSON.parse(out) as { verdict: string; checks: { id: string; outcome: string }[] }
  expect(verdict).toMatchObject({ verdict: 'failed', copy: null, level: 'self' })
  expect(verdict.checks[0]).toMatchObject({ id: 'container', outcome: 'failed' })
})

describe('every language', () => {
  const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).toSorted()
  test.each(['it', 'fr'] as const)('%s has the same values in its sentences as English', (language) => {
    for (const part of ['passed', 'reasons'] as const)
      for (const [key, text] of Object.entries(words.en[part])) {
        const translated = (words[language][part] as Record<string, string>)[key] ?? ''
        expect([key, holes(translated)]).toEqual([key, holes(text)])
        expect(translated).not.toBe(text)
      }
  })

  test('French signs keep to the word they follow', () => {
    const { usage: _, ...french } = words.fr
    expect(JSON.stringify(french)).not.toMatch(/ [:;?!»]|« /)
  })
})

test('the verifier as one file runs where there is nothing else', () => {
  const file = path('verbale-verify.mjs')
  buildSync({
    entryPoints: [join(import.meta.dirname, 'verify-alone.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    outfile: file,
  })
  const imported = [...readFileSync(file, 'utf8').matchAll(/^import .* from "([^"]+)";$/gm)].map((m) => m[1])
  expect(imported.filter((name) => !name?.startsWith('node:'))).toEqual([])
  const alone = (args: string[]) =>
    spawnSync(process.execPath, [file, ...args], { cwd: folder, encoding: 'utf8', env: { LANG: 'it_IT.UTF-8' } })
  const good = alone(['call.asice', ...trust])
  expect([good.status, good.stderr]).toEqual([0, ''])
  expect(good.stdout).toContain(words.it.verdicts.verified)
  expect(alone(['flipped.asice', ...trust]).status).toBe(1)
  expect(alone([]).stderr).toContain('node verbale-verify.mjs')
})
