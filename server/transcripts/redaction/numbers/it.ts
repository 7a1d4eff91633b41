import type { Arc, NumberGrammar } from './arc.ts'

const units = ['', 'uno', 'due', 'tre', 'quattro', 'cinque', 'sei', 'sette', 'otto', 'nove']
const teens = 'dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove'.split(' ')
const tens = ['', '', 'venti', 'trenta', 'quaranta', 'cinquanta', 'sessanta', 'settanta', 'ottanta', 'novanta']

/** Every spelling of 1 to 999 in one word: `ventotto`, `centotto` and `centootto`, `ventuno` and `ventun`. */
function below1000(): Map<string, number> {
  const small = new Map<string, number>()
  for (let n = 1; n < 100; n++) for (const word of below100(n)) small.set(word, n)
  const all = new Map(small)
  for (let h = 1; h < 10; h++) {
    const hundred = `${h === 1 ? '' : units[h]}cento`
    all.set(hundred, h * 100)
    for (const [word, n] of small) {
      all.set(hundred + word, h * 100 + n)
      if (word.startsWith('o')) all.set(hundred.slice(0, -1) + word, h * 100 + n)
    }
  }
  return all
}

function below100(n: number): string[] {
  if (n < 10) return [units[n] ?? '']
  if (n < 20) return [teens[n - 10] ?? '']
  const ten = tens[Math.floor(n / 10)] ?? ''
  const unit = units[n % 10] ?? ''
  if (n % 10 === 1) return [`${ten.slice(0, -1)}uno`, `${ten.slice(0, -1)}un`, `${ten}uno`]
  if (n % 10 === 8) return [`${ten.slice(0, -1)}otto`, `${ten}otto`]
  return [ten + unit]
}

const words = below1000()

/** `duemilaventisette`, `millenovecentoquaranta`; null when the word is no number. */
function valueOf(word: string): number | null {
  const small = words.get(word)
  if (small !== undefined) return small
  const match = /^(?:mille|(.+)mila)(?:e?)(.*)$/.exec(word)
  if (!match) return null
  const thousands = match[1] === undefined ? 1 : words.get(match[1])
  const rest = match[2] === '' ? 0 : words.get(match[2] ?? '')
  return thousands === undefined || rest === undefined ? null : thousands * 1000 + rest
}

/** Italian writes a number as one word; recognisers also split it: `tremila cinquecento`, `venti due`. */
export const italianNumbers: NumberGrammar = (tokens, at) => {
  const word = tokens[at]?.low ?? ''
  if (word === 'mille' && isThanks(tokens, at)) return []
  if (word === 'zero') return [{ to: at + 1, out: '0', cost: 1 }]
  const value = word.length < 2 ? null : valueOf(word)
  if (value === null) return []
  const arcs: Arc[] = [{ to: at + 1, out: String(value), cost: 1 }]
  for (let to = at + 1, sum = value; to < at + 4; to++) {
    const next = valueOf(tokens[to]?.low ?? '')
    if (next === null || !follows(sum, next)) break
    // After thousands the parts are one number; otherwise two numbers are likelier than one that is split.
    const cost = sum >= 1000 ? 1 : to - at + 1.1
    sum += next
    arcs.push({ to: to + 1, out: String(sum), cost })
  }
  return arcs
}

/** `grazie mille`, `mille grazie`: nobody counts. */
const isThanks = (tokens: Parameters<NumberGrammar>[0], at: number): boolean =>
  tokens[at - 1]?.low === 'grazie' || tokens[at + 1]?.low === 'grazie'

const follows = (sum: number, next: number): boolean =>
  (sum % 1000 === 0 && next < 1000) ||
  (sum % 100 === 0 && next < 100) ||
  (sum % 100 >= 20 && sum % 10 === 0 && next < 10)
