import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SecurityEvidence } from '../../../contract/models/security.ts'
import { textOfPdf } from '../../platform/testkit/pdf.ts'
import { goodFacts, nowMs } from '../testkit/security.ts'
import { controls, type ControlKey } from './controls.ts'
import { securityPdf, valueIn } from './document.ts'
import { securityEvidence, statusOf } from './evidence.ts'
import type { SecurityFacts } from './facts.ts'
import { supportedUntil } from './support.ts'
import { securityWords } from './words/index.ts'

const DAY = 86_400_000

type Room = keyof SecurityFacts
/** Good facts with something else in one room. */
const spoilt = <R extends Room>(room: R, over: Partial<SecurityFacts[R]>): SecurityFacts => {
  const facts = goodFacts()
  return { ...facts, [room]: { ...facts[room], ...over } }
}
const askingFor = (facts: SecurityFacts): ControlKey[] =>
  securityEvidence(facts)
    .controls.filter(({ status }) => status === 'attention')
    .map(({ key }) => key as ControlKey)

/** One wrong fact, and the controls that then ask for attention. */
const spoils: [what: string, facts: SecurityFacts, controls: ControlKey[]][] = [
  ['somebody has no second factor', spoilt('people', { enrolled: 6 }), ['authentication', 'sign_in']],
  ['an account is dormant', spoilt('people', { dormant: 1 }), ['identity', 'rights']],
  ['somebody gone is signed in', spoilt('people', { sessionsOfGone: 1 }), ['identity', 'rights']],
  ['an administrator has no second factor', spoilt('people', { administratorsEnrolled: 1 }), ['privileged']],
  ['there is no administrator', spoilt('people', { administrators: 0, administratorsEnrolled: 0 }), ['privileged']],
  ['an administrator is dormant', spoilt('people', { administratorsDormant: 1 }), ['privileged']],
  ['an API token is unused', spoilt('people', { tokensUnused: 1 }), ['rights']],
  ['an API token is nobody’s', spoilt('people', { tokensOwnerless: 1 }), ['rights', 'privileged']],
  ['the keys are not renewed', spoilt('vault', { epochKeyAgeMs: 2.5 * DAY }), ['cryptography']],
  ['old keys stay', spoilt('vault', { epochKeys: 12 }), ['cryptography']],
  ['a recording has no purpose', spoilt('vault', { withoutPurpose: 1 }), ['inventory', 'deletion', 'end_of_use']],
  ['a destruction is unfinished', spoilt('vault', { unfinished: 1 }), ['deletion', 'temporary']],
  [
    'the log has an alarm',
    spoilt('log', { alarm: 'root_differs' }),
    ['collection', 'records', 'logging', 'monitoring', 'processing_records'],
  ],
  [
    'nobody recomputed the log',
    spoilt('log', { checkedMs: nowMs - 3 * DAY }),
    ['collection', 'records', 'compliance', 'monitoring'],
  ],
  ['nothing is signed', spoilt('log', { checkpointMs: null }), ['collection', 'logging']],
  [
    'there is no time stamp authority',
    spoilt('log', { level: 'self', stampedMs: null }),
    ['collection', 'configuration', 'clock'],
  ],
  ['time stamps fail', spoilt('log', { stampFailing: true }), ['collection', 'clock']],
  ['a witness is silent', spoilt('log', { witnessesFailing: 1 }), ['configuration', 'monitoring']],
  ['there is no key to sign with', spoilt('log', { signature: null }), ['cryptography']],
  [
    'an access had no purpose',
    spoilt('capture', { withoutPurpose: 1 }),
    ['transfer', 'access', 'restriction', 'leakage', 'disclosure'],
  ],
  [
    'access records are kept too long',
    spoilt('capture', { oldestMs: nowMs - 400 * DAY }),
    ['records', 'logging', 'disclosure'],
  ],
  ['an upload was left', spoilt('capture', { uploadsAbandoned: 1 }), ['temporary']],
  [
    'a destroyed call has no certificate',
    spoilt('retention', { certificates: 9 }),
    ['deletion', 'end_of_use', 'disposal'],
  ],
  ['a destruction is not final', spoilt('retention', { finalsLate: 1 }), ['deletion', 'disposal']],
  ['a term is overdue', spoilt('retention', { overdue: 1 }), ['compliance', 'deletion', 'retention']],
  ['a purpose is unknown', spoilt('retention', { unknownPurpose: 1 }), ['inventory', 'classification', 'purpose']],
  ['a term has no basis', spoilt('retention', { withoutBasis: 1 }), ['classification', 'basis']],
  ['a term is above its ceiling', spoilt('retention', { beyondCeiling: 1 }), ['legal', 'compliance', 'retention']],
  [
    'a no is not heeded',
    spoilt('retention', { unheeded: 1 }),
    ['privacy', 'consent_records', 'withdrawal', 'objection'],
  ],
  ['nothing was swept', spoilt('retention', { sweptMs: null }), ['deletion']],
  ['the clock leapt', spoilt('retention', { clockAlarm: 'clock_ahead' }), ['clock']],
  ['no day is believed', spoilt('retention', { day: null }), ['clock']],
  ['a purpose names no law', spoilt('rules', { purposesWithText: 3 }), ['classification', 'legal', 'basis']],
  ['the announcement lacks a fact', spoilt('rules', { announcementMissing: 1 }), ['consent_how', 'information']],
  [
    'the controller is not declared',
    spoilt('rules', { controllerMissing: 1 }),
    ['privacy', 'processing_records', 'information'],
  ],
  ['a program published the register', spoilt('rules', { registerBy: 'nobody' }), ['change']],
  ['a program published the policy', spoilt('policy', { publishedBy: 'nobody' }), ['configuration', 'change']],
  ['a rule is at odds with the law', spoilt('policy', { atOdds: 1 }), ['legal', 'compliance', 'collection_limit']],
  ['a rule never pauses', spoilt('policy', { withoutPause: 1 }), ['masking', 'collection_limit']],
  ['a request is overdue', spoilt('rights', { overdue: 1 }), ['privacy', 'data_access', 'copy', 'handling']],
  ['an answer came late', spoilt('rights', { inTime: 8 }), ['privacy', 'data_access', 'handling']],
  ['a program answered', spoilt('rights', { closedByPerson: 8 }), ['handling', 'automated']],
  [
    'the page is in clear',
    spoilt('installation', { transport: 'plain' }),
    ['transfer', 'sign_in', 'configuration', 'cryptography'],
  ],
  ['keys lie beside the data', spoilt('installation', { apart: false }), ['configuration', 'cryptography']],
  ['nobody knows where keys lie', spoilt('installation', { apart: null }), ['configuration', 'cryptography']],
  ['Node.js gets no corrections', spoilt('installation', { node: '22.1.0', atMs: Date.UTC(2027, 4, 1) }), ['versions']],
  [
    'PostgreSQL gets no corrections',
    spoilt('installation', { postgres: '15.1', atMs: Date.UTC(2027, 11, 1) }),
    ['versions'],
  ],
]

