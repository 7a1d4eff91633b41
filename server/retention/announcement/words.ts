import type { LegalBasis } from '../../../contract/models/policy.ts'
import type { Span } from '../../../contract/models/retention.ts'
import type { Locale } from '../../../contract/models/common.ts'

/** What one sentence may be about. `who` null: nobody said who calls are recorded by. */
export type Telling = {
  who: string | null
  /** Purposes of recording, joined; empty: nothing is recorded. */
  purposes: string
  /** What software does while the call lasts, joined; empty: nothing. */
  meanwhile: string
  /** The longest anything is kept. */
  longest: string
  keys: { yes: string; no: string }
}

/** The sentences of one language, as a contact centre says them. */
export type Voice = {
  /** Recorded unless the caller says no. */
  maybeRecorded(t: Telling): string
  orSayNo(t: Telling): string
  /** Recorded only after a yes. */
  mayWe(t: Telling): string
  ifYes(t: Telling): string
  /** Software that keeps nothing. `alone`: nothing is recorded either. */
  assisted(t: Telling, alone: boolean): string
  contact(where: string): string
  purpose(p: {
    name: string
    description: string
    keep: string | null
    basis: LegalBasis
    law: string
    ai: string
  }): string
  controller(who: string, address: string): string
  officer(where: string): string
  rights(authority: string): string
}

/* Our own words rather than those of the platform's Intl: a later release of it must not change what was announced. */
const and: Record<Locale, string> = { it: 'e', fr: 'et', en: 'and' }
type Unit = 'day' | 'month' | 'year'
const units: Record<Locale, Record<Unit, [one: string, many: string]>> = {
  it: { day: ['giorno', 'giorni'], month: ['mese', 'mesi'], year: ['anno', 'anni'] },
  fr: { day: ['jour', 'jours'], month: ['mois', 'mois'], year: ['an', 'ans'] },
  en: { day: ['day', 'days'], month: ['month', 'months'], year: ['year', 'years'] },
}

