import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

export const say = (text) => process.stdout.write(`${text}\n`)

/** Ends with one line on standard error. */
export function fail(text) {
  process.stderr.write(`verbale: ${text}\n`)
  process.exit(1)
}

/** Refuses a Node.js that is too old, before anything else can fail strangely. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(
    `Node.js 20.19 or later is needed; this is ${process.versions.node}. Install a current version from https://nodejs.org.`,
  )
}

/** Runs a program in the repository and resolves with its exit code; its output is shown unless `quiet`. */
export function run(command, args, { env = {}, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'ignore', 'inherit'] : ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', () => resolve(127))
    child.on('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)))
  })
}

/** Runs a program of a package, with this Node.js. */
export const runPackage = (file, args, options) =>
  run(process.execPath, [join(root, 'node_modules', file), ...args], options)

/** Whether the packages for building and testing are there (not an installation with --omit=dev). */
export const hasDevelopmentPackages = () => existsSync(join(root, 'node_modules/typescript/package.json'))

/** Runs `npm ci` unless the installed packages are those of package-lock.json. */
export async function install({ development = true } = {}) {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n${lock}`).digest('hex')
  const stamp = join(root, 'node_modules/.verbale-installed')
  if (readIfThere(stamp) === hash && (!development || hasDevelopmentPackages())) return
  if (!isInstalled(JSON.parse(lock), development)) {
    say('verbale: installing packages (npm ci)')
    const code = await run(
      process.platform === 'win32' ? 'npm.cmd' : 'npm',
      ['ci', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'],
      { env: npmEnvironment() },
    )
    if (code !== 0)
      fail(`npm ci failed (exit code ${code}). Check the network and that this folder can be written, then try again.`)
  }
  try {
    writeFileSync(stamp, hash)
  } catch {
    // a read-only installation is compared again next time
  }
}

/** Compares what npm says it installed with the lock file. */
function isInstalled(lock, development) {
  const installed = JSON.parse(readIfThere(join(root, 'node_modules/.package-lock.json')) ?? '{}').packages
  if (!installed) return false
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === '') return true
    const found = installed[path]
    if (found) return found.version === wanted.version
    return wanted.optional === true || wanted.devOptional === true || (wanted.dev === true && !development)
  })
}

/** npm needs a folder for its cache; a user without a home gets one here. */
function npmEnvironment() {
  try {
    accessSync(homedir(), constants.W_OK)
    return {}
  } catch {
    return { npm_config_cache: join(root, '.cache/npm') }
  }
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
