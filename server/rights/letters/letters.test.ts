import { expect, test } from 'vitest'
import { letterWords } from './words.ts'

test('letters say the same things in three languages, with the same gaps to fill', () => {
  const shape = (value: unknown, at = ''): string[] =>
    typeof value === 'string'
      ? [`${at} ${[...value.matchAll(/\{\w+\}/g)].map(String).toSorted().join(' ')}`]
      : Object.entries(value as object).flatMap(([key, inner]) => shape(inner, `${at}.${key}`))
  for (const language of ['it', 'fr'] as const) expect(shape(letterWords[language])).toEqual(shape(letterWords.en))
  expect(JSON.stringify(letterWords.fr)).not.toMatch(/ [:;?!»]|« /)
})
