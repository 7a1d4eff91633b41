import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redact } from './apply.ts'
import { redactConversation } from './live.ts'
import { type Style, speakDigits, styles, withLuhn } from './testkit/speak.ts'
import { type Language, languages, type Span, type Turn } from './types.ts'

const asked: Record<Language, string> = {
  it: 'mi dà il numero della carta',
  fr: 'donnez-moi le numéro de la carte',
  en: 'may i have the card number',
}
const noise: Record<Language, string[]> = {
  it: [
    'sì',
    'la carta',
    'il mio numero è',
    'euro',
    'ehm',
    'no scusi',
    'mi chiamo',
    'via',
    'chiocciola',
    'punto',
    'maggio',
    'quattro',
    'doppio',
    'trecentotré',
    'b',
    'come',
    'bologna',
    'iban',
    '12',
    'nato il',
    '[CARD]',
  ],
  fr: [
    'oui',
    'la carte',
    'mon numéro c’est',
    'euros',
    'euh',
    'non pardon',
    'je m’appelle',
    'rue',
    'arobase',
    'point',
    'mai',
    'quatre',
    'vingt',
    'dix',
    'double',
    'cent',
    'f',
    'comme',
    'françois',
    'iban',
    '12',
    'né le',
    '[PHONE]',
  ],
  en: [
    'yes',
    'the card',
    'my number is',
    'pounds',
    'uh',
    'sorry',
    'my name is',
    'street',
    'at',
    'dot',
    'may',
    'four',
    'twenty',
    'double',
    'hundred',
    'and',
    'b',
    'for',
    'bravo',
    'iban',
    '12',
    'born on',
    '[NAME]',
  ],
}

const conversation = (language: Language): fc.Arbitrary<Turn[]> =>
  fc
    .array(
      fc.record({
        agent: fc.boolean(),
        words: fc.array(fc.oneof(fc.constantFrom(...noise[language]), fc.string({ maxLength: 8 })), { maxLength: 12 }),
      }),
      { maxLength: 6 },
    )
    .map((turns) =>
      turns.map(({ agent, words }, k): Turn => {
        const role = agent ? 'agent' : 'customer'
        return { id: String(k), lane: role, role, text: words.join(' ') }
      }),
    )

function applied(language: Language, turns: readonly Turn[]): Turn[] {
  const spans = redactConversation({ language }, turns)
  return turns.map((turn) => ({ ...turn, text: redact(turn.text, spans.get(turn.id) ?? []).text }))
}

test.each(languages)('spans are in order, inside their turn and apart, whatever is said (%s)', (language) => {
  fc.assert(
    fc.property(conversation(language), (turns) => {
      const spans = redactConversation({ language }, turns)
      for (const { id, text } of turns) {
        let at = 0
        for (const span of spans.get(id) ?? []) {
          expect(span.start).toBeGreaterThanOrEqual(at)
          expect(span.end).toBeGreaterThan(span.start)
          at = span.end
        }
        expect(at).toBeLessThanOrEqual(text.length)
      }
    }),
    { numRuns: 300 },
  )
})

const value = (
  language: Language,
): fc.Arbitrary<{ number: string; style: Style; cuts: number[]; language: Language }> =>
  fc.record({
    number: fc.stringMatching(/^4\d{14}$/).map(withLuhn),
    style: fc.constantFrom(...styles),
    cuts: fc.uniqueArray(fc.integer({ min: 1, max: 15 }), { maxLength: 3 }),
    language: fc.constant(language),
  })

/** The parts of a number between cuts, each as a turn, an acknowledgement after each. */
function dictated({
  number,
  style,
  cuts,
  language,
}: {
  number: string
  style: Style
  cuts: number[]
  language: Language
}): Turn[] {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), number.length]
  return edges.slice(1).flatMap((end, k): Turn[] => [
    {
      id: `c${k}`,
      lane: 'customer',
      role: 'customer',
      text: speakDigits(number.slice(edges[k], end), language, style),
    },
    { id: `a${k}`, lane: 'agent', role: 'agent', text: 'ok' },
  ])
}

test.each(languages)('a card that was asked for is gone, however it is said (%s)', (language) => {
  fc.assert(
    fc.property(value(language), (said) => {
      const turns: Turn[] = [{ id: 'q', lane: 'agent', role: 'agent', text: asked[language] }, ...dictated(said)]
      const left = applied(language, turns).filter(({ lane }) => lane === 'customer')
      for (const { text } of left) expect(text).toBe('[CARD]')
    }),
    { numRuns: 300 },
  )
})

test.each(languages)('what is redacted once stays as it is (%s)', (language) => {
  fc.assert(
    fc.property(value(language), (said) => {
      const turns: Turn[] = [{ id: 'q', lane: 'agent', role: 'agent', text: asked[language] }, ...dictated(said)]
      const once = applied(language, turns)
      expect(applied(language, once)).toEqual(once)
    }),
  )
})

test('no character of a span survives', () => {
  fc.assert(
    fc.property(conversation('it'), (turns) => {
      const spans = redactConversation({ language: 'it' }, turns)
      for (const { id, text } of turns) {
        const mine = spans.get(id) ?? []
        const { text: out } = redact(text, mine)
        expect(out.replaceAll(/\[[A-Z_]+\]/g, '')).toBe(remaining(text, mine).replaceAll(/\[[A-Z_]+\]/g, ''))
      }
    }),
  )
})

const remaining = (text: string, spans: readonly Span[]): string =>
  spans.toReversed().reduce((t, { start, end }) => t.slice(0, start) + t.slice(end), text)
