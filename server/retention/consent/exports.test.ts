import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { newId } from '../../platform/ids.ts'
import { seededEntries } from '../register/seed.ts'
import { custom, organisation } from '../testkit/governance.ts'
import { profile, toDpv } from './dpv.ts'
import { lawfulBasesOf } from './lawful-basis.ts'
import { type Consent, valueOf } from './standing.ts'

const callId = newId()
const record = (kind: Consent['kind'], facts: Partial<Consent> = {}): Consent => ({
  id: newId(),
  callId,
  purpose: null,
  value: valueOf(kind),
  kind,
  channel: 'dtmf',
  atMs: Date.UTC(2026, 2, 4, 10),
  announcement: 3,
  ...facts,
})

const Iri = z.string().regex(/^[a-z][a-z0-9-]*:\S+$/i)
const Node = z.looseObject({ '@id': Iri.optional(), '@type': z.union([z.string(), z.array(z.string()).min(1)]) })
const Filled = z.string().min(1)
const Storage = Node.extend({
  'dpv:hasLocation': Iri.optional(),
  'dpv:hasDuration': z.looseObject({ 'rdf:value': Filled }).optional(),
})

/** ISO/IEC TS 27560 in DPV: the fields that are mandatory there, and those the GDPR profile adds. */
const ConsentRecordInDpv = z.looseObject({
  '@context': z.looseObject({
    dpv: z.literal('https://w3id.org/dpv#'),
    'eu-gdpr': z.literal('https://w3id.org/dpv/legal/eu/gdpr#'),
  }),
  '@type': z.literal('dpv:ConsentRecord'),
  // header: schema_version, record_id, pii_principal_id
  'dct:conformsTo': z.literal('https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr'),
  'dct:identifier': z.uuid(),
  'dpv:hasDataSubject': Node.extend({ 'dct:identifier': Filled }),
  // processing: privacy_notice, language, jurisdiction, withdrawal_method, pii_controllers
  'dpv:hasNotice': Node.extend({ 'dct:identifier': Filled }),
  'dct:language': z.enum(['it', 'fr', 'en']),
  'dpv:hasJurisdiction': Iri,
  'dpv:hasDataController': Iri,
  'dpv:hasConsentControl': Node.extend({
    '@type': z.array(z.string()).refine((t) => t.includes('dpv:WithdrawConsent')),
    'dpv:isExercisedAt': z.array(Filled).min(1),
  }),
  'dpv:hasRight': z.array(Node).min(1),
  'dpv:hasAuthority': Node.extend({ 'dpv:hasName': Filled }),
  // purpose, lawful_basis, pii_information, storage_locations, retention_period, recipient_third_parties
  'dpv:hasProcess': z
    .array(
      z.looseObject({
        '@type': z.literal('dpv:Process'),
        'dpv:hasPurpose': Node.extend({ '@id': z.url() }),
        'dpv:hasLegalBasis': z.string().regex(/^eu-gdpr:A6-1-[a-f]$/),
        'dpv:hasPersonalData': z.array(Node).min(1),
        'dpv:hasProcessing': z.array(Iri).min(1),
        'dpv:hasDataSource': Iri,
        'dpv:hasRecipient': z.array(Iri).min(1),
        'dpv:hasStorageCondition': z
          .array(Storage)
          .refine((all) => all.some((one) => one['dpv:hasLocation']) && all.some((one) => one['dpv:hasDuration'])),
      }),
    )
    .min(1),
  // party: party_id, party_address, party_name, party_contact, party_type
  'dpv:hasEntity': z
    .array(
      Node.extend({
        'dct:identifier': Filled,
        'dpv:hasName': Filled,
        'dpv:hasAddress': Filled,
        'dpv:hasContact': z.array(Filled).min(1),
      }),
    )
    .min(1),
  // event: event_time, validity_duration, entity_id, event_type, event_state
  'dpv:hasConsentStatus': Node.extend({
    '@type': z.array(z.string().regex(/^dpv:(Consent(Given|Refused|Withdrawn|Unknown)|ExpressedConsent)$/)).min(1),
    'dpv:isIndicatedAtTime': z.iso.datetime(),
    'dpv:isIndicatedBy': Filled,
    'dpv:hasDuration': z.looseObject({ 'rdf:value': Filled }),
  }),
})

