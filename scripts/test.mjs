// `npm test`: installs what is missing and runs every test, those in a real browser too. The last line is the sum.
// `npm test -- server/vault` runs some files of the first kind only.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { build } from './build.mjs'
import { checkNode, fail, install, root, run, runPackage, say } from './tools.mjs'

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
const BROWSER_TESTS = 'test/browser/playwright.config.ts'

checkNode()
const only = process.argv.slice(2)
await install()
await installPrograms()
await build().catch((error) => fail(error.message))
const results = mkdtempSync(join(tmpdir(), 'verbale-results-'))
const totals = [await unitTests(), await browserTests()]
rmSync(results, { recursive: true, force: true })
const sum = (key) => totals.reduce((total, one) => total + one[key], 0)
if (sum('skipped') > 0) say(`\n${sum('skipped')} skipped`)
process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0
say(`\n${sum('passed')} passed, ${sum('failed')} failed`)

async function unitTests() {
  const file = join(results, 'vitest.json')
  const code = await runPackage('vitest/vitest.mjs', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...only,
  ])
  const report = read(file)
  return total(code, {
    passed: report?.numPassedTests,
    failed: report?.numFailedTests,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
  })
}

async function browserTests() {
  if (only.length > 0 || !existsSync(join(root, BROWSER_TESTS))) return total(0, {})
  const file = join(results, 'browser.json')
  const code = await runPackage('@playwright/test/cli.js', ['test', '-c', BROWSER_TESTS, '--reporter=list,json'], {
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file, PLAYWRIGHT_JSON_OUTPUT_FILE: file, VERBALE_CHROMIUM: browser() ?? '' },
  })
  const { expected = 0, flaky = 0, unexpected, skipped } = read(file)?.stats ?? {}
  return total(code, { passed: expected + flaky, failed: unexpected, skipped })
}

/** A runner that failed without a failed test (a broken file, an unhandled error) counts as one failure. */
function total(code, { passed = 0, failed = 0, skipped = 0 }) {
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed, skipped }
}

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** Programs that are not npm packages. Installed here when we may, else told how to: tests are never skipped silently. */
async function installPrograms() {
  const packages = [
    ...(browser() ? [] : ['chromium']),
    ...(find('sipp') ? [] : ['sip-tester']),
    ...(find('ffmpeg') ? [] : ['ffmpeg']),
    ...(find('bzip2') ? [] : ['bzip2']),
    // Debian only: without it the tests of this one engine are skipped.
    ...(find('pocketsphinx_continuous') ? [] : ['pocketsphinx', 'pocketsphinx-en-us']),
  ]
  if (packages.length === 0) return
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (process.getuid?.() === 0 && find('apt-get')) {
    say(`verbale: installing ${packages.join(', ')} for the tests`)
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    await run('sh', ['-c', command], { env, quiet: true })
  }
  if (browser() && find('sipp') && find('ffmpeg')) return
  fail(
    `the tests need ${packages.join(', ')}. Install with: sudo sh -c '${command}' (or set VERBALE_CHROMIUM to a Chrome or Chromium).`,
  )
}

function browser() {
  const given = process.env.VERBALE_CHROMIUM
  if (given) return existsSync(given) ? given : fail(`VERBALE_CHROMIUM names ${given}, which does not exist.`)
  return BROWSERS.map(find).find(Boolean) ?? APPLICATIONS.find((path) => existsSync(path))
}

/** The path of a program, or undefined. */
function find(name) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}
