import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { render } from '../report.ts'
import { evalIntents } from './intents.ts'
import { evalLog, type LogVerdict } from './log.ts'
import { describeRedaction } from './redaction-table.ts'
import { evalMasking, type MaskingScore } from './masking.ts'
import { evalRedaction } from './redaction.ts'
import { evalSiprec } from './siprec.ts'
import { evalSpeech, type LaneVerdict } from './speech.ts'

const USAGE = `npm run eval -- --data DIR [--only siprec|log|redaction|masking|speech|intents] [--models DIR] [--write]

DIR holds public data, one folder per measurement:
  siprec/*.txt   SIPREC bodies (SDP and metadata) captured from vendors' recording clients
  merkle/        test data of transparency-dev/merkle (merkle/testdata)
  tessera/       test log of transparency-dev/tessera (tessera/testdata/log)
  spoken_pii_synth/{it,fr,en}.jsonl, presidio_pii/sentences.jsonl   dialogues and sentences with personal data marked
  tts_calls/     two-lane calls made by machine, with what is said (*.wav, *.json)
  banking77, clinc150, hwu64, nlpjs_corpus50, ha_intents   sentences and their intents (*.jsonl)
  speech_8k/     lanes of real calls (calls/*.flac), sentences that people read (clips.jsonl)

A folder that is not there is left out. --models names a folder of speech models: the engine that serves a language is the one that is
measured. --write puts the tables of redaction, masking, speech and intents into bench/eval/*.md.
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      only: { type: 'string' },
      models: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  })
  const data = values.data ?? process.env['VERBALE_DATA']
  if (data === undefined) throw new Error(`Say where the public data is.\n\n${USAGE}`)
  const siprec = join(data, 'siprec')
  const wanted = (name: string): boolean => values.only === undefined || values.only === name
  const logs = wanted('log') ? await evalLog(data) : []
  const hasSiprec = wanted('siprec') && existsSync(siprec)
  const redaction = wanted('redaction') ? await evalRedaction(data) : null
  const masking = wanted('masking') ? await evalMasking(data) : []
  const intents = wanted('intents') ? evalIntents(data) : { scores: [], scope: [] }
  const speech = wanted('speech') ? await evalSpeech(data, values.models) : []
  if (
    !hasSiprec &&
    logs.length === 0 &&
    !redaction &&
    masking.length === 0 &&
    speech.length === 0 &&
    intents.scores.length === 0
  )
    throw new Error(`There is none of these folders in ${data}.\n\n${USAGE}`)
  if (hasSiprec) await printSiprec(siprec)
  if (logs.length > 0) printLog(logs)
  const show = (name: string, table: string): void => {
    process.stdout.write(table)
    if (values.write) writeFileSync(join(import.meta.dirname, `${name}.md`), table)
  }
  if (redaction) show('redaction', describeRedaction(redaction))
  if (masking.length > 0) show('masking', describeMasking(masking))
  if (intents.scores.length > 0) show('intents', describeIntents(intents))
  if (speech.length > 0) show('speech', describeSpeech(speech))
}

function describeMasking(scores: readonly MaskingScore[]): string {
  const rows = scores.map((s) => [
    s.language,
    s.engine,
    s.values,
    s.missedValues,
    s.told.toFixed(0),
    ((100 * s.missed) / s.told).toFixed(2),
    (100 * s.share).toFixed(1),
  ])
  const columns = [
    'language',
    'captions',
    'values',
    'of which something was late',
    'told, s',
    'late, %',
    'left out without need, %',
  ]
  return `
## Card and bank data left out while it is said

${render({ columns, rows })}

\`npm run eval -- --data DIR --only masking --write\`: dialogues of the development side, spoken at 150 words a minute by a machine that times them, through
the live redaction and its guard; the recorder's memory goes back 5 s. What is late is found when the call is written down, and destroyed then.
`
}