test('when nothing is wrong, everything that is measured is shown', () => {
  expect(askingFor(goodFacts())).toEqual([])
  const { counts } = SecurityEvidence.parse(securityEvidence(goodFacts()))
  const outside = controls.filter(({ measures }) => measures.length === 0).length
  expect(counts).toEqual({ shown: controls.length - outside, attention: 0, outside })
})

describe('one wrong fact asks for attention, and only where it belongs', () => {
  test.each(spoils)('%s', (_, facts, expected) => expect(askingFor(facts).toSorted()).toEqual(expected.toSorted()))

  test('there is such a fact for every control that is measured', () => {
    const reached = new Set(spoils.flatMap(([, , keys]) => keys))
    const never = controls.filter(({ key, measures }) => measures.length > 0 && !reached.has(key)).map(({ key }) => key)
    expect(never).toEqual([])
  })
})

test('a status is decided by the readings alone', () => {
  const good = fc.constantFrom(true, false, null)
  fc.assert(
    fc.property(fc.array(fc.record({ good })), (readings) => {
      const expected =
        readings.length === 0 ? 'outside' : readings.some((r) => r.good === false) ? 'attention' : 'shown'
      expect(statusOf(readings)).toBe(expected)
    }),
  )
})

test('the values are those of the facts, each with the moment it was measured', () => {
  const facts = spoilt('people', { enrolled: 5, atMs: nowMs + 250 })
  const { controls: shown, madeAt } = securityEvidence(facts)
  const measures = shown.flatMap(({ evidence }) => evidence)
  const one = (key: string) => measures.find((measure) => measure.key === key)
  expect(one('second_factor')).toMatchObject({ value: { kind: 'part', n: 5, of: 7 }, at: '2027-03-04T10:00:00.250Z' })
  expect(one('log_entries')).toMatchObject({ value: { n: 12_345 }, at: '2027-03-04T10:00:00.000Z' })
  expect(one('epoch_key_age')?.value).toEqual({ kind: 'days', n: 0.4 })
  expect(one('derivation')?.value).toEqual({ kind: 'text', text: 'HKDF-SHA-512' })
  expect(one('agreements')?.value).toMatchObject({
    items: [{ name: { it: 'Italia', fr: 'Italie', en: 'Italy' }, n: 2 }],
  })
  expect(madeAt).toBe('2027-03-04T10:00:00.250Z')
})

