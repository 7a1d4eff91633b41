import { expect, test } from 'vitest'
import { spreadWords } from '../engines/words.ts'
import { Conversation, type Said } from './conversation.ts'

let at = 0
const said = (id: string, text: string, more: Partial<Said> = {}): Said => {
  const [startMs, endMs] = [at, at + 3000]
  at += 4000
  return {
    id,
    leg: 1,
    role: 'customer',
    origin: 'engine',
    final: true,
    stages: { capture: 1, vad: 2, engine: 3 },
    utterance: {
      text,
      words: spreadWords(text, startMs, endMs),
      startMs,
      endMs,
      confidence: null,
      language: 'en',
      timing: 'word',
    },
    ...more,
  }
}
const agent = { leg: 0, role: 'agent' as const }

test('a card number over several turns is shown nowhere: held back while it may be one, then marked', () => {
  const talk = new Conversation([{ language: 'en' }])
  const texts = (): string[] => talk.captions.map(({ text }) => text)
  const { told } = talk.take(said('1', 'can I have the long card number please', agent))
  expect(told.cue.begins).toBe('CARD')
  talk.take(said('2', 'four one one one one one one one'))
  talk.take(said('3', 'thank you', agent))
  talk.take(said('4', 'one one one one'))
  expect(texts().slice(1)).toEqual(['[CARD]', 'thank you', '[CARD]'])
  talk.take(said('5', 'one one one one and that is all'))
  expect(texts().at(-1)).toBe('[CARD] and that is all')
  expect(talk.captions[1]?.marks).toEqual([{ type: 'CARD', at: 0, length: 6 }])
})

test('digits nobody asked for are held back from the fourth on, and shown when they turn out to be nothing', () => {
  const talk = new Conversation([{ language: 'en' }])
  const first = talk.take(said('1', 'it is four five', { final: false }))
  expect(first.captions.map(({ text }) => text)).toEqual(['it is four five'])
  expect(first.told.payment).toEqual([])
  const second = talk.take(said('1', 'it is four five six seven'))
  expect(second.captions.map(({ text }) => text)).toEqual(['it is [NUMBER]'])
  expect(second.told.payment).toHaveLength(1)
  const third = talk.take(said('2', 'and it does not work'))
  expect(third.captions.map(({ id, text }) => [id, text])).toEqual([
    ['1', 'it is four five six seven'],
    ['2', 'and it does not work'],
  ])
})

test('what is left out of the record is not shown', () => {
  const talk = new Conversation([{ language: 'en' }])
  at = 0
  talk.take(said('1', 'seven nine what else'))
  expect(talk.leaveOut([{ fromMs: 0, toMs: 1500 }]).map(({ text }) => text)).toEqual(['[NUMBER] what else'])
  talk.take(said('2', 'so that was it'))
  expect(talk.captions.map(({ text }) => text)).toEqual(['[NUMBER] what else', 'so that was it'])
})

test('in a language nobody knows, what is personal in any is taken out', () => {
  const talk = new Conversation([{ language: 'it' }, { language: 'fr' }, { language: 'en' }])
  talk.take(said('1', 'il mio codice fiscale è rossi mario'))
  talk.take(said('2', 'mon iban c’est FR76 3000 6000 0112 3456 7890 189'))
  expect(talk.captions[1]?.text).toContain('[IBAN]')
})

test('it holds no more than the last turns, and nothing when it is over', () => {
  const talk = new Conversation([{ language: 'en' }])
  for (let i = 0; i < 300; i++) talk.take(said(String(i), 'hello again'))
  expect(talk.captions).toHaveLength(200)
  expect(talk.withdraw('299')).toBe(true)
  expect(talk.captions.at(-1)?.id).toBe('298')
  talk.clear()
  expect(talk.captions).toEqual([])
})

test('what was told before is not told again by what follows', () => {
  const talk = new Conversation([{ language: 'it' }])
  talk.take(said('1', 'mi dica il numero della carta', agent))
  talk.take(said('2', 'quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno'))
  const { told, captions } = talk.take(said('3', 'la ringrazio il pagamento è andato a buon fine', agent))
  expect(told.payment).toEqual([])
  expect(captions.map(({ id }) => id)).toEqual(['3'])
})

test('a caller who reads two hundred numbers: none is shown, and no more is held than of any other call', () => {
  const talk = new Conversation([{ language: 'en' }])
  talk.take(said('q', 'please read me all the card numbers', agent))
  const digits = ['four', 'one', 'one', 'one', 'one', 'one', 'one', 'one']
  for (let i = 0; i < 200; i++) {
    talk.take(said(`a${i}`, digits.join(' ')))
    talk.take(said(`b${i}`, digits.with(0, 'one').join(' ')))
  }
  expect(talk.captions).toHaveLength(200)
  for (const { text } of talk.captions) expect(text).toMatch(/^\[(CARD|NUMBER)\]$/)
})
