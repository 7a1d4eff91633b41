import { redactConversation } from '../redaction/live.ts'
import { type Language, languages, type Span, type Turn } from '../redaction/types.ts'

const isKnown = (language: string): language is Language => (languages as readonly string[]).includes(language)

/** What is personal in a conversation, by turn. Of a language nobody declared, all are looked for: too much is better than too little. */
export function sensitive(turns: readonly Turn[], language: string): Map<string, Span[]> {
  const spans = new Map<string, Span[]>()
  for (const each of isKnown(language) ? [language] : languages)
    for (const [id, found] of redactConversation({ language: each }, turns))
      spans.set(id, [...(spans.get(id) ?? []), ...found])
  return spans
}

/** One text by itself, with marks. */
export function redactText(text: string, language: string): string {
  const spans = sensitive([{ id: '0', lane: '0', role: 'unknown', text }], language).get('0') ?? []
  return spans
    .toSorted((a, b) => b.start - a.start)
    .reduce((out, { type, start, end }) => `${out.slice(0, start)}[${type}]${out.slice(end)}`, text)
}
