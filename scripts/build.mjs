import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkNode, fail, hasDevelopmentPackages, install, root, runPackage, say } from './tools.mjs'

/** What the build is made from. */
const SOURCES = [
  'server',
  'contract',
  'proof',
  'cli',
  'web',
  'tsconfig.json',
  'tsconfig.build.json',
  'vite.config.ts',
  'package-lock.json',
]
const dist = join(root, 'dist')
const stamp = join(dist, '.build')

/**
 * Builds `dist` when the sources are not those it was made from. Made beside it and renamed, so that a failed or
 * interrupted build leaves the old one. Without the development packages an existing build is used as it is.
 */
export async function build({ always = false } = {}) {
  if (!hasDevelopmentPackages() && existsSync(join(dist, 'server/main.js'))) return
  const wanted = fingerprint()
  if (!always && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('verbale: building')
  const fresh = join(root, `.cache/build.${process.pid}`)
  try {
    await buildInto(fresh)
    writeFileSync(join(fresh, '.build'), wanted)
    replace(fresh)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

async function buildInto(folder) {
  mkdirSync(folder, { recursive: true })
  const page = existsSync(join(root, 'web/index.html'))
  const codes = await Promise.all([
    runPackage('typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', folder]),
    bundleVerifier(join(folder, 'verbale-verify.mjs')),
    page ? runPackage('vite/bin/vite.js', ['build', '--outDir', join(folder, 'web'), '--logLevel', 'warn']) : 0,
  ])
  if (codes.some((code) => code !== 0)) throw new Error('the build failed: see the messages above')
  cpSync(join(root, 'server/migrations'), join(folder, 'server/migrations'), { recursive: true })
}

/** The verifier as one readable file: whoever checks a package may want to read what checks it. Returns an exit code. */
async function bundleVerifier(outfile) {
  const { build: bundle } = await import('esbuild')
  const entryPoints = [join(root, 'cli/verify-alone.ts')]
  const format = { bundle: true, platform: 'node', format: 'esm', target: 'node20.19' }
  const { errors } = await bundle({ ...format, entryPoints, outfile, logLevel: 'warning' }).catch((error) => error)
  return errors.length > 0 ? 1 : 0
}

function replace(fresh) {
  const old = join(root, `.cache/old.${process.pid}`)
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(fresh, dist)
  rmSync(old, { recursive: true, force: true })
}

/** Names, sizes and times of all sources: also tells of a removed file. */
function fingerprint() {
  const hash = createHash('sha256').update(process.versions.node.split('.')[0] ?? '')
  for (const source of SOURCES)
    for (const file of filesOf(source)) {
      const { size, mtimeMs } = statSync(join(root, file))
      hash.update(`${file}\0${size}\0${mtimeMs}\n`)
    }
  return hash.digest('hex')
}

function filesOf(source) {
  const path = join(root, source)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return []
  if (!stat.isDirectory()) return [source]
  const names = readdirSync(path, { recursive: true, withFileTypes: true })
  return names
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  checkNode()
  await install()
  await build({ always: true }).catch((error) => fail(error.message))
}
