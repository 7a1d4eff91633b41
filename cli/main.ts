import { parseArgs } from 'node:util'
import { addCall } from './call-add.ts'
import { verifyCommand } from './verify.ts'

const usage = `verbale: lawful call recording

  verbale call add FILE…   add recorded calls (WAV, MP3, Ogg, FLAC; M4A, AMR, G.729 with ffmpeg)
      --facts FILE|JSON      what is known of the call (startedAt, direction, queue, agent, customer, consent …)
      --url URL              the server (default: VERBALE_URL or http://localhost:8080)
      --token TOKEN          an API token with calls.add (default: VERBALE_TOKEN)
  verbale verify FILE      check an evidence package (verbale verify --help)
  verbale models list      speech models: list, add, check, remove (verbale models --help)
  verbale start | doctor | migrate | check-config   the server's own commands (see README.md)
`

/** Runs the command line. Exit code 0 = done, 1 = failed, 2 = not understood. */
async function run(argv: string[]): Promise<number> {
  if (argv[0] === 'verify') return verifyCommand(argv.slice(1))
  if (argv[0] !== 'call') {
    if (['start', 'doctor', 'migrate', 'check-config', 'models'].includes(argv[0] ?? '')) {
      await import('../server/main.ts')
      return 0
    }
    process.stdout.write(usage)
    return argv.length === 0 || argv[0] === '--help' ? 0 : 2
  }
  const { values, positionals } = parseArgs({
    args: argv.slice(1),
    allowPositionals: true,
    options: { facts: { type: 'string' }, url: { type: 'string' }, token: { type: 'string' } },
  })
  if (positionals[0] !== 'add' || positionals.length < 2) {
    process.stderr.write(usage)
    return 2
  }
  const token = values.token ?? process.env.VERBALE_TOKEN
  if (!token) {
    process.stderr.write(
      'verbale: an API token is needed: --token or VERBALE_TOKEN (create one under “API tokens” on the page).\n',
    )
    return 2
  }
  const server = { url: (values.url ?? process.env.VERBALE_URL ?? 'http://localhost:8080').replace(/\/$/, ''), token }
  let failed = 0
  for (const file of positionals.slice(1)) if (!(await addCall(server, file, values.facts))) failed++
  return failed === 0 ? 0 : 1
}

// The server's own commands read process.argv themselves and keep the process alive.
const code = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`verbale: ${error instanceof Error ? error.message : String(error)}\n`)
  return 1
})
if (code !== 0) process.exitCode = code
