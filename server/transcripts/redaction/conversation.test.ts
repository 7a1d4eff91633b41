import { expect, test } from 'vitest'
import { redact } from './apply.ts'
import { redactConversation } from './live.ts'
import type { Language, Turn } from './types.ts'

/** Lines `a: …` (agent) and `c: …` (customer), redacted. */
function redacted(language: Language, ...lines: string[]): string[] {
  const turns = lines.map((line, k): Turn => {
    const role = line.startsWith('a:') ? 'agent' : 'customer'
    return { id: String(k), lane: role, role, text: line.slice(3) }
  })
  const spans = redactConversation({ language }, turns)
  return turns.map(({ id, text }) => redact(text, spans.get(id) ?? []).text)
}

test('a card over several turns, with acknowledgements between, is one value', () => {
  expect(
    redacted(
      'it',
      'a: mi detta la carta',
      'c: sì quattro uno uno uno',
      'a: ok',
      'c: uno uno ehm uno uno',
      'a: prego',
      'c: doppio uno doppio uno',
      'a: sì',
      'c: 1111',
    ),
  ).toEqual(['mi detta la carta', 'sì [CARD]', 'ok', '[CARD]', 'prego', '[CARD]', 'sì', '[CARD]'])
})

test('a card that nobody announced is found by its check digit, back over its turns', () => {
  expect(redacted('en', 'c: four one one one', 'a: yes', 'c: one one one one', 'a: go on', 'c: 1111 1111')).toEqual([
    '[CARD]',
    'yes',
    '[CARD]',
    'go on',
    '[CARD]',
  ])
})

test('a card that was asked for is one even misheard and incomplete', () => {
  expect(
    redacted('fr', 'a: le numéro de votre carte s’il vous plaît', 'c: alors c’est quarante et un onze douze'),
  ).toEqual(['le numéro de votre carte s’il vous plaît', 'alors c’est [CARD]'])
})

test('the other lane repeats', () => {
  expect(
    redacted('it', 'c: la carta è 4111 1111 1111 1111', 'a: mi conferma 4111 e finisce per uno uno uno uno'),
  ).toEqual(['la carta è [CARD]', 'mi conferma [CARD] e finisce per [CARD]'])
})

test('a correction belongs to the value', () => {
  expect(redacted('en', 'c: the card is 4111 1112 no sorry 1111 1111 1111')).toEqual(['the card is [CARD]'])
})

test('thanks are no code', () => {
  const asked = ['a: la carta', 'c: quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno']
  expect(redacted('it', ...asked, 'a: grazie mille', 'c: grazie mille a lei').slice(2)).toEqual([
    'grazie mille',
    'grazie mille a lei',
  ])
  expect(redacted('it', ...asked, 'a: e il codice di sicurezza', 'c: tre due uno grazie mille').slice(3)).toEqual([
    '[CVV] grazie mille',
  ])
})

test('expiry and code after the card', () => {
  expect(
    redacted(
      'en',
      'c: my card is 4111 1111 1111 1111',
      'a: and the expiry',
      'c: zero two twenty seven',
      'a: the three digits on the back',
      'c: four one two',
    ),
  ).toEqual(['my card is [CARD]', 'and the expiry', '[EXPIRY]', 'the three digits on the back', '[CVV]'])
  expect(redacted('it', 'c: la carta scade luglio duemilaventisette')).toEqual(['la carta scade [EXPIRY]'])
})

test('accounts', () => {
  const said =
    'i come imola t come torino sessanta x zero cinque quattro due otto uno uno uno zero uno zero zero zero zero zero zero uno due tre quattro cinque sei'
  expect(redacted('it', `c: ecco ${said}`)).toEqual(['[IBAN]'])
  expect(redacted('en', 'c: pay into GB29 NWBK 6016 1331 9268 19 please')).toEqual(['pay into [IBAN] please'])
  expect(redacted('fr', 'a: votre iban', 'c: f r quatorze vingt zéro quatre', 'a: oui', 'c: dix zéro dix')).toEqual([
    'votre iban',
    '[IBAN]',
    'oui',
    '[IBAN]',
  ])
})

test('identity numbers', () => {
  expect(
    redacted(
      'it',
      'c: il codice fiscale è erre esse esse emme erre a ottantacinque ti dieci a cinquecentosessantadue esse',
    ),
  ).toEqual(['il codice fiscale è [NATIONAL_ID]'])
  expect(redacted('it', 'c: RSSMRA85T10A562S')).toEqual(['[NATIONAL_ID]'])
  expect(
    redacted('fr', 'c: c’est le deux cinquante cinq zéro huit quatorze cent soixante huit zéro vingt cinq trente huit'),
  ).toEqual(['c’est le [NATIONAL_ID]'])
  expect(redacted('en', 'c: my national insurance number is q q 12 34 56 c')).toEqual([
    'my national insurance number is [NATIONAL_ID]',
  ])
  expect(redacted('it', 'c: il passaporto è y a uno due tre quattro cinque sei sette')).toEqual([
    'il passaporto è [PASSPORT]',
  ])
})

