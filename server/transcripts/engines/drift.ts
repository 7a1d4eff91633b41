import type { Kind } from './sherpa/protocol.ts'
import { type Language, LANGUAGES, type Utterance } from './ports.ts'

/** Words that hardly a sentence of a language is without, and the others do not have. */
const COMMON: Record<Language, ReadonlySet<string>> = {
  it: new Set('che di il per una sono non con ho come anche questo della mi gli nel alla più è perché cosa'.split(' ')),
  fr: new Set('je vous les des est pas une dans pour que avec sur mon qui ce nous mais ça être du très'.split(' ')),
  en: new Set('the you and is that my to have for this it of are what with can your was not there'.split(' ')),
}
/** Fewer say nothing: names and loanwords are at home everywhere. */
const FEWEST = 4

/** The language of a text by its commonest words; null when they do not say clearly. */
export function languageOfText(text: string): Language | null {
  const words = text.toLowerCase().match(/[\p{L}]+/gu) ?? []
  const hits = LANGUAGES.map((language) => ({
    language,
    count: words.filter((word) => COMMON[language].has(word)).length,
  })).toSorted((a, b) => b.count - a.count)
  const [first, second] = hits
  return first && first.count >= FEWEST && first.count >= 3 * (second?.count ?? 0) ? first.language : null
}

const LOCKABLE: ReadonlySet<Kind> = new Set<Kind>(['streaming-transducer', 'whisper'])

/**
 * What a model that cannot be held to a language heard, in the language that it wrote: some drift into English on French or Italian
 * speech. Whoever redacts it knows then what it is written in.
 */
export function withDrift(kind: Kind, asked: string | null, heard: Utterance): Utterance {
  if (LOCKABLE.has(kind)) return heard
  const written = languageOfText(heard.text)
  return written === null || written === asked ? heard : { ...heard, language: written }
}
