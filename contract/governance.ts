import { z } from 'zod'
import { Id, Instant, PurposeKey } from './models/common.ts'
import { AnnouncementTexts, AnnouncementVersion, ConsentDraft, ConsentRecord, Standing } from './models/consent.ts'
import { Agreement } from './models/agreements.ts'
import {
  Jurisdiction,
  JurisdictionTable,
  Organisation,
  PurposeEntry,
  RegisterChange,
  RegisterVersion,
} from './models/retention.ts'
import type { Route } from './routes.ts'

const entries = z.array(PurposeEntry).min(1).max(100)
const note = z.string().trim().max(500)
const basedOn = z.number().int().min(0)
const agreementId = z.object({ agreementId: Id })
const OrganisationView = z.object({
  version: z.number().int(),
  organisation: Organisation.nullable(),
  changedAt: Instant.nullable(),
})

/** Routes of the rules behind retention: purposes, the organisation, agreements with workers, announcement, consent. */
export const governanceRoutes = {
  'GET /purposes': { summary: 'The purpose register in force', may: 'governance.read', reply: RegisterVersion },
  'GET /purposes/names': {
    summary: 'How the purposes in force are called, for everyone who works with calls',
    may: 'signed_in',
    reply: z.object({
      items: z.array(
        PurposeEntry.pick({ key: true, name: true, material: true, active: true, audience: true, ai: true }),
      ),
    }),
  },
  'GET /purposes/versions': {
    summary: 'Every version of the purpose register, newest first',
    may: 'governance.read',
    reply: z.object({ items: z.array(RegisterVersion) }),
  },
  'POST /purposes/versions': {
    summary: 'Publish a new version of the purpose register',
    may: 'governance.write',
    body: z.object({ entries, note, basedOn }),
    reply: RegisterVersion,
  },
  'POST /purposes/check': {
    summary: 'What keeps a draft register from being published, and what it keeps shorter or longer',
    may: 'governance.read',
    body: z.object({ entries }),
    reply: z.object({
      flaws: z.array(z.object({ code: z.string(), purpose: z.string() })),
      changes: z.array(RegisterChange),
    }),
  },

  'GET /organisation': { summary: 'The controller and its contacts', may: 'governance.read', reply: OrganisationView },
  'PUT /organisation': {
    summary: 'Say who the controller is',
    may: 'governance.write',
    body: z.object({ organisation: Organisation, basedOn }),
    reply: OrganisationView,
  },
  'GET /jurisdictions': {
    summary: 'What each country asks before a call is recorded',
    may: 'governance.read',
    reply: JurisdictionTable,
  },
  'PUT /jurisdictions': {
    summary: 'Change the table of countries: stricter freely, laxer with a reason in law',
    may: 'governance.write',
    body: z.object({ rows: z.array(Jurisdiction).min(1).max(400), basedOn }),
    reply: JurisdictionTable,
  },

  'GET /agreements': {
    summary: 'Agreements and notices registered, newest first',
    may: 'governance.read',
    reply: z.object({ items: z.array(Agreement) }),
  },
  'POST /agreements': {
    summary:
      'Register an agreement or notice: multipart with `facts` (JSON, AgreementDraft) and, at most once, `document` (file)',
    may: 'governance.write',
    raw: true,
    reply: Agreement,
  },
  'POST /agreements/:agreementId/revoke': {
    summary: 'Revoke an agreement: what it opened closes at once',
    may: 'governance.write',
    params: agreementId,
    body: z.object({ reason: z.string().trim().min(5).max(1000) }),
    reply: Agreement,
  },
  'GET /agreements/:agreementId/document': {
    summary: 'The document as it was registered',
    may: 'governance.read',
    raw: true,
    params: agreementId,
    reply: z.unknown(),
  },

  'GET /announcements': {
    summary:
      'The announcement in force (null while no call in progress may be recorded) and those before, newest first',
    may: 'governance.read',
    reply: z.object({
      current: AnnouncementVersion.nullable(),
      items: z.array(AnnouncementVersion),
      /** What the organisation has not said yet and callers must be told: `name`, `contact`, `dpo`. */
      missing: z.array(z.enum(['name', 'contact', 'dpo'])),
    }),
  },
  'POST /announcements/preview': {
    summary: 'The announcement for purposes, with draft entries or a draft of the organisation',
    may: 'governance.read',
    body: z.object({
      purposes: z.array(PurposeKey).max(100).optional(),
      entries: entries.optional(),
      organisation: Organisation.optional(),
    }),
    reply: z.object({ texts: AnnouncementTexts.nullable() }),
  },

  'POST /consents': {
    summary: 'Write down what a caller said about being recorded',
    may: 'consents.record',
    body: ConsentDraft,
    reply: ConsentRecord,
  },
  'POST /consents/search': {
    summary: 'What a caller has said, by exact address (kept out of URLs), and what counts now',
    may: 'governance.read',
    body: z.object({ address: z.string().min(3).max(200) }),
    reply: z.object({ items: z.array(ConsentRecord), standing: z.array(Standing) }),
  },
  'GET /calls/:callId/consents': {
    summary: 'What the caller said in and about a call, and what counts for it',
    may: 'calls.read',
    params: z.object({ callId: Id }),
    reply: z.object({ items: z.array(ConsentRecord), standing: z.array(Standing) }),
  },
  'GET /consents/:consentId/dpv': {
    summary: 'A consent record as JSON-LD (ISO/IEC TS 27560 by the W3C DPV)',
    may: 'governance.read',
    params: z.object({ consentId: Id }),
    reply: z.record(z.string(), z.unknown()),
  },
} satisfies Record<string, Route>
