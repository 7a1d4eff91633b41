import { parseArgs } from 'node:util'
import { benchMedia } from '../server/capture/media/bench/media.ts'
import { benchSiprec } from '../server/capture/protocols/siprec/bench/siprec.ts'
import { benchAudioHook, benchCapture } from './capture.ts'
import { benchCaptions } from './captions.ts'
import { benchHolds } from './holds.ts'
import { benchLog } from './log.ts'
import { benchLong } from './long.ts'
import { benchPlayback } from './playback.ts'
import { circumstances, type Finding, machine, render, type Row, rowsTable, section, write } from './report.ts'
import { benchPackage } from './package.ts'
import { benchSealing } from './sealing.ts'
import { benchSearch } from './search.ts'
import { benchStart } from './start.ts'
import { benchSweep } from './sweep.ts'
import { benchYear } from './year.ts'
import { benchEncryption, benchLive } from './vault.ts'

type Options = { quick: boolean; calls?: number[] | undefined; profile: boolean }
type Group = { title: string; run(options: Options): Promise<Finding> }

const rows =
  (run: () => Promise<Row[]>, ...notes: string[]) =>
  async (): Promise<Finding> => ({ table: rowsTable(await run()), notes })

const groups: Record<string, Group> = {
  capture: { title: 'Concurrent SIPREC calls on one core', run: benchCapture },
  audiohook: { title: 'Concurrent AudioHook sessions on one core', run: benchAudioHook },
  captions: { title: 'Captions while calls go on', run: benchCaptions },
  playback: { title: 'Seeking in a long recording', run: benchPlayback },
  encryption: {
    title: 'Encryption',
    run: rows(
      benchEncryption,
      '`openssl speed` runs right before and after ours, in the same run; both are per second of processor time.',
    ),
  },
  live: {
    title: 'Live writing',
    run: rows(benchLive, 'A thousand legs of 50 packets a second into the vault, without protocols and database.'),
  },
  package: { title: 'Evidence packages', run: benchPackage },
  sealing: { title: 'Sealing after the hang-up', run: benchSealing },
  search: { title: 'Search in what was said', run: benchSearch },
  long: { title: 'A file of many hours', run: benchLong },
  start: { title: 'Cold start', run: benchStart },
  log: { title: 'The transparency log', run: benchLog },
  holds: { title: 'A legal hold over many calls', run: benchHolds },
  sweep: { title: 'A night of lapses', run: benchSweep },
  year: { title: 'A simulated year', run: benchYear },
  media: {
    title: 'Media',
    run: rows(benchMedia, 'CPU time, the best of a few rounds; the two WAV rows are elapsed time.'),
  },
  siprec: {
    title: 'SIPREC reception alone',
    run: rows(
      benchSiprec,
      'SIP, RTP and SRTP without recorder, encryption and database; the server of these rows is not pinned.',
    ),
  },
}

const USAGE = `npm run bench -- [options]

  --only NAME     one group: ${Object.keys(groups).join(', ')} (may be repeated)
  --quick         short runs, to see that everything works
  --write         put the results into bench/README.md
  --calls N,N     capture and audiohook: these steps only
  --profile       capture and audiohook: print where the server spent its time
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      calls: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(USAGE)
  const names = values.only ?? Object.keys(groups)
  const unknown = names.find((name) => !groups[name])
  if (unknown) throw new Error(`there is no benchmark "${unknown}"\n\n${USAGE}`)
  if (values.quick && values.write) throw new Error('--quick is for trying out: its results are not written')
  process.stdout.write(`${machine()}\n`)
  for (const name of names) await runGroup(name, values)
}

async function runGroup(
  name: string,
  values: { quick: boolean; write: boolean; profile: boolean; calls?: string | undefined },
): Promise<void> {
  const group = groups[name]
  if (!group) return
  const when = circumstances()
  process.stderr.write(`${name} …\n`)
  const finding = await group.run({ ...values, calls: values.calls?.split(',').map(Number) })
  const text = section(name, group.title, { finding, when })
  process.stdout.write(values.write ? `\n## ${group.title}\n\n${when}\n\n${render(finding.table)}\n` : `\n${text}`)
  if (values.write) write(text)
}

await main().catch((e: unknown) => {
  process.stderr.write(`${e instanceof Error ? (process.env['DEBUG'] ? e.stack : e.message) : String(e)}\n`)
  process.exitCode = 1
})
