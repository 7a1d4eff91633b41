import type { Lexicon } from '../lexicon/lexicon.ts'
import type { Range } from '../scan.ts'
import type { Token } from '../tokens.ts'
import type { Turn } from '../types.ts'

/** Words known of a language: first names, and how common a word is. See `dictionary.ts`. */
export type NameDictionary = {
  isFirstName(word: string): boolean
  /** Rank by frequency, 0 the commonest; Infinity when the word is not known. */
  rank(word: string): number
  isFamilyName(word: string): boolean
}

/** A word of this rank or below is in everyday use. */
const EVERYDAY = 400
const KNOWN = 3000
/** Words of a name, particles apart. */
const WORDS = 3

export type NameSearch = {
  lexicon: Lexicon
  role: Turn['role']
  tokens: readonly Token[]
  text: string
  dictionary: NameDictionary | null
  /** The question before the turn was about a name. */
  asked: boolean
  /** Words of names told before. */
  known: ReadonlySet<string>
}

/** Names of persons in a turn. An agent's own introduction is not looked for: it names the staff, not the caller. */
export function findNames(search: NameSearch): Range[] {
  const found: Range[] = []
  for (let at = 0; at < search.tokens.length; at++) {
    const last = found.at(-1)
    if (last && at < last.to) continue
    const name = nameAt(search, at)
    if (name) found.push(name)
  }
  if (found.length === 0 && search.asked) return answer(search)
  return found
}

function nameAt(search: NameSearch, at: number): Range | null {
  const { lexicon, tokens, role, known } = search
  const sure = lexicon.name.sure(tokens, at)
  const maybe = lexicon.name.maybe(tokens, at)
  const self = [at, at - 1].some((k) => /^(?:mi|m|je|mon|mio|my)$/.test(tokens[k]?.low ?? ''))
  if (sure && !(role === 'agent' && self)) return collect(search, skipGlue(search, at + sure.length), () => true)
  if (maybe && role !== 'agent') {
    const from = skipGlue(search, at + maybe.length)
    const name = collect(search, from, (k) => fits(search, k) || continues(search, from, k))
    if (name && isLikely(search, name)) return name
  }
  const title = lexicon.name.title(tokens, at)
  if (title) return titled(search, at + title.length)
  const after = role === 'agent' ? null : lexicon.name.after(tokens, at)
  if (after) return null
  if (known.has(tokens[at]?.low ?? '') && isCased(search, at)) return { from: at, to: at + 1 }
  return spoken(search, at) ?? written(search, at)
}

/** `mario rossi à l'appareil`: two or three words before the phrase, the first a first name. */
function spoken(search: NameSearch, at: number): Range | null {
  const { lexicon, tokens, dictionary, role } = search
  if (role === 'agent' || !dictionary?.isFirstName(tokens[at]?.low ?? '')) return null
  for (let to = at + 1; to <= at + 3; to++)
    if (lexicon.name.after(tokens, to)) return collect(search, at, (k) => k < to)
  return null
}

/** In text with capitals: a first name that is no common word, or a first name and another word with a capital. */
function written(search: NameSearch, at: number): Range | null {
  const { dictionary, tokens, text } = search
  const token = tokens[at]
  if (!token?.capital || !dictionary?.isFirstName(token.low) || !isWrittenInCase(text)) return null
  const name = collect(search, at, (k) => tokens[k]?.capital === true)
  if (!name) return null
  return name.to - name.from >= 2 || dictionary.rank(token.raw) >= KNOWN / 2 ? name : null
}

/** A caller's whole answer to a question for a name: up to four words, all of which may be names. */
function answer(search: NameSearch): Range[] {
  const { lexicon, tokens } = search
  let from = 0
  while (from < tokens.length && (lexicon.talk(tokens, from) !== null || lexicon.function.has(tokens[from]?.low ?? '')))
    from++
  const name = collect(search, from, (k) => fits(search, k))
  return name && tokens.length - name.to <= 1 ? [name] : []
}

