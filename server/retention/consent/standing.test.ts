import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConsentChannel, ConsentKind } from '../../../contract/models/consent.ts'
import { legalBases } from '../../../contract/rules.ts'
import { newId } from '../../platform/ids.ts'
import { endedBy, type Holding } from './ended-by.ts'
import { type Consent, standing, valueOf } from './standing.ts'

const [mine, other] = [newId(), newId()]
const said = (kind: Consent['kind'], atMs: number, facts: Partial<Consent> = {}): Consent => ({
  id: newId(),
  callId: null,
  purpose: null,
  value: valueOf(kind),
  kind,
  channel: 'dtmf',
  atMs,
  announcement: null,
  ...facts,
})
const of = (records: Consent[], purpose = 'training', callId: string | null = mine) =>
  standing(records, { callId, purpose }).value

describe('what counts', () => {
  it('the latest answer; not having been asked answers nothing', () => {
    expect(of([])).toBe('not_asked')
    expect(of([said(null, 1)])).toBe('not_asked')
    expect(of([said('given', 1), said(null, 2)])).toBe('yes')
    expect(of([said('given', 1), said('withdrawn', 2)])).toBe('no')
    expect(of([said('refused', 1), said('given', 2)])).toBe('yes')
    expect(of([said('given', 1, { purpose: 'analytics' })])).toBe('not_asked')
  })

  it('a call’s answer counts over a general one only when later, and for that call alone', () => {
    const records = [said('refused', 1), said('given', 2, { callId: mine })]
    expect(of(records)).toBe('yes')
    expect(of(records, 'training', other)).toBe('no')
    expect(of(records, 'training', null)).toBe('no')
    expect(of([...records, said('withdrawn', 3)])).toBe('no')
  })

  it('an objection to a purpose stays until a yes that names it', () => {
    const objected = said('objected', 1, { purpose: 'analytics' })
    expect(of([objected, said('given', 2)], 'analytics')).toBe('no')
    expect(of([objected, said('given', 2)], 'training')).toBe('yes')
    expect(of([objected, said('given', 2, { purpose: 'analytics' })], 'analytics')).toBe('yes')
    expect(of([objected, said('given', 2, { purpose: 'analytics', callId: mine })], 'analytics', other)).toBe('no')
    expect(of([said('objected', 1), said('given', 2)])).toBe('yes')
    expect(standing([objected, said('given', 2)], { callId: mine, purpose: 'analytics' }).record).toBe(objected)
  })

  const purpose = fc.constantFrom('training', 'analytics', null)
  const anySaid: fc.Arbitrary<Consent> = fc
    .record({
      kind: fc.option(fc.constantFrom(...ConsentKind.options)),
      atMs: fc.integer({ min: 1, max: 50 }),
      callId: fc.constantFrom(mine, other, null),
      purpose,
      channel: fc.constantFrom(...ConsentChannel.options),
    })
    .map(({ kind, atMs, ...facts }) => said(kind, atMs, facts))
  const few = fc.array(anySaid, { maxLength: 8 })

  it('does not depend on the order in which records are read, nor on those of other calls or of nobody asked', () => {
    fc.assert(
      fc.property(few, fc.integer({ min: 0, max: 8 }), anySaid, (records, turn, more) => {
        const before = of(records)
        expect(of([...records.slice(turn), ...records.slice(0, turn)])).toBe(before)
        expect(of([...records, { ...more, callId: other }])).toBe(before)
        expect(of([...records, { ...more, purpose: 'analytics' }])).toBe(before)
        expect(of([...records, said(null, more.atMs)])).toBe(before)
      }),
    )
  })

  it('a later no always counts, a later yes that names the purpose too', () => {
    fc.assert(
      fc.property(
        few,
        fc.constantFrom('refused', 'withdrawn', 'objected'),
        fc.constantFrom(mine, null),
        (records, kind, callId) => {
          expect(of([...records, said(kind, 99, { callId })])).toBe('no')
          expect(of([...records, said(kind, 99, { callId, purpose: 'training' })])).toBe('no')
          expect(of([...records, said('given', 99, { callId, purpose: 'training' })])).toBe('yes')
        },
      ),
    )
  })

  it('no blanket yes, however late, undoes an objection to the purpose', () => {
    fc.assert(
      fc.property(few, fc.integer({ min: 1, max: 50 }), (records, atMs) => {
        const blanket = records.map((one) => ({ ...one, purpose: null }))
        expect(of([...blanket, said('objected', atMs, { purpose: 'training' })])).toBe('no')
      }),
    )
  })

  it('a yes is never made up: it needs one', () => {
    fc.assert(
      fc.property(few, (records) => {
        if (of(records) === 'yes') expect(records.some((one) => one.kind === 'given')).toBe(true)
      }),
    )
  })
})

describe('what ends', () => {
  const holding = (purpose: string, basis: Holding['basis'], callId = mine): Holding => ({ callId, purpose, basis })

  it('consent and what can be objected to end, contracts and duties stay, each with its article', () => {
    const all = [null, ...legalBases].map((basis) => holding(basis ?? 'none', basis))
    const { ends, stays } = endedBy(said('withdrawn', 1), all)
    expect(ends.map((one) => [one.holding.purpose, one.article])).toEqual([
      ['none', 'GDPR art. 6(1), 17(1)(d)'],
      ['consent', 'GDPR art. 7(3), 17(1)(b)'],
      ['public_task', 'GDPR art. 21(1), 17(1)(c)'],
      ['legitimate_interests', 'GDPR art. 21(1), 17(1)(c)'],
    ])
    expect(stays.map((one) => [one.holding.purpose, one.article])).toEqual([
      ['contract', 'GDPR art. 6(1)(b)'],
      ['legal_obligation', 'GDPR art. 6(1)(c), 17(3)(b)'],
      ['vital_interests', 'GDPR art. 6(1)(d)'],
    ])
  })

  it('only of the call and the purpose named', () => {
    const holdings = [
      holding('training', 'consent'),
      holding('analytics', 'consent'),
      holding('training', 'consent', other),
    ]
    expect(endedBy(said('refused', 1, { callId: mine, purpose: 'training' }), holdings).ends).toHaveLength(1)
    expect(endedBy(said('objected', 1, { purpose: 'training' }), holdings).ends).toHaveLength(2)
    expect(endedBy(said('objected', 1), holdings).ends).toHaveLength(3)
  })

  it('every holding concerned ends or stays, none both; a yes ends nothing', () => {
    const anyHolding = fc.record({
      callId: fc.constantFrom(mine, other),
      purpose: fc.constantFrom('training', 'analytics'),
      basis: fc.option(fc.constantFrom(...legalBases)),
    })
    fc.assert(
      fc.property(
        fc.array(anyHolding),
        fc.constantFrom(...ConsentKind.options, null),
        fc.constantFrom(mine, null),
        (holdings, kind, callId) => {
          const { ends, stays } = endedBy(said(kind, 1, { callId }), holdings)
          const concerned = holdings.filter((one) => callId === null || one.callId === callId)
          expect(ends.length + stays.length).toBe(valueOf(kind) === 'no' ? concerned.length : 0)
          expect(ends.some((one) => stays.some((two) => two.holding === one.holding))).toBe(false)
        },
      ),
    )
  })
})