function describeIntents({ scores, scope }: ReturnType<typeof evalIntents>): string {
  const percent = (value: number): string => (100 * value).toFixed(1)
  const rows = scores.map((s) => [
    s.set,
    s.examples,
    s.intents,
    s.asked,
    percent(s.right),
    percent(s.sure),
    percent(s.rightOfSure),
    percent(s.calibration),
    s.trainSeconds.toFixed(1),
    s.classifyUs.toFixed(0),
  ])
  const columns = [
    'set',
    'examples',
    'intents',
    'asked',
    'right, %',
    'sure, %',
    'right of sure, %',
    'calibration, points',
    'train, CPU s',
    'classify, µs',
  ]
  const scopeRows = scope.map((s) => [s.set, s.below, percent(s.inScopeRight), percent(s.outOfScope)])
  return `
## Intents

${render({ columns, rows })}

Sentences of none of the intents, told by a low confidence:

${render({ columns: ['set', 'none below', 'in scope right, %', 'out of scope found, %'], rows: scopeRows })}

\`npm run eval -- --data DIR --only intents --write\`, the development side alone: learnt from the few-shot files, asked of all other sentences of the training
files; every fifth (nlpjs_corpus50) or second (ha_intents) sentence otherwise. Sure: with a confidence of at least 0.5. Calibration: how far confidence
and the share of right guesses are apart, on average. Training includes learning six times, for the confidence.
`
}

function describeSpeech(verdicts: readonly LaneVerdict[]): string {
  const share = (value: number | null, digits = 2): string => (value === null ? '–' : value.toFixed(digits))
  const rows = verdicts.map((v) => [
    v.lane,
    v.language,
    v.seconds.toFixed(0),
    v.segments,
    v.speechSeconds.toFixed(0),
    v.skipped,
    share(v.detector, 4),
    v.engine ?? '–',
    share(v.recogniser),
    share(v.wer),
  ])
  const columns = [
    'lane',
    'language',
    's',
    'segments',
    'speech s',
    'music, tones',
    'detector × time',
    'engine',
    'engine × time',
    'WER',
  ]
  return `
## Speech

${render({ columns, rows })}

\`npm run eval -- --data DIR --only speech --write\`: elapsed time by length of audio, all of it as a telephone has it (8 kHz). Word error rates of
so few words are no more than a sign that something is wrong; PocketSphinx, the only engine here that comes without a download, is for trying the product out.
With \`--models DIR\` the models in a folder are measured in its place.
`
}

function printLog(verdicts: LogVerdict[]): void {
  const rows = verdicts.map((v) => [v.group, v.files, v.run, v.passed, v.skipped])
  const table = render({ columns: ['cases', 'files', 'run', 'passed', 'not ours'], rows })
  process.stdout.write(
    `\n## Transparency log\n\n${table}\n\nNot ours: consistency of empty subtrees, which no log has.\n`,
  )
  for (const v of verdicts) for (const name of v.failures) process.stdout.write(`FAILED ${v.group}: ${name}\n`)
}

async function printSiprec(folder: string): Promise<void> {
  const verdicts = await evalSiprec(folder)
  const yes = (value: boolean): string => (value ? 'yes' : 'no')
  const rows = verdicts.map((v) => {
    const legs = v.legs.map((leg) => `${leg.codec}${leg.held ? ' held' : ''}${leg.heard === undefined ? ' ?' : ''}`)
    return [
      v.file,
      v.lineEnds,
      v.status,
      yes(v.faithful),
      yes(v.rawKept),
      legs.join(', ') || '–',
      v.direction ?? '–',
      yes(v.conversationKey !== undefined),
    ]
  })
  const columns = [
    'message',
    'line ends',
    'status',
    'answer fits offer',
    'metadata kept',
    'legs (? = nobody known)',
    'direction',
    'conversation known',
  ]
  process.stdout.write(`## SIPREC messages of vendors\n\n${render({ columns, rows })}\n`)
  const good = verdicts.filter((v) => v.status === 200 && v.faithful && v.rawKept).length
  const legs = verdicts.flatMap((v) => v.legs)
  const heard = legs.filter((leg) => leg.heard !== undefined).length
  process.stdout.write(
    `\n${good} of ${verdicts.length} answered and kept; the person heard is known on ${heard} of ${legs.length} legs.\n`,
  )
}

await main().catch((e: unknown) => {
  process.stderr.write(`${e instanceof Error ? e.message : String(e)}\n`)
  process.exitCode = 1
})
