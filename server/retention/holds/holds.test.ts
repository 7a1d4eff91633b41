import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../platform/ids.ts'
import { DAY, house, type House } from '../testkit/house.ts'

let h: House
beforeAll(async () => {
  h = await house()
})
afterAll(() => h.close())

const anna = newId()
const bea = newId()
const why = { reason: 'claim 2026/118 before the court of Milan', reference: 'RG 118/2026', personId: anna }
const freed = async (id: string): Promise<void> => {
  await h.holds.askRelease(id, 'the claim was settled out of court', anna)
  await h.holds.release(id, bea)
}

describe('a legal hold', () => {
  it('keeps a call past its term, with every derivative, until two people release it', async () => {
    const call = await h.call({ training: 2, evidence: 3 })
    const id = await h.holds.place({ kind: 'calls', callIds: [call.id] }, why)
    h.clock.advance(5 * DAY)
    expect(await h.sweep.sweep()).toMatchObject({ ended: 0 })
    expect(
      (await h.lapse.lapse({ terms: [{ callId: call.id, purpose: 'training', segment: 0 }], reason: 'erasure' })).held,
    ).toHaveLength(1)
    expect(await h.states(call.id)).toEqual({ training: 'live', evidence: 'live' })
    ;(await h.vault.unlockHeld(call.renditions['training'] ?? '')).dispose()
    await h.holds.askRelease(id, 'the claim was settled out of court', anna)
    await expect(h.holds.release(id, anna)).rejects.toMatchObject({ code: 'hold_two_people' })
    await h.holds.keep(id, bea)
    await expect(h.holds.release(id, bea)).rejects.toMatchObject({ code: 'hold_state' })
    await freed(id)
    expect(await h.sweep.sweep()).toMatchObject({ ended: 2, destroyed: 1 })
    const types = h.logged.filter((e) => e.data['holdId'] === id).map((e) => e.type)
    expect(types).toEqual(['hold.placed', 'hold.release_asked', 'hold.kept', 'hold.release_asked', 'hold.released'])
  })

  it('on one purpose leaves the others to their clocks', async () => {
    const call = await h.call({ training: 2, evidence: 2 })
    const id = await h.holds.place({ kind: 'segment', callId: call.id, purpose: 'evidence', segment: 0 }, why)
    h.clock.advance(4 * DAY)
    expect(await h.sweep.sweep()).toMatchObject({ destroyed: 0 })
    expect((await h.states(call.id))['evidence']).toBe('live')
    await freed(id)
    expect(await h.sweep.sweep()).toMatchObject({ destroyed: 1 })
  })

  it('on a caller covers the calls that come later', async () => {
    const who = h.someone()
    const before = await h.call({ training: 1 }, who)
    const id = await h.holds.place({ kind: 'caller', customerIndex: who }, why)
    const after = await h.call({ training: 1 }, who)
    const other = await h.call({ training: 1 }, h.someone())
    h.clock.advance(3 * DAY)
    await h.sweep.sweep()
    expect([await h.states(before.id), await h.states(after.id), await h.states(other.id)]).toEqual([
      { training: 'live' },
      { training: 'live' },
      { training: 'ended clock' },
    ])
    expect((await h.holds.list()).find((x) => x.id === id)).toMatchObject({ held: 2, tooLate: 0, reason: why.reason })
    expect(await h.holds.holdsOf(after.id)).toEqual([id])
    await freed(id)
    await h.sweep.sweep()
    expect(await h.states(after.id)).toEqual({ training: 'ended clock' })
  })

  it('says what came too late, and refuses a selection that finds nothing', async () => {
    const [gone, kept] = [await h.call({ training: 0 }), await h.call({ training: 9 })]
    h.clock.advance(2 * DAY)
    await h.sweep.sweep()
    const id = await h.holds.place({ kind: 'query', query: { queue: 'Polizze' }, pages: [[gone.id], [kept.id]] }, why)
    expect((await h.holds.list()).find((x) => x.id === id)).toMatchObject({ held: 1, tooLate: 1 })
    await expect(h.holds.place({ kind: 'calls', callIds: [gone.id] }, why)).rejects.toMatchObject({
      code: 'hold_nothing',
    })
    await expect(h.holds.place({ kind: 'calls', callIds: [kept.id] }, { ...why, reason: 'x' })).rejects.toMatchObject({
      code: 'hold_reason_missing',
    })
    await freed(id)
  })

  it('over many calls is placed in steps: the clock spares what waits, and a crash between steps changes nothing', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => h.call({ training: 1 })))
    const callIds = made.map(({ id }) => id)
    const id = await h.holds.begin({ kind: 'calls', callIds }, why)
    expect((await h.holds.list()).find((x) => x.id === id)).toMatchObject({ state: 'placing', held: 0 })
    await expect(h.holds.askRelease(id, 'the claim was settled out of court', anna)).rejects.toMatchObject({
      code: 'hold_state',
    })
    h.clock.advance(3 * DAY)
    await h.sweep.sweep()
    // ended by somebody while it waited: that came first
    const [early] = callIds
    await h.lapse.lapse({ terms: [{ callId: early!, purpose: 'training', segment: 0 }], reason: 'withdrawal' })
    await h.restart()
    expect((await h.holds.list()).find((x) => x.id === id)).toMatchObject({ state: 'active', held: 11, tooLate: 1 })
    await h.sweep.sweep()
    expect((await Promise.all(callIds.map((callId) => h.states(callId)))).map((s) => s['training'])).toEqual(
      callIds.map((callId) => (callId === early ? 'ended withdrawal' : 'live')),
    )
    await freed(id)
    expect(await h.sweep.sweep()).toMatchObject({ destroyed: 11 })
  })

  it('on a caller finds the call whose caller becomes known at the same moment', async () => {
    for (let i = 0; i < 8; i++) {
      const who = h.someone()
      const call = await h.call({ training: 9 })
      const known = h.db.transaction().execute(async (tx) => {
        await tx.updateTable('term').set({ customer_index: who }).where('call_id', '=', call.id).execute()
        await h.holds.catchCall(tx, call.id, who)
      })
      const [id] = await Promise.all([h.holds.place({ kind: 'caller', customerIndex: who }, why), known])
      expect(await h.holds.holdsOf(call.id)).toEqual([id])
      await freed(id)
    }
  })

  it('and a lapse at the same moment: one of them wins, whole', async () => {
    for (let i = 0; i < 8; i++) {
      const call = await h.call({ training: 9 })
      const lapsing = h.lapse.lapse({
        terms: [{ callId: call.id, purpose: 'training', segment: 0 }],
        reason: 'withdrawal',
      })
      const held = await h.holds.place({ kind: 'calls', callIds: [call.id] }, why).then(
        () => true,
        () => false,
      )
      const { ended } = await lapsing
      expect([held, ended.length]).toEqual(held ? [true, 0] : [false, 1])
      expect((await h.opens(call)).includes('training')).toBe(held)
    }
  })
})
