import type { Lexicon } from './lexicon/lexicon.ts'
import { type Symbol, symbolsAt } from './symbols.ts'
import type { Token } from './tokens.ts'

/** Readings kept of each length, the likeliest first. */
const PER_LENGTH = 24
/** A value has no more characters: an IBAN has 34 at most. */
const LONGEST = 40
/** Groups that a correction may take back. */
const TAKEN_BACK = 2

type Reading = { out: string; cost: number }

/**
 * What a stretch of tokens may stand for, the likeliest reading first. Words have several readings (`quatre vingt dix` is 90,
 * 80 10, 4 20 10), so the number of them is bounded. Lower-case letters are those that may be words.
 */
export function readings(lexicon: Lexicon, tokens: readonly Token[]): string[] {
  const at: (Map<number, Reading[]> | undefined)[] = [new Map([[0, [{ out: '', cost: 0 }]]])]
  for (let k = 0; k < tokens.length; k++) {
    const here = at[k]
    if (!here) continue
    for (const step of steps(lexicon, tokens, k)) {
      const there = (at[step.to] ??= new Map())
      for (const list of here.values())
        for (const { out, cost } of list) keep(there, { out: out + step.out, cost: cost + step.cost })
    }
  }
  const all = [...(at[tokens.length]?.values() ?? [])].flat()
  return all.toSorted((a, b) => a.cost - b.cost).map(({ out }) => out)
}

function keep(lengths: Map<number, Reading[]>, reading: Reading): void {
  const { length } = reading.out
  if (length > LONGEST) return
  const list = lengths.get(length)
  if (!list) {
    lengths.set(length, [reading])
    return
  }
  const same = list.find(({ out }) => out === reading.out)
  if (same) {
    same.cost = Math.min(same.cost, reading.cost)
    return
  }
  const place = list.findIndex(({ cost }) => cost > reading.cost)
  if (place === -1 && list.length >= PER_LENGTH) return
  list.splice(place === -1 ? list.length : place, 0, reading)
  if (list.length > PER_LENGTH) list.pop()
}

type Step = { to: number; out: string; cost: number }

/** Symbols; pauses as nothing; a group together with the correction that takes it back as nothing. */
function steps(lexicon: Lexicon, tokens: readonly Token[], at: number): Step[] {
  const symbols = symbolsAt(lexicon, tokens, at)
  if (symbols.length === 0) return [{ to: at + (lexicon.talk(tokens, at)?.length ?? 1), out: '', cost: 0 }]
  const steps: Step[] = [...symbols]
  const talk = lexicon.talk(tokens, at)
  if (talk || symbols.every(({ strength }) => strength === 'weak'))
    steps.push({ to: at + (talk?.length ?? 1), out: '', cost: talk ? 0 : 1.5 })
  const back = takenBack(lexicon, tokens, symbols)
  return back === null ? steps : [...steps, back]
}

/** These symbols, perhaps one more group, and the correction that follows, as nothing; null when there is none. */
function takenBack(lexicon: Lexicon, tokens: readonly Token[], symbols: readonly Symbol[]): Step | null {
  let to = longest(symbols)
  for (let group = 1; group <= TAKEN_BACK; group++) {
    const end = afterFix(lexicon, tokens, to)
    // To take back one group is likelier than two.
    if (end !== null) return { to: end, out: '', cost: group * 1.3 - 0.8 }
    const next = symbolsAt(lexicon, tokens, to)
    if (next.length === 0) return null
    to = longest(next)
  }
  return null
}

const longest = (symbols: readonly Symbol[]): number => Math.max(...symbols.map(({ to }) => to))

/** Past hesitation and at least one correction; null when nothing is corrected here. */
function afterFix(lexicon: Lexicon, tokens: readonly Token[], from: number): number | null {
  let at = from
  let fixed = false
  for (let talk = lexicon.talk(tokens, at); talk && talk.value !== 'link'; talk = lexicon.talk(tokens, at)) {
    fixed ||= talk.value === 'fix'
    at += talk.length
  }
  return fixed ? at : null
}
