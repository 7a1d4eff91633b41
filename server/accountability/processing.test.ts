import { expect, test } from 'vitest'
import { ProcessingRegister } from '../../contract/models/accountability.ts'
import { textOfPdf } from '../platform/testkit/pdf.ts'
import { organisation } from '../retention/testkit/governance.ts'
import { seededEntries as seed } from '../retention/register/seed.ts'
import { registerPdf } from './document.ts'
import { processingRegister, type ProcessingFacts } from './processing.ts'
import { registerWords } from './words.ts'

const facts = (over: Partial<ProcessingFacts> = {}): ProcessingFacts => ({
  nowMs: Date.parse('2027-03-04T10:00:00Z'),
  product: '0.1.0',
  organisation: organisation(),
  register: { version: 3, entries: seed() },
  policyVersion: 7,
  announcement: 2,
  agreements: [],
  held: [{ purpose: 'training', terms: 12, firstDay: '2027-03-05', lastDay: '2027-09-04' }],
  timestampUrl: 'https://tsa.example.test/stamp',
  witnessUrls: ['https://witness.example.test/w'],
  ...over,
})

test('every purpose is an activity with basis, data, recipients, clock and what is kept now', () => {
  const register = ProcessingRegister.parse(processingRegister(facts()))
  expect(register.activities.map(({ purpose }) => purpose)).toEqual(seed().map(({ key }) => key))
  const training = register.activities.find(({ purpose }) => purpose === 'training')
  expect(training).toMatchObject({ held: { terms: 12, firstDay: '2027-03-05' } })
  expect(training?.recipients.length).toBeGreaterThan(0)
  const evidence = register.activities.find(({ purpose }) => purpose === 'evidence')
  expect(evidence).toMatchObject({ held: { terms: 0, firstDay: null } })
  expect(evidence?.data).toContain('voice')
  expect(register.outside).toEqual([
    { who: 'time_stamps', host: 'tsa.example.test', receives: 'hashes' },
    { who: 'witness', host: 'witness.example.test', receives: 'hashes' },
  ])
})

test('what nobody has said is named as missing, never made up', () => {
  expect(processingRegister(facts({ organisation: null })).missing).toEqual(['controller'])
  expect(processingRegister(facts()).missing).toEqual([])
  const dpo = { name: 'Ada', email: '', phone: '' }
  const half = { ...organisation(), address: '', country: null, dpo }
  expect(processingRegister(facts({ organisation: half })).missing).toEqual(['address', 'country', 'dpo'])
})

test('the document says the same in three languages', async () => {
  for (const language of ['it', 'fr', 'en'] as const) {
    const text = textOfPdf(await registerPdf(processingRegister(facts()), language))
    for (const { name } of seed()) expect(text).toContain(name[language])
    expect(text).toContain('Acme S.p.A.')
    expect(text).toContain('tsa.example.test')
    expect(text).not.toMatch(/\{\w+\}|undefined|\[object/)
  }
  const shape = (value: unknown, at = ''): string[] =>
    typeof value === 'string'
      ? [`${at} ${[...value.matchAll(/\{\w+\}/g)].map(String).toSorted().join(' ')}`]
      : Object.entries(value as object).flatMap(([key, inner]) => shape(inner, `${at}.${key}`))
  for (const language of ['it', 'fr'] as const) expect(shape(registerWords[language])).toEqual(shape(registerWords.en))
  expect(JSON.stringify(registerWords.fr)).not.toMatch(/ [:;?!»]|« /)
})