test('what is ours to show has steps to check it, what is not has words on what to provide; inferred numbers are told', () => {
  for (const { clause, status, checks, provide, evidence, uncertain, standard, formerly } of securityEvidence(
    goodFacts(),
  ).controls) {
    expect([clause, status === 'outside', checks.length === 0, provide !== null]).toEqual(
      evidence.length === 0 ? [clause, true, true, true] : [clause, false, false, false],
    )
    const confirmed = /^A\.1\.(2\.[2-9]|3\.[5-8])$/.test(clause)
    expect([clause, uncertain]).toEqual([clause, standard === 'iso27701_2025' && !confirmed])
    expect(formerly !== null).toBe(standard === 'iso27701_2025')
  }
})

test('a version of an unknown series is neither good nor bad', () => {
  expect(supportedUntil('node', '24.4.0')).toBe('2028-04-30')
  expect(supportedUntil('postgres', '99.1')).toBeNull()
  expect(askingFor(spoilt('installation', { node: '99.0.0' }))).toEqual([])
})

test('the document says the same in three languages', async () => {
  const evidence = securityEvidence(spoils[0]![1])
  for (const language of ['it', 'fr', 'en'] as const) {
    const words = securityWords[language]
    const said = textOfPdf(await securityPdf(evidence, language))
    const flat = said.replaceAll(/\s/g, '')
    for (const { subject, clause } of evidence.controls) {
      expect(flat).toContain(subject[language].replaceAll(/\s/g, '').replaceAll('’', '\u0092'))
      expect(said).toContain(clause.replaceAll('–', '\u0096'))
    }
    expect(said).toContain(words.bad)
    expect(said).not.toMatch(/\{\w+\}|undefined|\[object/)
  }
  expect(valueIn({ kind: 'part', n: 1200, of: 1300 }, 'it')).toBe('1200 di 1300')
  expect(valueIn({ kind: 'instant', at: null }, 'fr')).toBe('jamais')
})

test('the words are the same set in three languages, with the same places to fill', () => {
  const shape = (value: unknown, at = ''): string[] =>
    typeof value === 'string'
      ? [`${at} ${[...value.matchAll(/\{\w+\}/g)].map(String).toSorted().join(' ')}`]
      : Object.entries(value as object).flatMap(([key, inner]) => shape(inner, `${at}.${key}`))
  for (const language of ['it', 'fr'] as const)
    expect(shape(securityWords[language]).toSorted()).toEqual(shape(securityWords.en).toSorted())
  expect(JSON.stringify(securityWords.fr)).not.toMatch(/ [:;?!»](?![/\d])|« /)
})
