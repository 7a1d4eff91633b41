import { terminal, verifyCommand } from './verify.ts'

/*
 * The verifier as one file, dist/verbale-verify.mjs (scripts/build.mjs): node and nothing else, for who does not have Verbale and
 * need not trust it.
 */
process.exitCode = await verifyCommand(process.argv.slice(2), terminal, 'node verbale-verify.mjs')
