import type { NumberGrammar } from '../numbers/arc.ts'
import type { PhraseBook } from '../phrases.ts'
import type { Language, PiiType } from '../types.ts'

/**
 * What a phrase announces. OTHER: a value that is no personal data (an order, an amount, a meter). NUMBER and DATE: a number
 * or date whose kind the words before, or its form, must tell.
 */
export type Cue = PiiType | 'OTHER' | 'NUMBER' | 'DATE'

/**
 * Words inside a value that are no part of it. filler: hesitation, redacted with the value. fix: what was said before is
 * taken back. link: only between two parts of a value (`and then`, `dash`, `yes`).
 */
export type Talk = 'filler' | 'fix' | 'link'

/** The words by which a person's name is told. */
export type NameWords = {
  /** What follows is a name, whatever it is: `mi chiamo`. */
  sure: PhraseBook<true>
  /** What follows may be a name: `sono`. */
  maybe: PhraseBook<true>
  /** Titles before a family name. */
  title: PhraseBook<true>
  /** What stands after a name: `à l'appareil`, `speaking`. */
  after: PhraseBook<true>
  /** Words inside a name: `de`, `van`. */
  particles: ReadonlySet<string>
}

/** How an address is told. */
export type AddressWords = {
  street: PhraseBook<true>
  /** `number street name` (fr), `number name street` (en), `street name number` (it). */
  order: 'street-name-number' | 'number-street-name' | 'number-name-street'
  /** Function words that may stand inside the name of a street or town. */
  inside: ReadonlySet<string>
}

/** All words of one language that the library knows. */
export type Lexicon = {
  language: Language
  numbers: NumberGrammar
  /** Letter names that are no other word, or hardly ever: `acca`. */
  letters: ReadonlyMap<string, string>
  /** Letters and alphabet words that are common words too: `di`, `golf`. Count as letters beside others. */
  weakLetters: ReadonlyMap<string, string>
  /** Letter names told from other words by their accent, as written: `té`. */
  accentedLetters: ReadonlyMap<string, string>
  /** Between a letter and the word that spells it: `come`, `for`. */
  as: ReadonlySet<string>
  /** How often what follows is said: `doppio`. */
  times: PhraseBook<2 | 3>
  talk: PhraseBook<Talk>
  /** What makes a number an amount, a duration, a count. */
  unit: PhraseBook<true>
  /** Before a number that is a year or an amount: `dal`, `since`. */
  beforeOther: ReadonlySet<string>
  months: ReadonlyMap<string, number>
  ordinals: ReadonlyMap<string, number>
  /** Between the parts of a date: `of`, `del`. */
  dateLinks: ReadonlySet<string>
  at: PhraseBook<true>
  dot: ReadonlySet<string>
  dash: ReadonlySet<string>
  cues: PhraseBook<Cue>
  /** Words by which something is asked for, and by which a payment is said to be done: see `cues.ts`. */
  asks: PhraseBook<true>
  done: PhraseBook<true>
  /** Short function words; never part of a name, and the end of an address. */
  function: ReadonlySet<string>
  name: NameWords
  address: AddressWords
  health: PhraseBook<true>
}

export const words = (list: string): Set<string> => new Set(list.trim().split(/\s+/))

/** `a:A b:B` as a map. */
export const pairs = (list: string): Map<string, string> =>
  new Map(
    list
      .trim()
      .split(/\s+/)
      .map((pair) => pair.split(':') as [string, string]),
  )

/** Words numbered from `from`; `/` separates words of the same number. */
export const numbered = (list: string, from = 1): Map<string, number> =>
  new Map(
    list
      .trim()
      .split(/\s+/)
      .flatMap((same, k) => same.split('/').map((word): [string, number] => [word, from + k])),
  )

/** Words of the international spelling alphabet (ICAO), as recognisers write them, and their letters. */
export const icao = pairs(`alpha:A alfa:A bravo:B charlie:C delta:D echo:E foxtrot:F golf:G hotel:H india:I juliet:J
  juliett:J kilo:K lima:L mike:M november:N oscar:O papa:P quebec:Q romeo:R sierra:S tango:T uniform:U victor:V whiskey:W
  whisky:W xray:X yankee:Y zulu:Z`)

/** Letters of the alphabet as themselves. */
export const alphabet = new Map(
  Array.from('abcdefghijklmnopqrstuvwxyz').map((c): [string, string] => [c, c.toUpperCase()]),
)
