// `npm run check`: types, lint, format; unused code is reported but does not fail.
import { checkNode, install, runPackage, say } from './tools.mjs'

/** @type {[name: string, program: string, args: string[]][]} */
const CHECKS = [
  ['types of the server', 'typescript/bin/tsc', ['-p', 'tsconfig.json', '--noEmit']],
  ['types of the page', 'typescript/bin/tsc', ['-p', 'web/tsconfig.json', '--noEmit']],
  ['lint', 'oxlint/bin/oxlint', ['--quiet']],
  ['format', 'oxfmt/bin/oxfmt', ['--check']],
]

checkNode()
await install()
const failed = []
for (const [name, program, args] of CHECKS) {
  say(`\n# ${name}`)
  if ((await runPackage(program, args)) !== 0) failed.push(name)
}
say('\n# unused code (a hint)')
await runPackage('knip/bin/knip.js', ['--no-exit-code', '--no-progress'])
say(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1
