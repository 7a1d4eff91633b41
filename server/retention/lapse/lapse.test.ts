import { readdirSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DAY, house, type House } from '../testkit/house.ts'

let h: House
beforeAll(async () => {
  h = await house()
})
afterAll(() => h.close())

const types = (callId: string): string[] => h.logged.filter((e) => e.callId === callId).map((e) => e.type)

describe('a term', () => {
  it('ends the day after its last, and takes only its own with it; the last takes everything', async () => {
    const call = await h.call({ evidence: 20, training: 3, analytics: 10 })
    expect(await h.opens(call)).toEqual(['analytics', 'evidence', 'processing', 'training'])
    h.clock.advance(3 * DAY)
    expect((await h.sweep.sweep()).ended).toBe(0)
    h.clock.advance(DAY)
    expect(await h.sweep.sweep()).toMatchObject({ ended: 1, destroyed: 0, alarm: null })
    expect(await h.opens(call)).toEqual(['analytics', 'evidence', 'processing'])
    h.clock.advance(7 * DAY)
    await h.sweep.sweep()
    expect(await h.opens(call)).toEqual(['evidence'])
    expect(types(call.id)).toEqual(['purpose.lapsed', 'purpose.lapsed'])
    h.clock.advance(10 * DAY)
    expect(await h.sweep.sweep()).toMatchObject({ ended: 1, destroyed: 1 })
    expect(await h.states(call.id)).toEqual({
      evidence: 'ended clock',
      training: 'ended clock',
      analytics: 'ended clock',
    })
    expect(types(call.id)).toEqual(['purpose.lapsed', 'purpose.lapsed', 'purpose.lapsed', 'certificate.destruction'])
    expect(readdirSync(join(h.root, 'objects'))).not.toContain(call.renditions['evidence'])
    const { certificate } = await h.db
      .selectFrom('destruction')
      .selectAll()
      .where('call_id', '=', call.id)
      .executeTakeFirstOrThrow()
    expect(certificate).toMatchObject({
      callId: call.id,
      method: 'puncture',
      receipts: [{ room: 'capture', erased: { legs: 2 } }],
      terms: [{ purpose: 'analytics' }, { purpose: 'evidence' }, { purpose: 'training' }],
    })
    expect(h.erased.filter((e) => e.startsWith(call.id)).at(-1)).toBe(`${call.id}/evidence/0!`)
  })

  it('is told to be beyond every copy of the keystore after seven days', async () => {
    const call = await h.call({ training: 0 })
    h.clock.advance(DAY)
    await h.sweep.sweep()
    const final = async () =>
      (await h.db.selectFrom('destruction').select('final_at').where('call_id', '=', call.id).executeTakeFirstOrThrow())
        .final_at
    h.clock.advance(6 * DAY)
    await h.sweep.sweep()
    expect(await final()).toBeNull()
    h.clock.advance(2 * DAY)
    await h.sweep.sweep()
    expect(await final()).not.toBeNull()
    expect(h.logged.filter((e) => e.type === 'erasure.final' && JSON.stringify(e.data).includes(call.id))).toHaveLength(
      1,
    )
  })

  it('ends at once by a decision, and once only', async () => {
    const call = await h.call({ evidence: 20, training: 20 })
    const ask = { terms: [{ callId: call.id, purpose: 'training', segment: 0 }], reason: 'withdrawal' as const }
    const [first, second] = await Promise.all([h.lapse.lapse(ask), h.lapse.lapse(ask)])
    expect([first?.ended.length, second?.ended.length]).toEqual([1, 0])
    expect(await h.opens(call)).toEqual(['evidence', 'processing'])
    expect(await h.states(call.id)).toEqual({ evidence: 'live', training: 'ended withdrawal' })
  })

  it('two ending at the same moment leave nothing behind', async () => {
    const call = await h.call({ evidence: 20, training: 20 })
    const end = (purpose: string) =>
      h.lapse.lapse({ terms: [{ callId: call.id, purpose, segment: 0 }], reason: 'erasure' })
    const reports = await Promise.all([end('evidence'), end('training')])
    expect(reports.flatMap((r) => r.destroyed)).toEqual([call.id])
    expect(await h.vault.renditionsOf([call.id])).toEqual([])
  })
})

