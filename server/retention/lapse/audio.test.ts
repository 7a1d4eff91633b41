import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../platform/ids.ts'
import { DAY, house, type House } from '../testkit/house.ts'

let h: House
beforeAll(async () => {
  h = await house()
})
afterAll(() => h.close())

const types = (callId: string): string[] => h.logged.filter((e) => e.callId === callId).map((e) => e.type)
const opensCard = async (card: string): Promise<boolean> => {
  const key = await h.vault.unlock(card, 'training').catch(() => null)
  key?.dispose()
  return key !== null
}
const ended = async (callId: string) =>
  (
    await h.db
      .selectFrom('term')
      .select(['state', 'audio_ended_at'])
      .where('call_id', '=', callId)
      .where('purpose', '=', 'training')
      .executeTakeFirstOrThrow()
  ).audio_ended_at !== null

it('ends before the rest of what its purpose keeps, to the day', async () => {
  const call = await h.call({ training: 300, evidence: 900 }, null, { training: 150 })
  h.clock.advance(150 * DAY)
  await h.sweep.sweep()
  expect(await h.opens(call)).toEqual(['evidence', 'training'])
  h.clock.advance(DAY)
  await h.sweep.sweep()
  expect(await h.opens(call)).toEqual(['evidence'])
  expect(await h.states(call.id)).toEqual({ training: 'live', evidence: 'live' })
  expect(await opensCard(call.card)).toBe(true)
  expect(types(call.id)).toEqual(['purpose.audio_lapsed'])
  expect(h.erased).toContain(`${call.id}/training/0 audio`)
  await h.sweep.sweep()
  expect(types(call.id)).toEqual(['purpose.audio_lapsed'])
  // its own last day ends the rest
  h.clock.advance(30 * DAY)
  await h.sweep.sweep()
  for (let left = 120; left > 0; left -= 30) {
    h.clock.advance(30 * DAY)
    await h.sweep.sweep()
  }
  expect(await h.states(call.id)).toEqual({ training: 'ended clock', evidence: 'live' })
  expect(types(call.id)).toEqual(['purpose.audio_lapsed', 'purpose.lapsed'])
  expect(await opensCard(call.card)).toBe(false)
})

it('stays under a hold, and goes when it is released', async () => {
  const call = await h.call({ training: 60, evidence: 900 }, null, { training: 10 })
  const hold = await h.holds.place(
    { kind: 'calls', callIds: [call.id] },
    { reason: 'Lite pendente', reference: '', personId: null },
  )
  h.clock.advance(20 * DAY)
  await h.sweep.sweep()
  expect(await ended(call.id)).toBe(false)
  await h.holds.askRelease(hold, 'la lite si è conclusa', newId())
  await h.holds.release(hold, newId())
  await h.sweep.sweep()
  expect(await ended(call.id)).toBe(true)
  expect(await h.states(call.id)).toMatchObject({ training: 'live' })
})

it('is gone for good after a crash at any step', async () => {
  for (let at = 0; ; at++) {
    const call = await h.call({ training: 60, evidence: 900 }, null, { training: 2 })
    h.clock.advance(3 * DAY)
    h.dieAfter(at)
    const died = await h.sweep.sweep().then(
      () => false,
      () => true,
    )
    await h.restart()
    // before the next sweep: either all of it is there, or its key is not
    const keyLeft = (await h.opens(call)).includes('training')
    expect(keyLeft).toBe(false)
    await h.sweep.sweep()
    expect(await ended(call.id)).toBe(true)
    expect(await h.states(call.id)).toEqual({ training: 'live', evidence: 'live' })
    expect(types(call.id)).toEqual(['purpose.audio_lapsed'])
    expect(await opensCard(call.card)).toBe(true)
    if (!died) break
    expect(at).toBeLessThan(40)
  }
})

it('stays dead in a restored database, and the rest goes on', async () => {
  const call = await h.call({ training: 60, evidence: 900 }, null, { training: 2 })
  const before = {
    terms: await h.db.selectFrom('term').selectAll().where('call_id', '=', call.id).execute(),
    wraps: await sql`select * from key_wrap`.execute(h.db),
  }
  h.clock.advance(3 * DAY)
  await h.sweep.sweep()
  expect(await ended(call.id)).toBe(true)
  // as a backup taken before knows it
  await h.db.updateTable('term').set({ audio_ended_at: null }).where('call_id', '=', call.id).execute()
  const rendition = call.renditions['training']
  await sql`update rendition set state = 'sealed' where id = ${rendition}`.execute(h.db)
  const wrap = (before.wraps.rows as Record<string, unknown>[]).find((w) => w['rendition_id'] === rendition)!
  await sql`insert into key_wrap (rendition_id, purpose, bucket, leaf, wrapped, expires_on)
    values (${rendition}, ${wrap['purpose']}, ${wrap['bucket']}, ${wrap['leaf']}, ${wrap['wrapped']}, ${wrap['expires_on']})`.execute(
    h.db,
  )
  await sql`delete from vault_intent`.execute(h.db)
  await h.restart()
  expect(await ended(call.id)).toBe(true)
  expect(await h.states(call.id)).toEqual({ training: 'live', evidence: 'live' })
  expect(await h.opens(call)).not.toContain('training')
})
