import type { LegalBasis } from '../../../contract/models/policy.ts'
import type { Organisation, PurposeEntry, Span } from '../../../contract/models/retention.ts'
import { relatedIris } from '../register/seed.ts'
import { isNothing } from '../register/span.ts'
import { keepOf } from '../register/terms.ts'
import type { Consent } from './standing.ts'

/*
 * A consent record as ISO/IEC TS 27560:2023 describes it, in the vocabulary of W3C DPV 2 (guide "Consent records and receipts",
 * profile record-eu-gdpr), as JSON-LD. Pure.
 */

export const profile = 'https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr'

const context = {
  dct: 'http://purl.org/dc/terms/',
  dpv: 'https://w3id.org/dpv#',
  'eu-gdpr': 'https://w3id.org/dpv/legal/eu/gdpr#',
  loc: 'https://w3id.org/dpv/loc#',
  pd: 'https://w3id.org/dpv/pd#',
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  skos: 'http://www.w3.org/2004/02/skos/core#',
  'dct:conformsTo': { '@type': '@id' },
  'dpv:hasDataController': { '@type': '@id' },
  'dpv:hasLegalBasis': { '@type': '@id' },
  'dpv:hasJurisdiction': { '@type': '@id' },
  'dpv:hasRecipient': { '@type': '@id' },
}

/** GDPR art. 6(1)(a) to (f) in DPV. */
const bases: Record<LegalBasis, string> = {
  consent: 'eu-gdpr:A6-1-a',
  contract: 'eu-gdpr:A6-1-b',
  legal_obligation: 'eu-gdpr:A6-1-c',
  vital_interests: 'eu-gdpr:A6-1-d',
  public_task: 'eu-gdpr:A6-1-e',
  legitimate_interests: 'eu-gdpr:A6-1-f',
}

/** What happened, as a state of consent. */
const states: Record<NonNullable<Consent['kind']> | 'not_asked', string> = {
  given: 'dpv:ConsentGiven',
  refused: 'dpv:ConsentRefused',
  withdrawn: 'dpv:ConsentWithdrawn',
  // DPV has no state for objecting; the right exercised is told beside it
  objected: 'dpv:ConsentRefused',
  not_asked: 'dpv:ConsentUnknown',
}

export type DpvFacts = {
  record: Consent
  recordedAtMs: number
  /** Stands for the caller; must not be an address. */
  subject: string
  organisation: Organisation
  /** The purposes the record is about. */
  entries: readonly PurposeEntry[]
}

/** The record as JSON-LD, with every field the technical specification makes mandatory. */
export function toDpv(facts: DpvFacts): Record<string, unknown> {
  const { record, organisation, entries } = facts
  const language = organisation.languages[0] ?? 'en'
  const controller = 'urn:verbale:controller'
  const contact = [
    organisation.callers.url,
    organisation.callers.email,
    organisation.callers.phone,
    organisation.email,
  ].filter(Boolean)
  const country = organisation.country ? `loc:${organisation.country}` : 'loc:EU'
  return {
    '@context': context,
    '@id': `urn:uuid:${record.id}`,
    '@type': 'dpv:ConsentRecord',
    'dct:conformsTo': profile,
    'dct:identifier': record.id,
    'dct:created': new Date(facts.recordedAtMs).toISOString(),
    'dct:language': language,
    'dpv:hasDataSubject': { '@id': facts.subject, '@type': 'dpv:DataSubject', 'dct:identifier': facts.subject },
    'dpv:hasDataController': controller,
    'dpv:hasJurisdiction': country,
    'dpv:hasApplicableLaw': 'eu-gdpr:GDPR',
    'dpv:hasNotice': noticeOf(record, language),
    'dpv:hasProcess': entries.map((entry) =>
      processOf(entry, { country, code: organisation.country, controller, language }),
    ),
    'dpv:hasConsentStatus': statusOf(record),
    'dpv:hasConsentControl': {
      '@type': ['dpv:WithdrawConsent'],
      'dpv:isExercisedAt': [...contact, `telephone key ${organisation.keys.no}`],
    },
    'dpv:hasRight': rights.map((right) => ({ '@type': ['dpv:DataSubjectRight', right], 'dpv:isExercisedAt': contact })),
    'dpv:hasAuthority': { '@type': 'dpv:Authority', 'dpv:hasName': organisation.authority || country },
    'dpv:hasEntity': [
      {
        '@id': controller,
        '@type': ['dpv:Organisation', 'dpv:DataController'],
        'dct:identifier': controller,
        'dpv:hasName': organisation.name,
        'dpv:hasAddress': organisation.address,
        'dpv:hasContact': [...contact, organisation.dpo.email].filter(Boolean),
      },
    ],
  }
}