describe('the clock', () => {
  it('set back a year brings nothing back and ends nothing new', async () => {
    const call = await h.call({ training: 2, evidence: 40 })
    h.clock.advance(3 * DAY)
    await h.sweep.sweep()
    h.clock.jumpWall(-365 * DAY)
    expect(await h.sweep.sweep()).toMatchObject({ alarm: 'clock_back', ended: 0 })
    expect(await h.opens(call)).toEqual(['evidence', 'processing'])
    h.clock.jumpWall(365 * DAY)
    expect((await h.sweep.sweep()).alarm).toBeNull()
  })

  it('leaping a year ahead destroys nothing until somebody vouches for the day', async () => {
    const call = await h.call({ training: 30, evidence: 300 })
    h.clock.jumpWall(200 * DAY)
    expect(await h.sweep.sweep()).toMatchObject({ alarm: 'clock_ahead', ended: 0 })
    expect(await h.sweep.sweep()).toMatchObject({ alarm: 'clock_ahead', ended: 0 })
    // Refused meanwhile, by the wall clock; yet nothing is lost:
    expect(await h.opens(call)).toEqual(['evidence'])
    h.clock.jumpWall(-200 * DAY)
    expect((await h.sweep.sweep()).alarm).toBeNull()
    expect(await h.opens(call)).toEqual(['evidence', 'processing', 'training'])
    h.clock.jumpWall(200 * DAY)
    expect((await h.sweep.sweep()).alarm).toBe('clock_ahead')
    await h.sweep.confirm(new Date(h.clock.now()).toISOString().slice(0, 10))
    expect(await h.sweep.sweep()).toMatchObject({ alarm: null })
    expect(await h.states(call.id)).toEqual({ training: 'ended clock', evidence: 'live' })
  })

  it('catches up after down time', async () => {
    const call = await h.call({ training: 2 })
    h.clock.advance(30 * DAY)
    await h.restart()
    expect(await h.sweep.sweep()).toMatchObject({ alarm: null })
    expect(await h.states(call.id)).toEqual({ training: 'ended clock' })
  })
})

describe('a crash', () => {
  it('between the decision and its end leaves a term that opens nothing, completed by itself', async () => {
    for (const step of ['before the vault', 'before the rows'] as const) {
      const call = await h.call({ training: 20, evidence: 20 })
      const ending = { state: 'ending' as const, reason: 'withdrawal' as const, ended_at: new Date(h.clock.now()) }
      if (step === 'before the vault')
        // The decision is written in one transaction with the vault's intent: the vault alone completes the keys at its start.
        await h.db.transaction().execute(async (tx) => {
          await tx
            .updateTable('term')
            .set(ending)
            .where('call_id', '=', call.id)
            .where('purpose', '=', 'training')
            .execute()
          const wraps = await tx.selectFrom('key_wrap').selectAll().where('purpose', '=', 'training').execute()
          const mine = wraps.filter((w) => [call.card, call.renditions['training']].includes(w.rendition_id))
          for (const w of mine)
            await tx
              .deleteFrom('key_wrap')
              .where('rendition_id', '=', w.rendition_id)
              .where('purpose', '=', 'training')
              .execute()
          await tx
            .updateTable('rendition')
            .set({ state: 'erasing' })
            .where('id', '=', call.renditions['training'] ?? '')
            .execute()
          const items = mine.map((w) => ({
            rendition: w.rendition_id,
            purpose: w.purpose,
            bucket: w.bucket,
            leaf: w.leaf,
          }))
          await tx
            .insertInto('vault_intent')
            .values({
              wraps: JSON.stringify(items),
              renditions: [call.renditions['training'] ?? ''],
              created_at: new Date(),
              done_at: null,
            })
            .execute()
        })
      else
        await h.vault.end(
          [
            { renditionId: call.renditions['training'] ?? '', purpose: 'training' },
            { renditionId: call.card, purpose: 'training' },
          ],
          async (tx) => {
            await (tx as never as typeof h.db)
              .updateTable('term')
              .set(ending)
              .where('call_id', '=', call.id)
              .where('purpose', '=', 'training')
              .execute()
          },
        )
      expect(await h.opens(call)).toEqual(['evidence', 'processing'])
      await h.restart()
      expect(await h.states(call.id)).toEqual({ evidence: 'live', training: 'ended withdrawal' })
      expect(types(call.id)).toEqual(['purpose.lapsed'])
      expect(await h.opens(call)).toEqual(['evidence', 'processing'])
    }
  })

  it('after any step of a lapse or a hold leaves one of the two legal states, and the rest completes by itself', async () => {
    for (const what of ['part', 'whole', 'hold'] as const) {
      let survived = false
      let died = 0
      for (let n = 0; !survived; n++) {
        const call = await h.call({ training: 20, evidence: 20 })
        const purposes = what === 'part' ? ['training'] : ['training', 'evidence']
        const terms = purposes.map((purpose) => ({ callId: call.id, purpose, segment: 0 }))
        h.dieAfter(n)
        const act =
          what === 'hold'
            ? h.holds.place(
                { kind: 'calls', callIds: [call.id] },
                { reason: 'a claim in court', reference: '', personId: null },
              )
            : h.lapse.lapse({ terms, reason: 'erasure' })
        survived = await act.then(
          () => true,
          () => false,
        )
        if (!survived) died++
        await h.restart()
        const states = await h.states(call.id)
        const live = Object.keys(states).filter((p) => states[p] === 'live')
        expect([n, (await h.opens(call)).filter((p) => p !== 'processing')]).toEqual([n, live.toSorted()])
        expect(Object.values(states).filter((s) => s.startsWith('ending'))).toEqual([])
        if (what === 'hold') {
          // What was listed is held after the next start, though nobody was told so; and told to the log once.
          const [holdId] = await h.holds.holdsOf(call.id)
          if (survived) expect(holdId).toBeDefined()
          expect(
            h.logged.filter((e) => e.type === ('hold.placed' as string) && e.data['holdId'] === holdId),
          ).toHaveLength(holdId ? 1 : 0)
          const ended = await h.lapse.lapse({ terms, reason: 'erasure' })
          expect(ended.held.length > 0).toBe(holdId !== undefined)
          continue
        }
        // All of what was asked, or none of it.
        expect([0, purposes.length]).toContain(2 - live.length)
        const certified = await h.db
          .selectFrom('destruction')
          .select('call_id')
          .where('call_id', '=', call.id)
          .execute()
        expect(certified.length).toBe(live.length === 0 ? 1 : 0)
        expect((await h.vault.renditionsOf([call.id])).length === 0).toBe(live.length === 0)
        if (survived) expect(live.length).toBe(2 - purposes.length)
      }
      expect(died).toBeGreaterThan(what === 'hold' ? 0 : 4)
    }
  })

  it('and a restored database: lapsed purposes stay dead, and the rows say so', async () => {
    const [kept, gone, part] = [
      await h.call({ training: 20 }),
      await h.call({ training: 20 }),
      await h.call({ training: 20, evidence: 20 }),
    ]
    const tables = ['term', 'rendition', 'key_wrap', 'vault_intent', 'destruction'] as const
    const backup = new Map<string, unknown[]>()
    for (const t of tables) backup.set(t, await h.db.selectFrom(t).selectAll().execute())
    await cp(join(h.root, 'objects'), join(h.root, 'objects-backup'), { recursive: true })
    const end = (callId: string) =>
      h.lapse.lapse({ terms: [{ callId, purpose: 'training', segment: 0 }], reason: 'erasure' })
    await end(gone.id)
    await end(part.id)
    for (const t of ['hold_item', 'rendition_hold', ...tables.toReversed()] as const) await h.db.deleteFrom(t).execute()
    for (const t of ['rendition', 'key_wrap', 'vault_intent', 'term', 'destruction'] as const)
      for (const row of backup.get(t) ?? []) {
        const plain = Object.fromEntries(
          Object.entries(row as Record<string, unknown>).map(([k, v]) => [
            k,
            ['manifest', 'wraps', 'certificate'].includes(k) ? JSON.stringify(v) : v,
          ]),
        )
        if (t === 'vault_intent') delete plain['idx']
        await h.db
          .insertInto(t)
          .values(plain as never)
          .execute()
      }
    await h.db.deleteFrom('vault_intent').execute()
    await h.restart()
    expect(await h.opens(kept)).toEqual(['processing', 'training'])
    expect(await h.opens(gone)).toEqual([])
    expect(await h.opens(part)).toEqual(['evidence', 'processing'])
    expect([await h.states(kept.id), await h.states(gone.id), await h.states(part.id)]).toEqual([
      { training: 'live' },
      { training: 'ended restored' },
      { evidence: 'live', training: 'ended restored' },
    ])
  })
})