/** The words of a name from here; null when there are none. */
function collect(search: NameSearch, from: number, accepts: (at: number) => boolean): Range | null {
  const { lexicon, tokens } = search
  let to = from
  for (let words = 0, at = from; words < WORDS && isNameWord(search, at, at > from); at++) {
    const particle = lexicon.name.particles.has(tokens[at]?.low ?? '')
    if (particle && !isNameWord(search, at + 1, true)) break
    if (!particle && !accepts(at)) break
    if (!particle) words++
    to = at + 1
  }
  return to > from ? { from, to } : null
}

function isNameWord({ lexicon, tokens, text, dictionary }: NameSearch, at: number, later: boolean): boolean {
  const token = tokens[at]
  if (
    !token ||
    token.digits ||
    token.mark ||
    (token.elided && token.low.length === 1 && !lexicon.name.particles.has(token.low))
  )
    return false
  const before = tokens[at - 1]
  if (later && before && /[.,;?!]/.test(text.slice(before.end, token.start))) return false
  if (lexicon.name.particles.has(token.low)) return true
  const first = !later && dictionary?.isFirstName(token.low) === true && token.low.length >= 3
  if (token.low.length < 2 || (lexicon.function.has(token.low) && !(first && tokens.length - at === 2))) return false
  if (later && dictionary && dictionary.rank(token.raw) < EVERYDAY && !dictionary.isFirstName(token.low)) return false
  return (
    lexicon.numbers(tokens, at).length === 0 && lexicon.cues(tokens, at) === null && lexicon.talk(tokens, at) === null
  )
}

function skipGlue({ lexicon, tokens }: NameSearch, from: number): number {
  let at = from
  for (let moved = true; moved;) {
    const skip = lexicon.talk(tokens, at)?.length ?? lexicon.name.title(tokens, at)?.length ?? 0
    const glue = skip === 0 && /^(?:e|il|la|l|c|est|is|s|le)$/.test(tokens[at]?.low ?? '') ? 1 : skip
    at += glue
    moved = glue > 0
  }
  return at
}

/** After a phrase that need not lead to a name: a first name, or a word that nobody uses otherwise. */
function fits(search: NameSearch, at: number): boolean {
  const { dictionary, tokens } = search
  const token = tokens[at]
  if (!token || !isCased(search, at)) return false
  if (!dictionary) return true
  return dictionary.isFirstName(token.low) ? dictionary.rank(token.raw) >= 120 : dictionary.rank(token.raw) >= KNOWN
}

/** After a first name any word may be the family's; before a family name any word the first. */
function continues({ dictionary, tokens, ...search }: NameSearch, from: number, at: number): boolean {
  const [first, token] = [tokens[from], tokens[at]]
  if (!dictionary || !first || !token || !isCased({ dictionary, tokens, ...search }, at)) return false
  if (at > from && dictionary.isFirstName(first.low)) return true
  return tokens.length - from === 2 && dictionary.rank(token.raw) >= 300 && isFamily(dictionary, tokens[from + 1])
}

const isFamily = (dictionary: NameDictionary, token: Token | undefined): boolean =>
  token !== undefined && dictionary.isFamilyName(token.low) && dictionary.rank(token.raw) >= KNOWN / 2

/** Two words or more, or a lone first name, that end their clause. */
function isLikely({ dictionary, tokens, text }: NameSearch, { from, to }: Range): boolean {
  const [first, last] = [tokens[from], tokens[to - 1]]
  if (!first || !last) return false
  const known = dictionary?.isFirstName(first.low) === true
  const ends = to === tokens.length || /[.,;?!]/.test(text.slice(last.end, tokens[to]?.start))
  if (to - from === 2 && dictionary && isFamily(dictionary, last)) return true
  if (to - from >= 2) return known || (ends && (dictionary !== null || isWrittenInCase(text)))
  return known && ends
}

function titled(search: NameSearch, from: number): Range | null {
  const name = collect(search, from, (k) => fits(search, k))
  return name && (search.dictionary !== null || isWrittenInCase(search.text)) ? name : null
}

const isWrittenInCase = (text: string): boolean => /\s\p{Lu}\p{Ll}/u.test(text)

/** Where the text is written with capitals a name has one. */
const isCased = ({ text, tokens }: NameSearch, at: number): boolean =>
  tokens[at]?.capital === true || !isWrittenInCase(text)
