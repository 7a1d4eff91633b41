import { z } from 'zod'
import { Country, Id, Instant, Locale, PurposeKey, RoleName } from './common.ts'
import { LegalBasis } from './policy.ts'

const inThree = (max: number) =>
  z.object({
    it: z.string().trim().min(1).max(max),
    fr: z.string().trim().min(1).max(max),
    en: z.string().trim().min(1).max(max),
  })
/** A text in the three languages of the product. */
export const Words = inThree(1000)
export type Words = z.infer<typeof Words>

/** How long something is kept: whole months of the calendar, or days. `{ days: 0 }`: not at all. */
export const Span = z.union([
  z.strictObject({ months: z.number().int().min(1).max(1200) }),
  z.strictObject({ days: z.number().int().min(0).max(36_500) }),
])
export type Span = z.infer<typeof Span>

/** `original`: the audio as captured. `masked`: audio without the data that is personal in it. `text`: masked text and figures. */
export const Material = z.enum(['original', 'masked', 'text', 'nothing'])
export type Material = z.infer<typeof Material>
/** The materials that are audio. */
export const AudioMaterial = Material.extract(['original', 'masked'])
export type AudioMaterial = z.infer<typeof AudioMaterial>

/** What differs in one country; null = as elsewhere. */
export const CountryRule = z.object({
  country: Country,
  keep: Span.nullable(),
  audio: Span.nullable(),
  confirmationEnds: z.boolean().nullable(),
  /** The rule or the reason, for the reader. */
  text: z.string().max(500),
})
export type CountryRule = z.infer<typeof CountryRule>

export const PurposeEntry = z
  .object({
    key: PurposeKey,
    name: inThree(60),
    description: inThree(500),
    /** What follows "to …", "per …", "pour …" in the announcement: an infinitive clause. */
    spoken: inThree(120),
    legalBasis: LegalBasis,
    legalText: z.string().max(500),
    /** The purpose in a vocabulary others understand: W3C DPV, or an IRI of the organisation's own. */
    iri: z.url().max(300),
    /** Roles that may use what is kept. */
    audience: z.array(RoleName),
    material: Material,
    keep: Span,
    /** The audio itself ends sooner than what is drawn from it; null = together. */
    audio: Span.nullable(),
    /** The longest the law allows, and the text that says so. */
    ceiling: Span,
    ceilingText: z.string().max(500),
    /** The text that extends the ceiling (evidence under MiFID II: 84 months); empty = none. */
    extensionText: z.string().max(500),
    countries: z.array(CountryRule).max(60),
    /** A written confirmation of what was agreed makes the recording superfluous (CNIL, 25 April 2022). */
    confirmationEnds: z.boolean(),
    /** What software does with it beyond keeping it; null = nothing. */
    ai: Words.nullable(),
    active: z.boolean(),
  })
  .meta({ id: 'PurposeEntry' })
export type PurposeEntry = z.infer<typeof PurposeEntry>

/** Something that a new version of the register keeps shorter or longer. `country` null: everywhere not named. */
export const RegisterChange = z
  .object({
    purpose: PurposeKey,
    country: Country.nullable(),
    what: z.enum(['keep', 'audio', 'confirmation', 'active']),
    /** `either`: shorter for some days of the year, longer for others (months against days). */
    effect: z.enum(['shorter', 'longer', 'either']),
    before: Span.nullable(),
    after: Span.nullable(),
  })
  .meta({ id: 'RegisterChange' })
export type RegisterChange = z.infer<typeof RegisterChange>

export const RegisterVersion = z
  .object({
    version: z.number().int(),
    entries: z.array(PurposeEntry),
    note: z.string(),
    publishedAt: Instant,
    publishedBy: Id.nullable(),
  })
  .meta({ id: 'RegisterVersion' })
export type RegisterVersion = z.infer<typeof RegisterVersion>

const text = (max: number) => z.string().trim().max(max)
const DigitKey = z.string().regex(/^[0-9*#]$/)

/** The controller as it presents itself to callers and authorities (GDPR art. 13(1)(a) and (b)). */
export const Organisation = z
  .object({
    name: text(200).min(1),
    address: text(500),
    /** Null while it is not said; then the recording policy alone decides about consent. */
    country: Country.nullable(),
    email: z.union([z.email().max(200), z.literal('')]),
    dpo: z.object({ name: text(200), email: z.union([z.email().max(200), z.literal('')]), phone: text(60) }),
    authority: text(200),
    /** Where callers find the full notice and exercise their rights. */
    callers: z.object({
      url: z.union([z.url({ protocol: /^https?$/ }).max(300), z.literal('')]),
      email: z.union([z.email().max(200), z.literal('')]),
      phone: text(60),
    }),
    /** Spoken to callers, the first one first. */
    languages: z.array(Locale).min(1).max(3),
    /** Keys a caller presses during the announcement. */
    keys: z.object({ yes: DigitKey, no: DigitKey }),
    /** What callers count as whose number tells no country. */
    unknownCallers: z.enum(['strictest', 'controller']),
  })
  .meta({ id: 'Organisation' })
export type Organisation = z.infer<typeof Organisation>

export const Feature = z.enum(['training_use', 'agent_reports', 'scoring', 'analytics_by_agent'])
export type Feature = z.infer<typeof Feature>

export const AgreementKind = z.enum([
  'it_union_agreement',
  'it_inspectorate',
  'fr_cse',
  'de_works_agreement',
  'worker_notice',
])
export type AgreementKind = z.infer<typeof AgreementKind>

/** What a feature needs first: of every list one document. */
export const GateRule = z.object({ feature: Feature, needs: z.array(z.array(AgreementKind).min(1)).min(1) })
export type GateRule = z.infer<typeof GateRule>

export const Jurisdiction = z
  .object({
    /** ISO 3166-1 alpha-2; a state as `US-CA`; `US-*` for the states not named. */
    code: z.string().regex(/^[A-Z]{2}(-([A-Z]{2}|\*))?$/),
    /** Whether a caller who is told and says nothing may be recorded, or every party's yes comes first. */
    silence: z.enum(['allowed', 'not_allowed']),
    /** Purposes that need a yes although silence is allowed otherwise. */
    yesFor: z.array(PurposeKey).max(40),
    basis: z.string().trim().min(1).max(500),
    /** Sources differ or none was checked: ask a lawyer before relying on it. */
    uncertain: z.boolean(),
    gates: z.array(GateRule).max(10),
    /** The law that allows what is laxer than the table as shipped, or than before. */
    reason: z.string().trim().max(1000),
  })
  .meta({ id: 'Jurisdiction' })
export type Jurisdiction = z.infer<typeof Jurisdiction>

export const JurisdictionTable = z.object({
  version: z.number().int(),
  rows: z.array(Jurisdiction.extend({ /** As the product ships it. */ shipped: z.boolean() })),
})
