import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { classify, type Example, train } from '../../server/insight/intents/classifier.ts'

export type IntentScore = {
  set: string
  examples: number
  intents: number
  asked: number
  /** Share of sentences told their intent. */
  right: number
  /** Share of those told with a confidence of at least 0.5, and of them right. */
  sure: number
  rightOfSure: number
  /** How far confidence and share of right guesses are apart, by tenths (expected calibration error). */
  calibration: number
  trainSeconds: number
  /** Microseconds for a sentence. */
  classifyUs: number
}

/** Out of scope: how many of the sentences of none of the intents are told so, by the confidence below which a guess is none. */
export type ScopeScore = { set: string; below: number; inScopeRight: number; outOfScope: number }

type Row = { text: string; label: string }

const rowsOf = (path: string): Row[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Row)
    : []

/** Learns from few examples of each intent and asks the rest of the development side; halves and fifths where there is no such split. */
export function evalIntents(data: string): { scores: IntentScore[]; scope: ScopeScore[] } {
  const scores: IntentScore[] = []
  for (const set of ['banking77', 'clinc150', 'hwu64'])
    for (const shots of [5, 10]) scores.push(...fewShot(join(data, set), set, shots))
  for (const language of ['it', 'fr', 'en']) {
    scores.push(...split(`nlpjs_corpus50 ${language}`, rowsOf(join(data, 'nlpjs_corpus50', `${language}.jsonl`)), 5))
    scores.push(...split(`ha_intents ${language}`, rowsOf(join(data, 'ha_intents', `${language}.jsonl`)), 2))
  }
  return { scores, scope: outOfScope(join(data, 'clinc150')) }
}

function fewShot(folder: string, set: string, shots: number): IntentScore[] {
  const learnt = rowsOf(join(folder, `shot${shots}.jsonl`))
  const used = new Set(learnt.map(({ text }) => text.toLowerCase()))
  // the two files write the same intent in capitals and without
  const names = new Map(learnt.map(({ label }) => [label.toLowerCase(), label]))
  const asked = rowsOf(join(folder, 'train.jsonl'))
    .filter(({ text }) => !used.has(text.toLowerCase()))
    .map(({ text, label }) => ({ text, label: names.get(label.toLowerCase()) ?? label }))
  return learnt.length === 0 ? [] : [score(`${set}, ${shots} each`, learnt, asked)]
}

/** Of every `n` rows one is asked, the others are learnt from. */
function split(set: string, rows: Row[], n: number): IntentScore[] {
  if (rows.length === 0) return []
  const asked = rows.filter((_, i) => i % n === 0)
  return [
    score(
      set,
      rows.filter((_, i) => i % n !== 0),
      asked,
    ),
  ]
}

const examplesOf = (rows: readonly Row[]): Example[] => rows.map(({ text, label }) => ({ text, intent: label }))

function score(set: string, learnt: readonly Row[], asked: readonly Row[]): IntentScore {
  const began = process.cpuUsage()
  const classifier = train(examplesOf(learnt))
  const trainSeconds = process.cpuUsage(began).user / 1e6
  const then = process.cpuUsage()
  const guesses = asked.map(({ text, label }) => {
    const [best] = classify(classifier, text)
    return { confidence: best?.confidence ?? 0, right: best?.intent === label }
  })
  const classifyUs = process.cpuUsage(then).user / asked.length
  const rightOf = (some: typeof guesses): number => some.filter(({ right }) => right).length / Math.max(1, some.length)
  const sure = guesses.filter(({ confidence }) => confidence >= 0.5)
  const tenths = Array.from({ length: 10 }, (_, k) =>
    guesses.filter((g) => Math.min(9, Math.floor(g.confidence * 10)) === k),
  )
  const apart = tenths.map((some) => {
    const said = some.reduce((sum, { confidence }) => sum + confidence, 0)
    return Math.abs(said - some.filter(({ right }) => right).length)
  })
  return {
    set,
    examples: learnt.length,
    intents: classifier.intents.length,
    asked: asked.length,
    right: rightOf(guesses),
    sure: sure.length / guesses.length,
    rightOfSure: rightOf(sure),
    calibration: apart.reduce((a, b) => a + b, 0) / guesses.length,
    trainSeconds,
    classifyUs,
  }
}

/** Ten examples of each intent; asked are sentences of them, and sentences of none. */
function outOfScope(folder: string): ScopeScore[] {
  const learnt = rowsOf(join(folder, 'shot10.jsonl'))
  const [inside, outside] = [rowsOf(join(folder, 'val.jsonl')), rowsOf(join(folder, 'oos_val.jsonl'))]
  if (learnt.length === 0 || inside.length === 0 || outside.length === 0) return []
  const classifier = train(examplesOf(learnt))
  const guess = ({ text }: Row) => classify(classifier, text)[0]!
  const mine = inside.map((row) => ({ ...guess(row), label: row.label }))
  const others = outside.map(guess)
  return [0, 0.3, 0.5, 0.7].map((below) => ({
    set: 'clinc150, 10 each',
    below,
    inScopeRight: mine.filter((g) => g.confidence >= below && g.intent === g.label).length / mine.length,
    outOfScope: others.filter(({ confidence }) => confidence < below).length / others.length,
  }))
}
