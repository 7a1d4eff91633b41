import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PurposeEntry } from '../../../contract/models/retention.ts'
import { newId } from '../../platform/ids.ts'
import { seededEntries } from '../register/seed.ts'
import { lastAudioDayFor, lastDayFor } from '../register/terms.ts'
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

async function term(
  purpose: string,
  startedAt: Date,
  lastDay: string,
  { country = null, audio = false }: { country?: string | null; audio?: boolean } = {},
): Promise<string> {
  const callId = newId()
  await h.db
    .insertInto('term')
    .values({
      call_id: callId,
      purpose,
      from_ms: null,
      to_ms: null,
      rendition_id: audio ? newId() : null,
      card_id: newId(),
      basis: null,
      country,
      customer_index: null,
      started_at: startedAt,
      last_day: lastDay,
      audio_last_day: null,
      audio_ended_at: null,
      state: 'live',
      reason: null,
      ended_at: null,
    })
    .execute()
  return callId
}
const daysOf = (callId: string): Promise<{ last_day: string; audio_last_day: string | null }> =>
  h.db.selectFrom('term').select(['last_day', 'audio_last_day']).where('call_id', '=', callId).executeTakeFirstOrThrow()
const lastDayOf = async (callId: string): Promise<string> => (await daysOf(callId)).last_day

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
      fc.tuple(span, span, fc.option(span), fc.option(span)),
      async (starts, [everywhere, inFrance, audio, audioInFrance]) => {
        await h.db.deleteFrom('term').execute()
        const rule = { country: 'FR', keep: inFrance, audio: audioInFrance, confirmationEnds: null, text: '' }
        const entries = register((e) => (e.key === 'training' ? { keep: everywhere, audio, countries: [rule] } : {}))
        const entry = entries.find((e) => e.key === 'training')!
        const ids: [string, Date, string | null][] = []
        for (const [i, at] of starts.entries()) {
          const country = i % 2 === 0 ? 'FR' : 'IT'
          ids.push([await term('training', at, '2199-01-01', { country, audio: i % 3 > 0 }), at, country])
        }
        await reclock({ db: h.db, vault: h.vault, entries: () => entries, moved: async () => {} })
        for (const [i, [id, at, country]] of ids.entries()) {
          const [lastDay, audioDay] = [lastDayFor, lastAudioDayFor].map((of) =>
            isoDay(of(entry, country, at.getTime())),
          )
          expect(await daysOf(id)).toEqual({
            last_day: lastDay,
            audio_last_day: i % 3 > 0 && audioDay !== lastDay ? audioDay : null,
          })
        }
      },
    ),
    { numRuns: 25 },
  )
})

it('previews what would end sooner and what at once, and applies shortening only', async () => {
  await h.db.deleteFrom('term').execute()
  const at = new Date(Date.UTC(2026, 0, 1))
  const [a, b] = [
    await term('training', at, '2026-06-30', { audio: true }),
    await term('training', new Date(Date.UTC(2026, 3, 1)), '2026-09-30'),
  ]
  const kept = await term('evidence', at, '2027-01-01')
  const shorter = register((e) => (e.key === 'training' ? { keep: { months: 3 } } : {}))
  expect(await previewReclock(h.db, shorter, '2026-05-10')).toEqual([
    { purpose: 'evidence', country: null, terms: 1, sooner: 0, now: 0, audioSooner: 0, audioNow: 0 },
    { purpose: 'training', country: null, terms: 2, sooner: 2, now: 1, audioSooner: 1, audioNow: 1 },
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

it('shortens the audio alone, and leaves audio that has ended as it was', async () => {
  await h.db.deleteFrom('term').execute()
  const call = await h.call({ training: 180, evidence: 1000 })
  const ended = await h.call({ training: 180, evidence: 1000 })
  await sql`update term set started_at = ${new Date(h.clock.now())}`.execute(h.db)
  await sql`update term set audio_last_day = '2026-01-01', audio_ended_at = now()
    where call_id = ${ended.id} and purpose = 'training'`.execute(h.db)
  const shorter = register((e) => (e.key === 'training' ? { audio: { days: 10 } } : {}))
  const today = isoDay(new Date(h.clock.now()))
  const inTraining = (await previewReclock(h.db, shorter, today)).find((row) => row.purpose === 'training')
  expect(inTraining).toMatchObject({ terms: 2, sooner: 0, now: 0, audioSooner: 1, audioNow: 0 })
  const moved: MovedTerm[] = []
  const move = async (_: unknown, terms: MovedTerm[]): Promise<void> => void moved.push(...terms)
  expect(await reclock({ db: h.db, vault: h.vault, entries: () => shorter, moved: move })).toBe(1)
  const tenth = isoDay(new Date(h.clock.now() + 9 * 86_400_000))
  expect(moved).toMatchObject([{ callId: call.id, audioLastDay: tenth }])
  const wraps = await sql<{ of: string; expires_on: string }>`
    select r.format as of, w.expires_on::text from key_wrap w join rendition r on r.id = w.rendition_id
    where r.call_id = ${call.id} and w.purpose = 'training'`.execute(h.db)
  expect(wraps.rows.find((w) => w.of === 'lanes')?.expires_on).toBe(tenth)
  expect(wraps.rows.find((w) => w.of === 'card')?.expires_on).toBe(isoDay(new Date(h.clock.now() + 180 * 86_400_000)))
  const left = await h.db.selectFrom('term').select('audio_last_day').where('call_id', '=', ended.id).execute()
  expect(left.map((t) => t.audio_last_day)).toContain('2026-01-01')
})
