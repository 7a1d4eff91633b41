import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sourceCaptions, type SourceSegment } from './captions.ts'

const segment = (some: Partial<SourceSegment>): SourceSegment => ({
  lane: 0,
  id: 'a',
  final: false,
  text: 'buon giorno',
  startMs: 1000,
  endMs: 2000,
  ...some,
})

describe('captions of a source', () => {
  it('grow, end, and are said whose they are', () => {
    const captions = sourceCaptions('platform-x')
    expect(captions.identity).toMatchObject({ engine: 'source', model: 'platform-x' })
    expect(captions.take(segment({ text: 'buon' }))?.kind).toBe('partial')
    expect(captions.take(segment({}))?.kind).toBe('partial')
    expect(captions.partials(0).map((u) => u.text)).toEqual(['buon giorno'])
    expect(
      captions.take(segment({ final: true, text: 'Buongiorno.', language: 'it-IT', confidence: 0.9 })),
    ).toMatchObject({
      kind: 'final',
      utterance: { text: 'Buongiorno.', language: 'it', confidence: 0.9, timing: 'segment' },
    })
    expect([captions.partials(0), captions.finals(0).length, captions.finals(1)]).toEqual([[], 1, []])
  })

  it('are not undone by late partials, and say corrections and retractions', () => {
    const captions = sourceCaptions('x')
    captions.take(segment({ final: true, revision: 3, text: 'tre' }))
    expect(captions.take(segment({ revision: 2, text: 'due' }))).toBeNull()
    expect(captions.take(segment({ revision: 9, text: 'nove' }))).toBeNull()
    expect(captions.take(segment({ final: true, revision: 3, text: 'tre' }))).toBeNull()
    expect(captions.take(segment({ final: true, revision: 2, text: 'due' }))).toBeNull()
    expect(captions.take(segment({ final: true, revision: 4, text: 'quattro' }))?.kind).toBe('corrected')
    expect(captions.take(segment({ final: true, revision: 5, text: '' }))).toEqual({
      kind: 'retracted',
      lane: 0,
      id: 'a',
    })
    expect(captions.finals(0)).toEqual([])
  })

  it('without numbers take the later one, and repetitions for nothing', () => {
    const captions = sourceCaptions('x')
    expect(captions.take(segment({ final: true }))?.kind).toBe('final')
    expect(captions.take(segment({ final: true }))).toBeNull()
    expect(captions.take(segment({ final: true, text: 'altro' }))?.kind).toBe('corrected')
  })

  it('keep the platform’s word times where they are of the text', () => {
    const words = [
      { text: 'buon', startMs: 1000, endMs: 1300, confidence: 0.5 },
      { text: 'giorno', startMs: 1400, endMs: 1900, confidence: 1 },
    ]
    const captions = sourceCaptions('x')
    captions.take(segment({ final: true, words }))
    captions.take(segment({ final: true, id: 'b', text: 'un altro testo', words }))
    expect(captions.finals(0).map((u) => [u.timing, u.words.length, u.confidence])).toEqual([
      ['word', 2, 0.75],
      ['segment', 3, null],
    ])
  })

  it('refuse what cannot be', () => {
    const captions = sourceCaptions('x')
    for (const wrong of [{ id: '' }, { startMs: -1 }, { endMs: 10 }, { startMs: Number.NaN }, { lane: 0.5 }])
      expect(captions.take(segment(wrong))).toBeNull()
    expect(captions.finals(0)).toEqual([])
  })

  it('left partial at the end of the call are what was said', () => {
    const captions = sourceCaptions('x')
    captions.take(segment({ final: true }))
    captions.take(segment({ id: 'b', lane: 1, text: 'pronto' }))
    expect(captions.end()).toMatchObject([{ kind: 'final', lane: 1, id: 'b' }])
    expect(captions.finals(1).map((u) => u.text)).toEqual(['pronto'])
    expect(captions.end()).toEqual([])
  })

  it('end the same in whatever order numbered segments arrive', () => {
    const pushed = fc.uniqueArray(
      fc.record({
        lane: fc.nat(1),
        id: fc.constantFrom('a', 'b', 'c'),
        revision: fc.nat(5),
        text: fc.constantFrom('uno', 'due', ''),
        startMs: fc.nat(5000),
      }),
      { selector: (s) => `${s.lane} ${s.id} ${s.revision}`, maxLength: 20 },
    )
    fc.assert(
      fc.property(pushed, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (segments, chance) => {
        const all = segments.map((s) => ({ ...s, final: s.revision >= 3, endMs: s.startMs + 100 }))
        const result = (order: SourceSegment[]) => {
          const captions = sourceCaptions('x')
          order.forEach((s) => captions.take(s))
          return [0, 1].map((lane) => [captions.finals(lane), captions.partials(lane)])
        }
        const key = new Map(all.map((s) => [s, chance.next().value ?? 0]))
        expect(result(all.toSorted((a, b) => (key.get(a) ?? 0) - (key.get(b) ?? 0)))).toEqual(result(all))
      }),
    )
  })
})
