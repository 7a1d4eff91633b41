import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AgreementKind, Feature } from '../../../contract/models/retention.ts'
import { newId } from '../../platform/ids.ts'
import { shippedTable } from '../organisation/countries.ts'
import { coversTeams, gateOf, inForce, type Registered, type Rules } from './gate.ts'

const DAY = 86_400_000
const now = Date.UTC(2026, 5, 15, 12)
const [north, south] = [newId(), newId()]
const document = (facts: Partial<Registered> = {}): Registered => ({
  id: newId(),
  country: 'IT',
  kind: 'it_union_agreement',
  features: ['training_use'],
  teams: [],
  validFrom: '2026-01-01',
  validTo: null,
  registeredAt: Date.UTC(2026, 0, 1),
  revokedAt: null,
  ...facts,
})
const rules = (agreements: Registered[], controller: string | null = 'IT'): Rules => ({
  table: shippedTable,
  controller,
  agreements,
})
const ask = (
  agreements: Registered[],
  about = { country: 'IT' as string | null, teamIds: [north] },
  at = now,
  feature: Feature = 'training_use',
) => gateOf(rules(agreements), feature, about, at)
const union = document()
const notice = document({ kind: 'worker_notice' })

describe('the gate', () => {
  it('is closed in Italy until an agreement or an authorisation, and a notice, are registered', () => {
    expect(ask([])).toEqual({
      open: false,
      code: 'agreement_missing',
      needs: [['it_union_agreement', 'it_inspectorate'], ['worker_notice']],
    })
    expect(ask([union])).toEqual({ open: false, code: 'agreement_missing', needs: [['worker_notice']] })
    expect(ask([union, notice])).toEqual({ open: true, code: 'agreed', agreementIds: [union.id, notice.id] })
    expect(ask([document({ kind: 'it_inspectorate' }), notice]).open).toBe(true)
    expect(ask([union, notice], undefined, now, 'scoring')).toMatchObject({ open: false, code: 'agreement_missing' })
    expect(ask([document({ country: 'FR', kind: 'fr_cse' }), notice]).open).toBe(false)
  })

  it('keeps to the teams named: all of an agent’s teams have to be among them', () => {
    const limited = document({ teams: [north] })
    expect(ask([limited, notice]).open).toBe(true)
    expect(ask([limited, notice], { country: 'IT', teamIds: [north, south] })).toEqual({
      open: false,
      code: 'agreement_team',
      needs: [['it_union_agreement', 'it_inspectorate']],
    })
    expect(ask([limited, notice], { country: 'IT', teamIds: [] }).open).toBe(false)
  })

  it('opens and closes by the day, and at once when revoked', () => {
    const term = document({ validFrom: '2026-06-01', validTo: '2026-06-30' })
    const at = (ms: number) => ask([term, notice], undefined, ms)
    expect(at(Date.UTC(2026, 4, 31, 23, 59))).toMatchObject({ open: false, code: 'agreement_not_in_force' })
    expect(at(Date.UTC(2026, 5, 1)).open).toBe(true)
    expect(at(Date.UTC(2026, 5, 30, 23, 59)).open).toBe(true)
    expect(at(Date.UTC(2026, 6, 1)).open).toBe(false)
    const revoked = document({ revokedAt: now })
    expect(ask([revoked, notice], undefined, now - 1).open).toBe(true)
    expect(ask([revoked, notice]).open).toBe(false)
    expect(inForce(document({ registeredAt: now + 1 }), now)).toBe(false)
  })

  it('asks for nothing where the law does not, and for the controller’s where the agent’s country is unknown', () => {
    expect(ask([], { country: 'GB', teamIds: [] })).toEqual({ open: true, code: 'not_required', agreementIds: [] })
    expect(ask([], { country: 'PT', teamIds: [] }).code).toBe('not_required')
    expect(ask([], { country: null, teamIds: [] }).open).toBe(false)
    expect(gateOf(rules([], null), 'scoring', { country: null, teamIds: [] }, now)).toEqual({
      open: true,
      code: 'not_configured',
      agreementIds: [],
    })
    expect(gateOf(rules([], null), 'scoring', { country: 'IT', teamIds: [] }, now).open).toBe(false)
  })

  const anyDocument: fc.Arbitrary<Registered> = fc
    .record({
      country: fc.constantFrom('IT', 'FR', 'DE', 'ES'),
      kind: fc.constantFrom(...AgreementKind.options),
      features: fc.subarray([...Feature.options], { minLength: 1 }),
      teams: fc.subarray([north, south]),
      validFrom: fc.constantFrom('2026-01-01', '2026-06-15', '2026-06-16'),
      validTo: fc.constantFrom(null, '2026-06-14', '2026-06-15'),
      revokedAt: fc.constantFrom(null, now - DAY, now + DAY),
    })
    .map(document)
  const about = fc.record({
    country: fc.constantFrom('IT', 'FR', 'DE', 'ES', 'GB', null),
    teamIds: fc.subarray([north, south]),
  })

  it('one more document never closes it, a wider one neither; a revoked one opens nothing', () => {
    const few = fc.array(anyDocument, { maxLength: 4 })
    const features = fc.constantFrom(...Feature.options)
    fc.assert(
      fc.property(few, anyDocument, about, (documents, more, who) => {
        for (const feature of Feature.options) {
          const before = gateOf(rules(documents), feature, who, now)
          if (before.open) expect(gateOf(rules([...documents, more]), feature, who, now).open).toBe(true)
          const wider = documents.map((one) => ({ ...one, teams: [] }))
          if (before.open) expect(gateOf(rules(wider), feature, who, now).open).toBe(true)
          const revoked = documents.map((one) => ({ ...one, revokedAt: now }))
          const then = gateOf(rules(revoked), feature, who, now)
          expect(then.open).toBe(gateOf(rules([]), feature, who, now).open)
        }
      }),
    )
    fc.assert(
      fc.property(few, about, features, (documents, who, feature) => {
        const answer = gateOf(rules(documents), feature, who, now)
        if (answer.open)
          for (const id of answer.agreementIds) {
            const used = documents.find((one) => one.id === id)!
            expect(inForce(used, now) && coversTeams(used, who.teamIds) && used.features.includes(feature)).toBe(true)
          }
        else expect(answer.needs.length).toBeGreaterThan(0)
      }),
    )
  })
})