const rights = ['A7-3', 'A13', 'A14', 'A15', 'A16', 'A17', 'A18', 'A20', 'A21', 'A22', 'A77'].map((a) => `eu-gdpr:${a}`)

function noticeOf({ announcement, kind }: Consent, language: string): Record<string, unknown> {
  const heard = announcement === null ? 'urn:verbale:announcement:none' : `urn:verbale:announcement:${announcement}`
  const type = kind === 'given' || kind === 'refused' ? 'dpv:ConsentNotice' : 'dpv:PrivacyNotice'
  return { '@id': heard, '@type': type, 'dct:identifier': heard, 'dct:language': language }
}

function statusOf({ kind, channel, atMs }: Consent): Record<string, unknown> {
  return {
    '@type': [states[kind ?? 'not_asked'], ...(kind === 'given' ? ['dpv:ExpressedConsent'] : [])],
    'dpv:isIndicatedAtTime': new Date(atMs).toISOString(),
    'dpv:isIndicatedBy': 'dpv:DataSubject',
    'dpv:hasIndicationMethod': channel,
    'dpv:hasDuration': { '@type': 'dpv:UntilEventDuration', 'rdf:value': 'until the caller says otherwise' },
    ...(kind === 'objected' && { 'dpv:hasRight': 'eu-gdpr:A21' }),
  }
}

type Where = { country: string; code: string | null; controller: string; language: 'it' | 'fr' | 'en' }

function processOf(entry: PurposeEntry, where: Where): Record<string, unknown> {
  const related = relatedIris[entry.key]
  return {
    '@type': 'dpv:Process',
    'dpv:hasPurpose': {
      '@id': entry.iri,
      '@type': 'dpv:Purpose',
      'skos:prefLabel': entry.name[where.language],
      ...(related && { 'skos:broader': { '@id': related.broader } }),
    },
    'dpv:hasLegalBasis': bases[entry.legalBasis],
    'dpv:hasPersonalData': [{ '@id': 'pd:VoiceCommunicationRecording', '@type': 'dpv:PersonalData' }],
    'dpv:hasProcessing': ['dpv:Collect', 'dpv:Store', 'dpv:Use'],
    'dpv:hasDataSource': 'dpv:DataSubjectDataSource',
    // nobody else receives recordings: they are played and exported by the controller's own staff
    'dpv:hasRecipient': [where.controller],
    'dpv:hasStorageCondition': [
      { '@type': 'dpv:StorageLocation', 'dpv:hasLocation': where.country },
      {
        '@type': 'dpv:StorageDuration',
        'dpv:hasDuration': { '@type': 'dpv:TemporalDuration', 'rdf:value': isoDuration(keepOf(entry, where.code)) },
      },
    ],
    ...(related?.measure && { 'dpv:hasOrganisationalMeasure': { '@id': related.measure } }),
  }
}

/** ISO 8601-1 §5.5.2. */
const isoDuration = (span: Span): string =>
  isNothing(span) ? 'PT0S' : 'days' in span ? `P${span.days}D` : `P${span.months}M`
