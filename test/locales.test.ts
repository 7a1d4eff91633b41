import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededEntries } from '../server/retention/register/seed.ts'
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

it('French signs keep to the word they follow', () => {
  const seeded = seededEntries().flatMap(({ key, name, description, ai }) =>
    [name.fr, description.fr, ai?.fr ?? ''].map((text): [string, string] => [key, text]),
  )
  const loose = [...flat(read('fr')), ...seeded].filter(([, text]) => /« | (?:[:;?!](?:\s|$)|»)/.test(text))
  expect(loose).toEqual([])
})

/** Rooms whose problems reach the page; those of starting and of the command line stay in the terminal. */
const rooms = [
  'capture',
  'evidence',
  'people',
  'platform/http',
  'policy',
  'retention',
  'rights',
  'transcripts',
  'vault',
]
const terminalOnly = new Set([
  'config_invalid',
  'epoch_key_conflict',
  'epoch_key_missing',
  'keystore_missing',
  'keystore_unreadable',
  'writer_unknown',
])

function* codesThrown(): Generator<string> {
  for (const room of rooms) {
    const folder = join(import.meta.dirname, '../server', room)
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || /\.test\.ts$|testkit/.test(file)) continue
      // a command of its own, see terminalOnly
      if (room === 'transcripts' && file.startsWith('models/')) continue
      const source = readFileSync(join(folder, file), 'utf8')
      // what goes wrong with an engine reaches the page as the reason why a call is not written down
      for (const [, code = ''] of source.matchAll(/new Problem\(\s*'([a-z_]+)'/g))
        if (!code.startsWith('engine_')) yield code
    }
  }
}

it('every problem the server sends to the page has a text', () => {
  const known = new Set(english.map(([key]) => key))
  const missing = [...new Set(codesThrown())].filter(
    (code) => !known.has(`problems.${code}`) && !terminalOnly.has(code),
  )
  expect(missing).toEqual([])
})
