import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Jurisdiction, type Organisation } from '../../../contract/models/retention.ts'
import { laxer, overlaid, ownRows, requireJustified } from './changes.ts'
import { shippedTable } from './countries.ts'
import { asksYes, consentModeOf, rowOf } from './jurisdiction.ts'

const reason = 'Law 123/2030 art. 4 allows it after a notice'
const at = (code: string): Jurisdiction => shippedTable.find((row) => row.code === code)!
const changed = (code: string, facts: Partial<Jurisdiction>): Jurisdiction[] =>
  shippedTable.map((row) => (row.code === code ? { ...row, ...facts } : row))
const italian: Pick<Organisation, 'country' | 'unknownCallers'> = { country: 'IT', unknownCallers: 'strictest' }
const mode = (callerCountry: string | null, agentCountry: string | null, purposes = ['evidence'], of = italian) =>
  consentModeOf(shippedTable, of, { callerCountry, agentCountry }, purposes)

const code = fc.constantFrom('IT', 'FR', 'DE', 'DK', 'CH', 'ES', 'PT', 'US', 'US-NY', 'US-CA')
const place = fc.option(code)
const purposes = fc.subarray(['evidence', 'training', 'analytics'])
const controller = fc.record({
  country: code,
  unknownCallers: fc.constantFrom('strictest' as const, 'controller' as const),
})
const strictness = { objection: 0, opt_in: 1, not_configured: -1 }

describe('the table as shipped', () => {
  it('is valid, names each country once, and asks nowhere for a reason', () => {
    for (const row of shippedTable) expect(Jurisdiction.parse(row)).toEqual(row)
    expect(new Set(shippedTable.map((row) => row.code)).size).toBe(shippedTable.length)
    expect(shippedTable.filter((row) => row.reason !== '')).toEqual([])
  })

  it('finds states by name, the others together, and a number without state on its own', () => {
    expect(rowOf(shippedTable, 'US-CA')?.silence).toBe('not_allowed')
    expect(rowOf(shippedTable, 'US-NY')?.code).toBe('US-*')
    expect(rowOf(shippedTable, 'US')?.silence).toBe('not_allowed')
    expect(rowOf(shippedTable, 'DE-BY')?.code).toBe('DE')
    expect(rowOf(shippedTable, 'PT')).toBeNull()
  })
})

describe('objection or opt-in', () => {
  it('the strictest of caller, agent and controller', () => {
    expect(mode('IT', 'FR')).toMatchObject({ mode: 'objection' })
    expect(mode('DE', 'IT')).toEqual({ mode: 'opt_in', decidedBy: [{ who: 'caller', country: 'DE' }] })
    expect(mode('IT', 'CH')).toEqual({ mode: 'opt_in', decidedBy: [{ who: 'agent', country: 'CH' }] })
    expect(mode('IT', 'IT', [], { ...italian, country: 'DE' })).toEqual({
      mode: 'opt_in',
      decidedBy: [{ who: 'controller', country: 'DE' }],
    })
  })

  it('Denmark asks for a yes where training is a purpose', () => {
    expect(mode('DK', 'IT', ['evidence'])).toMatchObject({ mode: 'objection' })
    expect(mode('DK', 'IT', ['evidence', 'training'])).toMatchObject({ mode: 'opt_in' })
  })

  it('unknown countries ask for every party’s yes, callers’ unless the organisation chose otherwise', () => {
    expect(mode(null, 'IT')).toEqual({ mode: 'opt_in', decidedBy: [{ who: 'caller', country: null }] })
    expect(mode('PT', 'IT')).toMatchObject({ mode: 'opt_in' })
    // An agent of unknown country answers for the controller.
    expect(mode('IT', null)).toMatchObject({ mode: 'objection' })
    const own = { ...italian, unknownCallers: 'controller' as const }
    expect(mode(null, 'IT', [], own)).toMatchObject({ mode: 'objection' })
    expect(mode(null, 'IT', [], { ...own, country: 'DE' })).toMatchObject({ mode: 'opt_in' })
  })

  it('nothing is decided while no country is declared', () => {
    expect(consentModeOf(shippedTable, null, { callerCountry: 'DE', agentCountry: 'DE' }, [])).toEqual({
      mode: 'not_configured',
      decidedBy: [],
    })
    expect(
      consentModeOf(shippedTable, { ...italian, country: null }, { callerCountry: 'IT', agentCountry: 'IT' }, []).mode,
    ).toBe('not_configured')
  })

  it('a stricter country, one more purpose or a stricter row never makes it laxer', () => {
    fc.assert(
      fc.property(
        controller,
        fc.tuple(place, place),
        purposes,
        code,
        (of, [callerCountry, agentCountry], asked, other) => {
          const before = consentModeOf(shippedTable, of, { callerCountry, agentCountry }, asked)
          const level = strictness[before.mode]
          const stricter = asksYes(shippedTable, other, asked)
          for (const places of [
            { callerCountry: other, agentCountry },
            { callerCountry, agentCountry: other },
          ])
            if (stricter) expect(consentModeOf(shippedTable, of, places, asked).mode).toBe('opt_in')
          for (const more of ['training', 'evidence'])
            expect(
              strictness[consentModeOf(shippedTable, of, { callerCountry, agentCountry }, [...asked, more]).mode],
            ).toBeGreaterThanOrEqual(level)
          const table = changed(other, { silence: 'not_allowed' })
          expect(
            strictness[consentModeOf(table, of, { callerCountry, agentCountry }, asked).mode],
          ).toBeGreaterThanOrEqual(level)
          if (before.mode === 'opt_in') expect(before.decidedBy.length).toBeGreaterThan(0)
        },
      ),
    )
  })
})