test('telephone numbers', () => {
  expect(redacted('it', 'c: mi richiami al tre quattro sette doppio zero uno due tre quattro cinque')).toEqual([
    'mi richiami al [PHONE]',
  ])
  expect(redacted('fr', 'c: c’est le zéro six trente neuf quatre-vingt-dix-huit zéro un zéro deux')).toEqual([
    'c’est le [PHONE]',
  ])
  expect(redacted('en', 'c: ring me on plus forty four seven seven double zero nine zero zero one two three')).toEqual([
    'ring me on [PHONE]',
  ])
})

test('e-mail, address, birth', () => {
  expect(redacted('it', 'c: la mail è anna punto verdi chiocciola esempio punto it')).toEqual(['la mail è [EMAIL]'])
  expect(redacted('en', 'c: write to a dot b at g mail dot com thanks')).toEqual(['write to [EMAIL] thanks'])
  expect(redacted('fr', 'c: Écrivez à anna.verdi@exemple.fr.')).toEqual(['Écrivez à [EMAIL].'])
  expect(redacted('it', 'c: abito in via garibaldi dodici a pavia')).toEqual(['abito in [ADDRESS]'])
  expect(redacted('fr', 'c: j’habite douze bis rue des lilas à dijon')).toEqual(['j’habite [ADDRESS]'])
  expect(redacted('en', 'c: i live at one hundred and six acacia avenue york')).toEqual(['i live at [ADDRESS]'])
  expect(redacted('it', 'c: sono nata il primo maggio millenovecentosettanta')).toEqual(['sono nata il [DOB]'])
  expect(redacted('en', 'a: your date of birth', 'c: the third of june nineteen eighty')).toEqual([
    'your date of birth',
    'the [DOB]',
  ])
})

test('names by the words around them', () => {
  expect(redacted('it', 'c: mi chiamo anna verdi e vorrei un’informazione')).toEqual([
    'mi chiamo [NAME] e vorrei un’informazione',
  ])
  expect(redacted('fr', 'c: je m’appelle anne de la tour')).toEqual(['je m’appelle [NAME]'])
  expect(redacted('en', 'a: your surname please', 'c: it’s v for victor e r d i')).toEqual([
    'your surname please',
    'it’s [NAME]',
  ])
  expect(redacted('en', 'a: my name is john how can i help')).toEqual(['my name is john how can i help'])
})

test('a name that was told is one when it is said again', () => {
  expect(redacted('it', 'c: mi chiamo ginevra verdoni', 'a: grazie verdoni')).toEqual([
    'mi chiamo [NAME]',
    'grazie [NAME]',
  ])
})

test('health', () => {
  expect(redacted('it', 'c: mia madre ha il diabete e fa la dialisi')).toEqual([
    'mia madre ha il [HEALTH] e fa la [HEALTH]',
  ])
  expect(redacted('en', 'c: i am disabled and use a wheelchair')).toEqual(['i am [HEALTH] and use a [HEALTH]'])
})

test.each([
  ['it', 'la bolletta era di trecentoventidue euro e cinquanta'],
  ['it', 'aspetto da quattordici giorni'],
  ['it', 'il numero d’ordine è 7713 3450'],
  ['it', 'la lettura del contatore è nove otto sei nove due zero'],
  ['it', 'sono cliente dal duemilaventi'],
  ['it', 'ho due carte e tre conti'],
  ['fr', 'le relevé du compteur c’est 2910 15'],
  ['fr', 'la facture était de soixante et onze euros'],
  ['fr', 'mon numéro de commande c’est trente huit cinquante neuf soixante deux'],
  ['fr', 'j’appelle depuis deux mille vingt'],
  ['en', 'the order number is fifteen eighty nine sixty six twenty two'],
  ['en', 'i have been waiting for twenty two days'],
  ['en', 'it was four hundred and six pounds'],
  ['en', 'two of them arrived in twenty nineteen'],
] as const)('%s: %s stays', (language, text) => {
  expect(redacted(language, `c: ${text}`)).toEqual([text])
})

test('a value that follows an order number without a word is told from it by its form', () => {
  expect(
    redacted(
      'it',
      'c: il numero d’ordine è 7713 345',
      'a: ok',
      'c: erre esse esse emme erre a ottantacinque',
      'a: sì',
      'c: ti dieci a 562 esse',
    ),
  ).toEqual(['il numero d’ordine è 7713 345', 'ok', '[NATIONAL_ID]', 'sì', '[NATIONAL_ID]'])
  expect(redacted('en', 'c: the order number is 7713 345', 'c: 4111 1111 1111 1111')).toEqual([
    'the order number is 7713 345',
    '[CARD]',
  ])
})

test('an amount does not become a card because one was asked for', () => {
  expect(
    redacted('it', 'a: mi dà il numero della carta', 'c: la bolletta era di trecento euro', 'c: quattro uno uno uno'),
  ).toEqual(['mi dà il numero della carta', 'la bolletta era di trecento euro', '[CARD]'])
})
