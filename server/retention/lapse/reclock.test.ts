import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PurposeEntry } from '../../../contract/models/retention.ts'
import { newId } from '../../platform/ids.ts'
import { seededEntries } from '../register/seed.ts'
import { lastDayFor } from '../register/terms.ts'
import { house, type House } from '../testkit/house.ts'
import { type MovedTerm, previewReclock, reclock } from './reclock.ts'

let h: House
beforeAll(async () => {
  h = await house()
})
afterAll(() => h.close())

const register = (change: (entry: PurposeEntry) => Partial<PurposeEntry>): PurposeEntry[] =>
  seededEntries().map((entry) => ({ ...entry, ...change(entry) }))
const isoDay = (date: Date): string => date.toISOString().slice(0, 10)

async function term(purpose: string, startedAt: Date, lastDay: string, country: string | null = null): Promise<string> {
  const callId = newId()
  await h.db
    .insertInto('term')
    .values({
      call_id: callId,
      purpose,
      from_ms: null,
      to_ms: null,
      rendition_id: null,
      card_id: newId(),
      basis: null,
      country,
      customer_index: null,
      started_at: startedAt,
      last_day: lastDay,
      state: 'live',
      reason: null,
      ended_at: null,
    })
    .execute()
  return callId
}
const lastDayOf = async (callId: string): Promise<string> =>
  (await h.db.selectFrom('term').select('last_day').where('call_id', '=', callId).executeTakeFirstOrThrow()).last_day

it('counts days as the register does, for any start, span and country', async () => {
  const span = fc.oneof(
    fc.record({ months: fc.integer({ min: 1, max: 84 }) }),
    fc.record({ days: fc.integer({ min: 1, max: 2000 }) }),
  )
  const start = fc.date({
    min: new Date(Date.UTC(2020, 0, 1)),
    max: new Date(Date.UTC(2040, 0, 1)),
    noInvalidDate: true,
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(start, { minLength: 5, maxLength: 30 }),
      span,
      span,
      async (starts, everywhere, inFrance) => {
        await h.db.deleteFrom('term').execute()
        const rule = { country: 'FR', keep: inFrance, audio: null, confirmationEnds: null, text: '' }
        const entries = register((e) => (e.key === 'training' ? { keep: everywhere, countries: [rule] } : {}))
        const entry = entries.find((e) => e.key === 'training')!
        const ids: [string, Date, string | null][] = []
        for (const [i, at] of starts.entries()) {
          const country = i % 2 === 0 ? 'FR' : 'IT'
          ids.push([await term('training', at, '2199-01-01', country), at, country])
        }
        await reclock({ db: h.db, vault: h.vault, entries: () => entries, moved: async () => {} })
        for (const [id, at, country] of ids)
          expect(await lastDayOf(id)).toBe(isoDay(lastDayFor(entry, country, at.getTime())))
      },
    ),
    { numRuns: 25 },
  )
})

it('previews what would end sooner and what at once, and applies shortening only', async () => {
  await h.db.deleteFrom('term').execute()
  const at = new Date(Date.UTC(2026, 0, 1))
  const [a, b] = [
    await term('training', at, '2026-06-30'),
    await term('training', new Date(Date.UTC(2026, 3, 1)), '2026-09-30'),
  ]
  const kept = await term('evidence', at, '2027-01-01')
  const shorter = register((e) => (e.key === 'training' ? { keep: { months: 3 } } : {}))
  expect(await previewReclock(h.db, shorter, '2026-05-10')).toEqual([
    { purpose: 'evidence', country: null, terms: 1, sooner: 0, now: 0 },
    { purpose: 'training', country: null, terms: 2, sooner: 2, now: 1 },
  ])
  const moved: MovedTerm[] = []
  const deps = {
    db: h.db,
    vault: h.vault,
    entries: () => shorter,
    moved: async (_: unknown, terms: MovedTerm[]) => void moved.push(...terms),
  }
  expect(await reclock(deps)).toBe(2)
  expect(await reclock(deps)).toBe(0)
  expect([await lastDayOf(a), await lastDayOf(b), await lastDayOf(kept)]).toEqual([
    '2026-03-31',
    '2026-06-30',
    '2027-01-01',
  ])
  expect(moved.map((m) => m.lastDay).toSorted()).toEqual(['2026-03-31', '2026-06-30'])
})

it('moves the vault’s days with the terms', async () => {
  await h.db.deleteFrom('term').execute()
  const call = await h.call({ training: 100, evidence: 1000 })
  await sql`update term set started_at = ${new Date(h.clock.now())}`.execute(h.db)
  const shorter = register((e) => (e.key === 'training' ? { keep: { days: 10 } } : {}))
  await reclock({ db: h.db, vault: h.vault, entries: () => shorter, moved: async () => {} })
  const wraps = await h.db.selectFrom('key_wrap').select('expires_on').where('purpose', '=', 'training').execute()
  expect(new Set(wraps.map((w) => w.expires_on))).toEqual(new Set([isoDay(new Date(h.clock.now() + 9 * 86_400_000))]))
  expect(await h.opens(call)).toContain('training')
})
