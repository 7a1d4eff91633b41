import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

type Tree = { [key: string]: string | Tree }

const read = (locale: string): Tree =>
  JSON.parse(readFileSync(new URL(`../web/locales/${locale}.json`, import.meta.url), 'utf8')) as Tree

const flat = (tree: Tree, before = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[before + key, value] as [string, string]] : flat(value, `${before}${key}.`),
  )

const variables = (text: string): string =>
  [...text.matchAll(/\{\{\s*(\w+)/g)]
    .map((found) => found[1] ?? '')
    .toSorted()
    .join(' ')

/** Words that are the same in two languages by right, such as a product's name; a sentence never is. */
const isSentence = (text: string): boolean => {
  const words = text
    .replace(/\{\{.*?\}\}/g, '')
    .trim()
    .split(/\s+/)
  return words.length >= 3 && !words.every((word) => /^\p{Lu}/u.test(word))
}

/** Names of products are no one's language. */
const isName = (key: string): boolean => key.startsWith('sources.protocols.')

const english = flat(read('en'))

describe.each(['it', 'fr'])('the texts in %s', (locale) => {
  const texts = new Map(flat(read(locale)))

  it('have the keys of the English ones, in the same order', () => {
    expect([...texts.keys()]).toEqual(english.map(([key]) => key))
  })

  it('are translated', () => {
    expect(english.filter(([key, text]) => !isName(key) && isSentence(text) && texts.get(key) === text)).toEqual([])
  })

  it('are not empty', () => {
    expect([...texts].filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it('use the same variables', () => {
    const different = english.filter(([key, text]) => variables(text) !== variables(texts.get(key) ?? ''))
    expect(different).toEqual([])
  })
})