describe('ISO/IEC TS 27560 by the DPV', () => {
  const dpv = (kind: Consent['kind'], entries = seededEntries()) =>
    toDpv({
      record: record(kind),
      recordedAtMs: Date.UTC(2026, 2, 4, 11),
      subject: 'urn:verbale:caller:x',
      organisation: organisation(),
      entries,
    })

  it('has every mandatory field, for whatever was said', () => {
    for (const kind of ['given', 'refused', 'withdrawn', 'objected', null] as const)
      expect(() => ConsentRecordInDpv.parse(dpv(kind))).not.toThrow()
    expect(() => ConsentRecordInDpv.parse({ ...dpv('given'), 'dpv:hasNotice': undefined })).toThrow('dpv:hasNotice')
    expect(profile).toBe(dpv('given')['dct:conformsTo'])
  })

  it('tells purpose, basis, term and state', () => {
    const given = ConsentRecordInDpv.parse(dpv('given'))
    const [evidence, training] = given['dpv:hasProcess']
    expect(evidence).toMatchObject({
      'dpv:hasPurpose': { '@id': 'https://w3id.org/dpv#EstablishContractualAgreement', 'skos:prefLabel': 'Prova' },
      'dpv:hasLegalBasis': 'eu-gdpr:A6-1-b',
    })
    expect(training).toMatchObject({
      'dpv:hasPurpose': { 'skos:broader': { '@id': 'https://w3id.org/dpv#PersonnelManagement' } },
      'dpv:hasOrganisationalMeasure': { '@id': 'https://w3id.org/dpv#StaffTraining' },
    })
    expect(JSON.stringify(training)).toContain('"P6M"')
    expect(given['dpv:hasConsentStatus']).toMatchObject({
      '@type': ['dpv:ConsentGiven', 'dpv:ExpressedConsent'],
      'dpv:isIndicatedAtTime': '2026-03-04T10:00:00.000Z',
    })
    expect(dpv('objected')['dpv:hasConsentStatus']).toMatchObject({ 'dpv:hasRight': 'eu-gdpr:A21' })
    expect(JSON.stringify(dpv('given', [custom({ keep: { days: 90 } })]))).toContain('"P90D"')
  })
})

/** draft-howe-vcon-lawful-basis-00, the attachment's body. */
const LawfulBasisInVcon = z.strictObject({
  lawful_basis: z.enum([
    'consent',
    'contract',
    'legal_obligation',
    'vital_interests',
    'public_task',
    'legitimate_interests',
  ]),
  expiration: z.iso.datetime().nullable(),
  purpose_grants: z
    .array(
      z.strictObject({
        purpose: Filled,
        granted: z.boolean(),
        granted_at: z.iso.datetime(),
        conditions: z.array(z.string()).optional(),
      }),
    )
    .min(1),
  proof_mechanisms: z
    .array(
      z.strictObject({
        proof_type: z.enum(['verbal_confirmation', 'signed_document', 'cryptographic_signature', 'external_system']),
        timestamp: z.iso.datetime(),
        proof_data: z.record(z.string(), z.unknown()),
      }),
    )
    .optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
})

describe('the lawful basis of a vCon', () => {
  const call = { id: callId, startedAt: '2026-03-04T09:59:00.000Z' }
  const until = '2026-09-03T00:00:00.000Z'
  const bodies = (records: Consent[]) =>
    lawfulBasesOf(
      call,
      [
        { purpose: 'evidence', basis: 'contract', until: null },
        { purpose: 'training', basis: 'consent', until },
        { purpose: 'analytics', basis: 'legitimate_interests', until },
      ],
      records,
    ).map((body) => LawfulBasisInVcon.parse(body))
  const granted = (records: Consent[]) => bodies(records).map((body) => body.purpose_grants[0]?.granted)

  it('consent is granted by a yes only, an objection takes what can be objected to, a contract stays', () => {
    expect(granted([])).toEqual([true, false, true])
    expect(granted([record('given')])).toEqual([true, true, true])
    expect(granted([record('objected')])).toEqual([true, false, false])
    expect(granted([record('objected', { purpose: 'analytics' })])).toEqual([true, false, false])
    expect(granted([record('given', { callId: newId() })])).toEqual([true, false, true])
  })

  it('says when and how it was said, and when it ends', () => {
    const spoken = record('given', { channel: 'spoken', purpose: 'training' })
    const [evidence, training] = bodies([spoken])
    expect(evidence).toEqual({
      lawful_basis: 'contract',
      expiration: null,
      purpose_grants: [{ purpose: 'evidence', granted: true, granted_at: call.startedAt }],
    })
    expect(training).toEqual({
      lawful_basis: 'consent',
      expiration: until,
      purpose_grants: [{ purpose: 'training', granted: true, granted_at: '2026-03-04T10:00:00.000Z' }],
      proof_mechanisms: [
        {
          proof_type: 'verbal_confirmation',
          timestamp: '2026-03-04T10:00:00.000Z',
          proof_data: { record: spoken.id, channel: 'spoken', announcement: 3 },
        },
      ],
    })
  })
})