describe('any course of events', () => {
  type Step =
    | { kind: 'days'; n: number }
    | { kind: 'end'; call: number; purpose: string }
    | { kind: 'call'; days: [number, number] }
    | { kind: 'restart' }
    | { kind: 'sweep' }
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant('days' as const), n: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ kind: fc.constant('end' as const), call: fc.nat(4), purpose: fc.constantFrom('training', 'evidence') }),
    fc.record({
      kind: fc.constant('call' as const),
      days: fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 })),
    }),
    fc.constant({ kind: 'restart' as const }),
    fc.constant({ kind: 'sweep' as const }),
  )

  it('ends with what a model says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        const calls: { call: Awaited<ReturnType<House['call']>>; until: Record<string, number> }[] = []
        let day = 0
        for (const s of steps) {
          if (s.kind === 'days') {
            h.clock.advance(s.n * DAY)
            day += s.n
          } else if (s.kind === 'restart') {
            // A program that ran had looked at the clock: only time that it was down must be vouched for.
            await h.sweep.sweep()
            await h.restart()
          } else if (s.kind === 'sweep') await h.sweep.sweep()
          else if (s.kind === 'call') {
            const [training, evidence] = s.days
            calls.push({
              call: await h.call({ training, evidence }),
              until: { training: day + training, evidence: day + evidence },
            })
          } else if (calls[s.call]) {
            const { call, until } = calls[s.call]!
            await h.lapse.lapse({ terms: [{ callId: call.id, purpose: s.purpose, segment: 0 }], reason: 'objection' })
            until[s.purpose] = Math.min(until[s.purpose] ?? 0, -1)
          }
        }
        await h.sweep.sweep()
        for (const { call, until } of calls) {
          const live = Object.keys(until)
            .filter((p) => (until[p] ?? 0) >= day)
            .toSorted()
          expect((await h.opens(call)).filter((p) => p !== 'processing')).toEqual(live)
          const certified = await h.db
            .selectFrom('destruction')
            .select('call_id')
            .where('call_id', '=', call.id)
            .execute()
          expect(certified.length).toBe(live.length === 0 ? 1 : 0)
          expect((await h.vault.renditionsOf([call.id])).length === 0).toBe(live.length === 0)
        }
      }),
      { numRuns: 10 },
    )
  })
})
