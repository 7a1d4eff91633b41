import i18next from 'i18next'
import { beforeAll, describe, expect, it } from 'vitest'
import type { PolicyRule } from '../../../contract/models/policy.ts'
import { firstRuleName } from '../../../contract/rules.ts'
import type { T } from '../../i18n.ts'
import { formatsOf } from '../../kit/format.ts'
import en from '../../locales/en.json'
import fr from '../../locales/fr.json'
import it_ from '../../locales/it.json'
import { fromTemplate, newRuleId } from './templates.ts'
import { nameInWords, ruleInWords, type Names } from './words.ts'

const texts = i18next.createInstance()
beforeAll(() =>
  texts.init({
    lng: 'en',
    resources: { en: { translation: en }, it: { translation: it_ }, fr: { translation: fr } },
    interpolation: { escapeValue: false },
  }),
)

const namesIn = (locale: string): Names => ({
  team: (id) => `Team ${id}`,
  agent: (id) => `Agent ${id}`,
  purpose: (key) => texts.t(`policy.purposes.${key as 'training'}`, { lng: locale }),
  format: formatsOf(locale),
})
/** Without the spaces that do not break. */
const words = (rule: PolicyRule, locale: 'en' | 'it' | 'fr'): string =>
  ruleInWords(rule, texts.getFixedT(locale) as T, namesIn(locale)).replaceAll(/[\u00A0\u202F]/g, ' ')

const sales: PolicyRule = {
  ...fromTemplate('all', ((key: string) => key) as T),
  legalBasis: 'contract',
  purposes: ['training'],
  pause: { agent: true, platform: false, detector: false, autoResumeSeconds: 60, reachBackSeconds: 0 },
}
const scoped = {
  ...sales,
  when: { ...sales.when, directions: ['inbound' as const], queues: ['Vendite'] },
}

describe('a rule in plain words', () => {
  it('says in Italian what is recorded, why, and who may pause', () => {
    expect(words(scoped, 'it')).toBe(
      'Registra tutte le chiamate in entrata della coda «Vendite», per: formazione. Base giuridica: contratto (art. 6.1.b). ' +
        'L’operatore può metterla in pausa; riprende da sola dopo 60 s. Si interrompe se il chiamante si oppone.',
    )
  })

  it('says it in French', () => {
    expect(words(scoped, 'fr')).toBe(
      'Enregistre tous les appels entrants de la file « Vendite », pour : formation. Base légale : contrat (art. 6.1.b). ' +
        'Le conseiller peut le mettre en pause ; il reprend tout seul après 60 s. Il s’arrête si l’appelant s’y oppose.',
    )
  })

  it('gathers countries, sources and hours in one parenthesis', () => {
    const hours = { days: [1, 2, 3, 5, 7], from: '22:00', to: '06:00', timeZone: 'Europe/Rome' }
    const when = { ...sales.when, callerCountries: ['IT', 'FR'], protocols: ['siprec' as const], hours }
    expect(words({ ...sales, when }, 'en')).toContain(
      'Records all calls (caller: Italy or France; source: SIPREC; Mon–Wed, Fri, Sun 22:00–06:00, Europe/Rome), for: training.',
    )
  })

  it('says only what is never recorded', () => {
    const never = { ...scoped, action: { kind: 'never' as const } }
    expect(words(never, 'en')).toBe('Never records incoming calls of the queue “Vendite”.')
  })

  it('writes shares as the language does', () => {
    const random = { ...sales, action: { kind: 'random' as const, percent: 7.5 } }
    expect(words(random, 'it')).toContain('Registra il 7,5% delle chiamate')
    expect(words(random, 'fr')).toContain('Enregistre 7,5 % des appels')
  })
})

it("names the first rule in the reader's language, and any other as it was named", () => {
  expect(nameInWords(firstRuleName, texts.getFixedT('en') as T)).toBe(firstRuleName)
  expect(nameInWords(firstRuleName, texts.getFixedT('it') as T)).toBe('Registrazioni aggiunte dal personale')
  expect(nameInWords('Vendite', texts.getFixedT('it') as T)).toBe('Vendite')
})

it('makes version 4 UUIDs', () => {
  expect(newRuleId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
