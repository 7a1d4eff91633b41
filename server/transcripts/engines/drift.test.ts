import { expect, test } from 'vitest'
import { languageOfText, withDrift } from './drift.ts'
import { spreadWords } from './words.ts'

test.each([
  ['it', 'buongiorno ho visto che la bolletta di marzo è più alta e non capisco perché mi avete messo una penale'],
  [
    'fr',
    'bonjour je vous appelle pour la facture que je ne comprends pas, c’est très cher et mon mari est dans les ennuis',
  ],
  ['en', 'hello I have a question about the bill that you sent to my address, it is not what we said'],
] as const)('%s by its commonest words', (language, text) => expect(languageOfText(text)).toBe(language))

test.each(['pronto', 'Mario Rossi, 4111 1111', 'ok the bar on', 'the menu per favore che il bar and more', ''])(
  '%s says nothing clearly',
  (text) => expect(languageOfText(text)).toBeNull(),
)

const heard = (text: string) => ({
  text,
  words: spreadWords(text, 0, 3000),
  startMs: 0,
  endMs: 3000,
  confidence: null,
  language: 'fr',
  timing: 'word' as const,
})

test('a model that drifts is told of; one that is held to its language is believed', () => {
  const english = heard('the lady is not there and you can have that for it')
  expect(withDrift('nemo-transducer', 'fr', english).language).toBe('en')
  expect(withDrift('whisper', 'fr', english).language).toBe('fr')
  expect(withDrift('nemo-transducer', 'fr', heard('je vous dis que les factures sont dans le tiroir')).language).toBe(
    'fr',
  )
})