describe('changing the table', () => {
  const inForce = shippedTable
  const accepted = (rows: Jurisdiction[], from = inForce) =>
    requireJustified(rows, { shipped: shippedTable, inForce: from })

  it('stricter freely', () => {
    expect(() => accepted([...shippedTable])).not.toThrow()
    expect(() => accepted(changed('IT', { silence: 'not_allowed' }))).not.toThrow()
    expect(() => accepted(changed('FR', { yesFor: ['training'] }))).not.toThrow()
    expect(() => accepted(changed('GB', { gates: at('ES').gates }))).not.toThrow()
    expect(() => accepted([...shippedTable, { ...at('CH'), code: 'PT' }])).not.toThrow()
  })

  it('laxer with a reason only', () => {
    const laxerTables: [string, Jurisdiction[]][] = [
      ['DE', changed('DE', { silence: 'allowed' })],
      ['DK', changed('DK', { yesFor: [] })],
      ['IT', changed('IT', { gates: [] })],
      [
        'IT',
        changed('IT', {
          gates: at('IT').gates.map((g) => ({
            ...g,
            needs: [['it_union_agreement', 'it_inspectorate', 'worker_notice']],
          })),
        }),
      ],
      ['PT', [...shippedTable, { ...at('FR'), code: 'PT' }]],
    ]
    for (const [which, rows] of laxerTables) {
      expect(() => accepted(rows)).toThrow(
        expect.objectContaining({ code: 'jurisdiction_reason', params: { code: which, min: 20 } }),
      )
      expect(() => accepted(rows.map((row) => (row.code === which ? { ...row, reason } : row)))).not.toThrow()
    }
  })

  it('going back from stricter is laxer too; rows stay and appear once', () => {
    const strict = changed('IT', { silence: 'not_allowed' })
    expect(() => accepted([...shippedTable], strict)).toThrow(expect.objectContaining({ code: 'jurisdiction_reason' }))
    expect(() => accepted(shippedTable.slice(1))).toThrow(expect.objectContaining({ code: 'jurisdiction_removed' }))
    expect(() => accepted([...shippedTable, at('IT')])).toThrow(
      expect.objectContaining({ code: 'jurisdiction_repeated' }),
    )
    const added = [...shippedTable, { ...at('CH'), code: 'PT' }]
    expect(() => accepted([...shippedTable], added)).not.toThrow()
    const gated = [...shippedTable, { ...at('DE'), code: 'PT' }]
    expect(() => accepted([...shippedTable], gated)).toThrow(expect.objectContaining({ code: 'jurisdiction_removed' }))
  })

  it('a row is never laxer than itself, and dropping one demand is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...shippedTable), fc.nat(), (row, n) => {
        expect(laxer(row, row)).toBe(false)
        if (row.gates.length === 0) return
        const gates = row.gates.filter((_, i) => i !== n % row.gates.length)
        expect(laxer({ ...row, gates }, row)).toBe(true)
        expect(laxer(row, { ...row, gates })).toBe(false)
      }),
    )
  })

  it('only what differs is stored, and laid over what is shipped', () => {
    const rows = [...changed('DE', { uncertain: true }), { ...at('CH'), code: 'PT' }]
    const own = ownRows(rows, shippedTable)
    expect(own.map((row) => row.code)).toEqual(['DE', 'PT'])
    expect(overlaid(shippedTable, own)).toEqual(rows)
  })
})
