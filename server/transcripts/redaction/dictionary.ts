import type { NameDictionary } from './detectors/name.ts'
import { fold } from './tokens.ts'
import type { Language } from './types.ts'

type WordLists = Readonly<Record<string, readonly (string | number)[]>>

const loaders: Readonly<Record<Language, () => Promise<{ dictionary: WordLists }>>> = {
  it: async () => import('@zxcvbn-ts/language-it'),
  fr: async () => import('@zxcvbn-ts/language-fr'),
  en: async () => import('@zxcvbn-ts/language-en'),
}

/** The commonest family names; rarer ones are common words too. */
const FAMILY_NAMES = 5000

/**
 * First names and common words of a language, from the word lists of zxcvbn (MIT). Loading takes some 200 ms and a few
 * megabytes, so it happens once, before the first call.
 */
export async function loadNames(language: Language): Promise<NameDictionary> {
  const { dictionary } = await loaders[language]()
  const list = (name: string): readonly (string | number)[] =>
    dictionary[name] ?? dictionary[`${name}-${language}`] ?? []
  const first = new Set(list('firstnames').map((name) => fold(String(name))))
  const family = new Set(
    list('lastnames')
      .slice(0, FAMILY_NAMES)
      .map((name) => fold(String(name))),
  )
  const ranks = new Map(list('commonWords').map((word, rank) => [String(word), rank]))
  return {
    isFirstName: (word) => first.has(word),
    isFamilyName: (word) => family.has(word),
    rank: (word) => ranks.get(word) ?? Number.POSITIVE_INFINITY,
  }
}
