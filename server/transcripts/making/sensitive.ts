import {
  type Language,
  languages,
  loadNames,
  merged,
  type NameDictionary,
  redact,
  redactConversation,
  type Span,
  type Turn,
} from '../redaction/index.ts'

/** What is personal in what was said. */
export type Sensitive = {
  /** Lists of names of every language, by language: for what is redacted while it is said. */
  loadNames: () => Promise<Map<string, NameDictionary>>
  /** The spans of a conversation, by turn: in order, and none meets another. */
  spansOf: (turns: readonly Turn[], language: string) => Promise<Map<string, Span[]>>
  /** One text by itself, with marks. */
  redactText: (text: string, language: string) => Promise<string>
}

const isKnown = (language: string): language is Language => (languages as readonly string[]).includes(language)

/**
 * Of a language nobody declared, what is personal in any of them is taken out: too much is better than too little. Lists of names are
 * read when they are first needed.
 */
export function createSensitive(): Sensitive {
  const names = new Map<Language, Promise<NameDictionary>>()
  const namesOf = (language: Language): Promise<NameDictionary> => {
    const known = names.get(language) ?? loadNames(language)
    names.set(language, known)
    return known
  }

  async function spansOf(turns: readonly Turn[], language: string): Promise<Map<string, Span[]>> {
    const spans = new Map<string, Span[]>()
    for (const each of isKnown(language) ? [language] : languages) {
      const settings = { language: each, names: await namesOf(each) }
      for (const [id, found] of redactConversation(settings, turns))
        spans.set(id, merged([...(spans.get(id) ?? []), ...found]))
    }
    return spans
  }

  return {
    loadNames: async () =>
      new Map(await Promise.all(languages.map(async (each) => [each, await namesOf(each)] as const))),
    spansOf,
    redactText: async (text, language) => {
      const spans = await spansOf([{ id: '0', lane: '0', role: 'unknown', text }], language)
      return redact(text, spans.get('0') ?? []).text
    },
  }
}