/** `a, b and c` in a language. */
export const joined = (parts: readonly string[], locale: Locale): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${and[locale]} ${parts.at(-1)}`

/** `5 years`, `6 months`, `90 days` in a language; the number keeps to its unit. */
export function spanWords(span: Span, locale: Locale): string {
  const [amount, unit]: [number, Unit] =
    'days' in span ? [span.days, 'day'] : span.months % 12 === 0 ? [span.months / 12, 'year'] : [span.months, 'month']
  const [one, many] = units[locale][unit]
  return `${amount}\u00a0${amount === 1 ? one : many}`
}

const withWho = (who: string | null, colon: string, sentence: string): string =>
  who === null ? sentence.charAt(0).toUpperCase() + sentence.slice(1) : `${who}${colon} ${sentence}`
const brackets = (text: string): string => (text.trim() === '' ? '' : ` (${text.trim()})`)

const it: Voice = {
  maybeRecorded: (t) =>
    withWho(
      t.who,
      ':',
      `questa chiamata può essere registrata per ${t.purposes}; è conservata al massimo ${t.longest}.`,
    ),
  orSayNo: (t) => `Per opporsi, in qualsiasi momento, prema ${t.keys.no} o lo dica all’operatore.`,
  mayWe: (t) =>
    `${t.who === null ? 'Desideriamo' : `${t.who} desidera`} registrare questa chiamata per ${t.purposes}; sarà conservata al massimo ${t.longest}.`,
  ifYes: (t) =>
    `Se acconsente, prema ${t.keys.yes} o dica sì; altrimenti non registriamo. Può cambiare idea in qualsiasi momento.`,
  assisted: (t, alone) =>
    alone
      ? withWho(t.who, ':', `durante la chiamata un software può ${t.meanwhile}; nulla è registrato.`)
      : `Intanto un software può ${t.meanwhile}.`,
  contact: (where) => `Informativa e DPO: ${where}.`,
  purpose: ({ name, description, keep, basis, law, ai }) =>
    `${name}: ${description} Base giuridica: ${bases.it[basis]}${brackets(law)}. ${keep === null ? 'Nulla è conservato.' : `Conservazione: al massimo ${keep}.`}${ai && ` ${ai}`}`,
  controller: (who, address) => `Titolare del trattamento: ${who}${address && `, ${address}`}.`,
  officer: (where) => `Responsabile della protezione dei dati (DPO): ${where}.`,
  rights: (authority) =>
    `Può chiedere l’accesso ai suoi dati, la rettifica, la cancellazione e la limitazione, opporsi al trattamento, revocare il consenso in qualsiasi momento e presentare reclamo all’autorità di controllo${authority && `: ${authority}`}.`,
}

const fr: Voice = {
  maybeRecorded: (t) =>
    withWho(
      t.who,
      ' :',
      `cet appel est susceptible d’être enregistré pour ${t.purposes} ; il est conservé ${t.longest} au maximum.`,
    ),
  orSayNo: (t) => `Pour vous y opposer, à tout moment, tapez ${t.keys.no} ou dites-le à votre conseiller.`,
  mayWe: (t) =>
    `${t.who === null ? 'Nous souhaitons' : `${t.who} souhaite`} enregistrer cet appel pour ${t.purposes} ; il sera conservé ${t.longest} au maximum.`,
  ifYes: (t) =>
    `Si vous acceptez, tapez ${t.keys.yes} ou dites oui ; sinon, rien n’est enregistré. Vous pouvez changer d’avis à tout moment.`,
  assisted: (t, alone) =>
    alone
      ? withWho(t.who, ' :', `pendant l’appel, un logiciel peut ${t.meanwhile} ; rien n’est enregistré.`)
      : `Un logiciel peut ${t.meanwhile} pendant l’appel.`,
  contact: (where) => `Informations et DPO : ${where}.`,
  purpose: ({ name, description, keep, basis, law, ai }) =>
    `${name} : ${description} Base légale : ${bases.fr[basis]}${brackets(law)}. ${keep === null ? 'Rien n’est conservé.' : `Conservation : ${keep} au maximum.`}${ai && ` ${ai}`}`,
  controller: (who, address) => `Responsable du traitement : ${who}${address && `, ${address}`}.`,
  officer: (where) => `Délégué à la protection des données (DPO) : ${where}.`,
  rights: (authority) =>
    `Vous pouvez demander l’accès à vos données, leur rectification, leur effacement et la limitation du traitement, vous y opposer, retirer votre consentement à tout moment et introduire une réclamation auprès de l’autorité de contrôle${authority && ` : ${authority}`}.`,
}

const en: Voice = {
  maybeRecorded: (t) =>
    withWho(t.who, ':', `this call may be recorded to ${t.purposes}; it is kept for at most ${t.longest}.`),
  orSayNo: (t) => `To object, at any time, press ${t.keys.no} or tell the agent.`,
  mayWe: (t) =>
    `${t.who === null ? 'We' : t.who} would like to record this call to ${t.purposes}; it will be kept for at most ${t.longest}.`,
  ifYes: (t) =>
    `If you agree, press ${t.keys.yes} or say yes; otherwise we do not record. You may change your mind at any time.`,
  assisted: (t, alone) =>
    alone
      ? withWho(t.who, ':', `during the call, software may ${t.meanwhile}; nothing is recorded.`)
      : `Software may ${t.meanwhile} meanwhile.`,
  contact: (where) => `Full notice and data protection officer: ${where}.`,
  purpose: ({ name, description, keep, basis, law, ai }) =>
    `${name}: ${description} Legal basis: ${bases.en[basis]}${brackets(law)}. ${keep === null ? 'Nothing is kept.' : `Kept for at most ${keep}.`}${ai && ` ${ai}`}`,
  controller: (who, address) => `Controller: ${who}${address && `, ${address}`}.`,
  officer: (where) => `Data protection officer: ${where}.`,
  rights: (authority) =>
    `You may ask for access to your data, for correction, erasure and restriction, object to the processing, withdraw your consent at any time, and complain to the supervisory authority${authority && `: ${authority}`}.`,
}

/** GDPR art. 6(1)(a) to (f), as notices call them. */
const bases: Record<Locale, Record<LegalBasis, string>> = {
  it: {
    consent: 'consenso',
    contract: 'esecuzione di un contratto',
    legal_obligation: 'obbligo legale',
    vital_interests: 'interessi vitali',
    public_task: 'compito di interesse pubblico',
    legitimate_interests: 'legittimo interesse',
  },
  fr: {
    consent: 'consentement',
    contract: 'exécution d’un contrat',
    legal_obligation: 'obligation légale',
    vital_interests: 'intérêts vitaux',
    public_task: 'mission d’intérêt public',
    legitimate_interests: 'intérêt légitime',
  },
  en: {
    consent: 'consent',
    contract: 'performance of a contract',
    legal_obligation: 'legal obligation',
    vital_interests: 'vital interests',
    public_task: 'public task',
    legitimate_interests: 'legitimate interests',
  },
}

export const voices: Record<Locale, Voice> = { it, fr, en }
