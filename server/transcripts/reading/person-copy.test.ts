import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Turn } from '../../../contract/models/transcripts.ts'
import { filesForPerson, silenced, turnsForPerson } from './person-copy.ts'

/** A turn that says a word each second, from `fromMs`; words in brackets are marks. */
function turnOf(text: string, more: Partial<Turn> = {}): Turn {
  const fromMs = more.fromMs ?? 0
  const found = [...text.matchAll(/\S+/g)]
  const words = found.map((match, i) => ({
    at: match.index,
    length: match[0].length,
    fromMs: fromMs + i * 1000,
    toMs: fromMs + (i + 1) * 1000,
  }))
  const marks = words
    .filter(({ at }) => text[at] === '[')
    .map(({ at, length }) => ({ type: 'CARD' as const, at, length }))
  return {
    index: 0,
    leg: 1,
    role: 'customer',
    fromMs,
    toMs: fromMs + found.length * 1000,
    language: 'it',
    text,
    words,
    marks,
    confidence: null,
    madeBy: 'engine',
    corrections: [],
    ...more,
  }
}
const heard = (turn: Turn): string[] => turn.words.map(({ at, length }) => turn.text.slice(at, at + length))

it('words of a silenced passage are left out, marks and words keep their places', () => {
  const [turn] = turnsForPerson([turnOf('la carta [CARD] di mia moglie Anna è questa')], [{ fromMs: 3500, toMs: 6500 }])
  expect(turn?.text).toBe(`la carta [CARD] ${silenced} è questa`)
  expect(heard(turn!)).toEqual(['la', 'carta', '[CARD]', 'è', 'questa'])
  expect(turn?.marks).toEqual([{ type: 'CARD', at: 9, length: 6 }])
})

it('a passage is silent on its lane only, and a turn without times goes as a whole', () => {
  const passage = { lane: 0, fromMs: 0, toMs: 9000 }
  const [mine, other] = turnsForPerson([turnOf('sono io'), turnOf('era lui', { leg: 0, words: [] })], [passage])
  expect([mine?.text, other?.text]).toEqual(['sono io', silenced])
})

it('no word that overlaps a passage is left, and every other one is', () => {
  const words = fc.array(fc.constantFrom('uno', 'due', '[CARD]', 'tre,', 'perché'), { minLength: 1, maxLength: 12 })
  const passages = fc.array(fc.tuple(fc.nat(13_000), fc.integer({ min: 1, max: 5000 })), { maxLength: 3 })
  fc.assert(
    fc.property(words, passages, (said, spans) => {
      const turn = turnOf(said.join(' '))
      const silent = spans.map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length }))
      const [left] = turnsForPerson([turn], silent)
      const expected = turn.words.filter((w) => !silent.some((s) => s.fromMs < w.toMs && s.toMs > w.fromMs))
      expect(heard(left!)).toEqual(expected.map(({ at, length }) => turn.text.slice(at, at + length)))
      expect(left!.text.split(' ').filter((word) => word !== silenced)).toEqual(heard(left!))
    }),
  )
})

it('no name of an employee leaves with the copy', () => {
  const note = { id: 'n', text: 'rimborso', authorId: 'a', authorName: 'Bruna Impiegata', at: '2026-11-27T00:00:00Z' }
  const turns = turnsForPerson([turnOf('volevo un rinborso', { corrections: [note] })], [])
  const { text, json } = filesForPerson(turns)
  expect(text).toBe('[00:00:00.000] Cliente: volevo un rinborso\n')
  expect(json).not.toMatch(/Bruna|corrections/)
})
