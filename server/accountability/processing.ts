import type { Agreement } from '../../contract/models/agreements.ts'
import type { MissingFact, ProcessingActivity, ProcessingRegister } from '../../contract/models/accountability.ts'
import type { Material, Organisation, PurposeEntry } from '../../contract/models/retention.ts'

/** What is kept for a purpose at present: terms that live, and the first and last day on which one of them ends. */
export type Held = { purpose: string; terms: number; firstDay: string; lastDay: string }

export type ProcessingFacts = {
  nowMs: number
  product: string
  organisation: Organisation | null
  register: { version: number; entries: readonly PurposeEntry[] }
  policyVersion: number
  announcement: number | null
  agreements: readonly Agreement[]
  held: readonly Held[]
  /** Addresses of the time-stamp authority and of witnesses, as configured. */
  timestampUrl: string | null
  witnessUrls: readonly string[]
}

/** The register of processing (GDPR art. 30(1)). What nobody has said is named as missing, never made up. Pure. */
export function processingRegister(facts: ProcessingFacts): ProcessingRegister {
  const { register, organisation } = facts
  const host = (url: string): string => new URL(url).host
  return {
    madeAt: new Date(facts.nowMs).toISOString(),
    versions: {
      product: facts.product,
      register: register.version,
      policy: facts.policyVersion,
      announcement: facts.announcement,
    },
    controller: organisation,
    missing: missingOf(organisation),
    activities: register.entries.map((entry) => activityOf(entry, facts.held)),
    outside: [
      ...(facts.timestampUrl ? [{ who: 'time_stamps' as const, host: host(facts.timestampUrl) }] : []),
      ...facts.witnessUrls.map((url) => ({ who: 'witness' as const, host: host(url) })),
    ].map((one) => ({ ...one, receives: 'hashes' as const })),
    agreements: facts.agreements.map(({ id, country, kind, features, validFrom, validTo, inForce }) => ({
      id,
      country,
      kind,
      features,
      validFrom,
      validTo,
      inForce,
    })),
  }
}

/** What the law wants of a controller and nobody said yet. Pure. */
export function missingOf(organisation: Organisation | null): MissingFact[] {
  if (!organisation) return ['controller']
  const { address, email, country, dpo, authority, callers } = organisation
  const said: Record<Exclude<MissingFact, 'controller'>, boolean> = {
    address: address !== '',
    email: email !== '',
    country: country !== null,
    dpo: dpo.email !== '' || dpo.phone !== '',
    authority: authority !== '',
    callers: callers.url !== '' || callers.email !== '' || callers.phone !== '',
  }
  return (Object.keys(said) as Exclude<MissingFact, 'controller'>[]).filter((fact) => !said[fact])
}

/** Categories of data by what a purpose keeps of a call. */
const dataOf: Record<Material, ProcessingActivity['data']> = {
  original: ['voice', 'numbers_and_names', 'call_facts', 'answers'],
  masked: ['masked_voice', 'call_facts', 'answers'],
  text: ['text', 'call_facts', 'answers'],
  nothing: ['call_facts'],
}

function activityOf(entry: PurposeEntry, held: readonly Held[]): ProcessingActivity {
  const { key, name, description, legalBasis, legalText, iri, active, audience, material, keep } = entry
  const kept = held.find(({ purpose }) => purpose === key)
  return {
    purpose: key,
    name,
    description,
    legalBasis,
    legalText,
    iri,
    active,
    subjects: ['callers', 'agents', 'others_heard'],
    data: dataOf[material],
    recipients: audience,
    material,
    keep,
    ceiling: entry.ceiling,
    ceilingText: entry.ceilingText,
    countries: entry.countries.map(({ country, keep: there, text }) => ({ country, keep: there, text })),
    ai: entry.ai,
    held: { terms: kept?.terms ?? 0, firstDay: kept?.firstDay ?? null, lastDay: kept?.lastDay ?? null },
  }
}
