import { type RawBuilder, sql } from 'kysely'
import type { Query } from './query.ts'

/** Text search configurations of PostgreSQL, by language; others are searched word for word. */
const dictionaries: Record<string, string> = { it: 'italian', fr: 'french', en: 'english' }
export const searchLanguages = Object.keys(dictionaries)
export const dictionaryOf = (language: string): string => dictionaries[language] ?? 'simple'

/** An elided article is a word of its own only behind the plain apostrophe. */
const plainSigns = (text: string): string => text.replaceAll(/[\u2019\u02bc]/g, "'")

/** The index entry of a text. Marks stand for personal data: their names are no words that were said. */
export const searchVector = (text: string, language: string): RawBuilder<string> =>
  sql<string>`to_tsvector(${dictionaryOf(language)}::regconfig, ${plainSigns(text.replaceAll(/\[[A-Z_]+\]/g, ' '))})`

/** A query as PostgreSQL compares it with turns of a language. Every word travels as a parameter. */
export function tsquery(query: Query, language: string): RawBuilder<unknown> {
  const dictionary = sql`${dictionaryOf(language)}::regconfig`
  const of = (part: Query): RawBuilder<unknown> => tsquery(part, language)
  switch (query.kind) {
    case 'words':
      return sql`plainto_tsquery(${dictionary}, ${plainSigns(query.text)})`
    case 'phrase':
      return sql`phraseto_tsquery(${dictionary}, ${plainSigns(query.text)})`
    case 'not':
      return sql`(!! ${of(query.part)})`
    case 'all':
      return sql`(${sql.join(query.parts.map(of), sql` && `)})`
    case 'any':
      return sql`(${sql.join(query.parts.map(of), sql` || `)})`
    case 'near':
      return near(of(query.left), of(query.right), query.within)
  }
}

/** PostgreSQL knows exact distances: near is any of them, in either order. */
function near(left: RawBuilder<unknown>, right: RawBuilder<unknown>, within: number): RawBuilder<unknown> {
  const distances = Array.from({ length: within }, (_, i) => i + 1)
  const both = distances.flatMap((n) => [
    sql`tsquery_phrase(${left}, ${right}, ${n}::int)`,
    sql`tsquery_phrase(${right}, ${left}, ${n}::int)`,
  ])
  return sql`(${sql.join(both, sql` || `)})`
}
