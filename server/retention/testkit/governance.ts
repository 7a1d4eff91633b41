import type { Organisation, PurposeEntry } from '../../../contract/models/retention.ts'
import { manualClock } from '../../platform/clock.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import type { Append } from '../append.ts'
import { seededEntries } from '../register/seed.ts'

export const personId = newId()
export const actor: Actor = {
  personId,
  tokenId: null,
  role: 'privacy_officer',
  teamIds: [],
  sessionId: newId(),
  may: new Set(),
}
export const http = { request: null as never, reply: null as never }

/** A clock and what was told to the evidence log. */
export function surroundings() {
  const told: Parameters<Append>[1][] = []
  return {
    clock: manualClock(),
    told,
    append: (async (_, event) => void told.push(event)) satisfies Append,
    changed: async (): Promise<void> => undefined,
  }
}

export const organisation = (facts: Partial<Organisation> = {}): Organisation => ({
  name: 'Acme S.p.A.',
  address: 'Via Roma 1, 20100 Milano',
  country: 'IT',
  email: 'info@acme.example',
  dpo: { name: 'Ada Neri', email: 'dpo@acme.example', phone: '+39 02 1234' },
  authority: 'Garante per la protezione dei dati personali',
  callers: { url: 'https://acme.example/privacy', email: 'privacy@acme.example', phone: '' },
  languages: ['it', 'fr', 'en'],
  keys: { yes: '1', no: '9' },
  unknownCallers: 'strictest',
  ...facts,
})

const same = (text: string) => ({ it: text, fr: text, en: text })

/** A purpose an organisation added by itself, changed as the test needs. */
export const custom = (facts: Partial<PurposeEntry> = {}): PurposeEntry => ({
  key: 'fraud_checks',
  name: same('Fraud'),
  description: same('Finding fraud'),
  spoken: same('detect fraud'),
  legalBasis: 'legitimate_interests',
  legalText: '',
  iri: 'https://w3id.org/dpv#FraudPreventionAndDetection',
  audience: ['privacy_officer'],
  material: 'original',
  keep: { days: 90 },
  audio: null,
  ceiling: { months: 12 },
  ceilingText: 'A text that names the law',
  extensionText: '',
  countries: [],
  confirmationEnds: false,
  ai: null,
  active: true,
  ...facts,
})

/** The register as seeded, with one entry changed. */
export const registerWith = (key: string, facts: Partial<PurposeEntry>): PurposeEntry[] =>
  seededEntries().map((entry) => (entry.key === key ? { ...entry, ...facts } : entry))
