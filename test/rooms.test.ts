import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { expect, test } from 'vitest'

/** Which rooms each room may enter (ARCHITECTURE.md), always through its `index.ts`. */
const rooms: Record<string, readonly string[]> = {
  people: ['vault'],
  policy: [],
  vault: ['proof'],
  evidence: ['proof', 'vault'],
  transcripts: ['vault', 'evidence'],
  insight: ['transcripts'],
  capture: ['policy', 'vault', 'evidence', 'people'],
  retention: ['vault', 'evidence', 'policy'],
  accountability: [],
  rights: ['proof', 'people', 'retention', 'vault', 'evidence'],
}
/** Open to every room, file by file. */
const common = ['platform', 'contract']
/** Files outside rooms: the composition root knows all; the protocol settings live in the configuration. */
const roots = ['main.ts', 'compose.ts', 'config.ts']

/** Packages that only some folders may use. */
const packages: Record<string, readonly string[]> = {
  zod: ['contract', 'server'],
  pg: ['server/platform'],
  'graphile-worker': ['server/platform'],
  fastify: ['server'],
  react: ['web'],
  '@mantine/core': ['web'],
  '@simplewebauthn/server': ['server/people'],
  'sdp-transform': ['server/capture/protocols/siprec', 'bench'],
  'opus-decoder': ['server/capture/media'],
  pkijs: ['proof/timestamp'],
  asn1js: ['proof/timestamp'],
  pdfkit: ['server/platform'],
  'sherpa-onnx-node': ['server/transcripts/engines/sherpa'],
  tar: ['server/transcripts/models'],
  'unbzip2-stream': ['server/transcripts/models'],
}

export type Rule = { from: string; to: string }

/** Why an import is not allowed, or null. `from` and `to` are paths from the repository's root. */
export function refusal({ from, to }: Rule): string | null {
  const isTest = /\.test\.tsx?$|testkit|^test\/|^bench\/|\/bench\//.test(from)
  if (from.startsWith('proof/')) return to.startsWith('proof/') || isTest ? null : `proof stands alone: ${from} → ${to}`
  if (from.startsWith('contract/'))
    return to.startsWith('contract/') ? null : `the contract stands alone: ${from} → ${to}`
  if (from.startsWith('web/'))
    return to.startsWith('web/') || to.startsWith('contract/')
      ? null
      : `the page knows the contract only: ${from} → ${to}`
  if (from.startsWith('cli/verify'))
    return /^(cli\/verify|proof\/)/.test(to) ? null : `the verifier stands alone: ${from} → ${to}`
  if (from.startsWith('cli/'))
    return /^(cli|contract|proof)\//.test(to) || to === 'server/main.ts'
      ? null
      : `the command line knows contract and proof only: ${from} → ${to}`
  if (!from.startsWith('server/') || isTest) return null
  return refusalInServer(from.slice('server/'.length), to)
}

function refusalInServer(from: string, to: string): string | null {
  if (roots.includes(from)) return null
  const room = from.split('/')[0] ?? ''
  const target = to.startsWith('server/') ? (to.split('/')[1] ?? '') : (to.split('/')[0] ?? '')
  if (target === room || common.includes(target))
    return room === 'platform' && !common.includes(target) ? `platform enters no room: ${from} → ${to}` : null
  if (to === 'server/config.ts') return null
  if (room === 'platform') return `platform enters no room: ${from} → ${to}`
  if (!rooms[room]?.includes(target)) return `${room} may not enter ${target}: ${from} → ${to}`
  if (target === 'proof') return null
  return /^server\/[^/]+\/(index|types)\.ts$/.test(to) ? null : `enter ${target} through its index.ts: ${from} → ${to}`
}

const root = join(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '..')
const folders = ['server', 'contract', 'proof', 'web', 'cli', 'bench']
const sources = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => /\.tsx?$/.test(f))
    .map((f) => join(folder, f).split(sep).join('/')),
)

function* imports(file: string): Generator<string> {
  for (const [, spec = ''] of readFileSync(join(root, file), 'utf8').matchAll(
    /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g,
  ))
    yield spec
}

test('every import follows the arrows between rooms', () => {
  const broken = sources.flatMap((file) =>
    [...imports(file)]
      .filter((spec) => spec.startsWith('.'))
      .flatMap(
        (spec) =>
          refusal({
            from: file,
            to: relative(root, join(root, dirname(file), spec))
              .split(sep)
              .join('/'),
          }) ?? [],
      ),
  )
  expect(broken).toEqual([])
  expect(sources.length).toBeGreaterThan(100)
})

test('packages stay in the folders that may use them', () => {
  const broken = sources
    .filter((file) => !/\.test\.tsx?$|testkit|\/bench\//.test(file))
    .flatMap((file) =>
      [...imports(file)].flatMap((spec) =>
        packages[spec] && !packages[spec].some((f) => file.startsWith(`${f}/`)) ? [`${file} uses ${spec}`] : [],
      ),
    )
  expect(broken).toEqual([])
})

test('proof uses nothing but node:crypto, node:zlib and the readers of ASN.1', () => {
  const allowed = ['node:crypto', 'node:zlib', 'pkijs', 'asn1js']
  const packagesOf = (file: string): string[] =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/^(?:import|export|\}).* from '([^'.][^']*)'$/gm)].map(
      (m) => m[1] ?? '',
    )
  const broken = sources
    .filter((file) => file.startsWith('proof/') && !/\.test\.ts$|testkit/.test(file))
    .flatMap((file) => packagesOf(file).flatMap((name) => (allowed.includes(name) ? [] : [`${file} uses ${name}`])))
  expect(broken).toEqual([])
})

test('no file is over 500 lines', () => {
  const long = sources
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length }))
    .filter((f) => f.lines > 501)
  expect(long).toEqual([])
})

test('the rule refuses what it should', () => {
  expect(refusal({ from: 'server/policy/rules.ts', to: 'server/vault/index.ts' })).toMatch(/may not enter/)
  expect(refusal({ from: 'server/capture/x.ts', to: 'server/vault/live/stream.ts' })).toMatch(/through its index/)
  expect(refusal({ from: 'server/platform/ids.ts', to: 'server/people/index.ts' })).toMatch(/platform/)
  expect(refusal({ from: 'web/x.tsx', to: 'server/config.ts' })).toMatch(/contract only/)
  expect(refusal({ from: 'proof/container.ts', to: 'server/platform/ids.ts' })).toMatch(/stands alone/)
  expect(refusal({ from: 'contract/routes.ts', to: 'server/config.ts' })).toMatch(/stands alone/)
  expect(refusal({ from: 'cli/main.ts', to: 'server/vault/index.ts' })).toMatch(/contract and proof only/)
  expect(refusal({ from: 'cli/verify.ts', to: 'contract/routes.ts' })).toMatch(/verifier stands alone/)
  expect(refusal({ from: 'server/capture/x.ts', to: 'server/vault/index.ts' })).toBeNull()
  expect(refusal({ from: 'server/vault/x.ts', to: 'proof/container.ts' })).toBeNull()
})
