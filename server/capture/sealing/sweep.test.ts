import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { silentLog } from '../../platform/log.ts'
import { house, type House } from '../../retention/testkit/house.ts'
import { eraseLapsed } from '../calls/erase.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import { endWorkingCopies, sweepProcessing, workingCopies } from './sweep.ts'

const DAY = 86_400_000
let h: House
let db: CaptureDb
beforeAll(async () => {
  h = await house(({ db: any, vault }) => ({
    erase: (tx, lapsed) => eraseLapsed(tx as never, lapsed),
    endWorkingCopies: (callIds) => endWorkingCopies({ db: any as never, vault, log: silentLog }, callIds),
  }))
  db = h.db as never
})
afterAll(() => h.close())

type Made = Awaited<ReturnType<House['call']>>

/** A call as the recorder leaves it: rows beside what the vault holds. `pending`: a rendition still to be made. */
async function recorded(pending: string[] = []): Promise<Made> {
  const call = await h.call({ evidence: 40, training: 40 })
  await db
    .insertInto('call')
    .values({
      id: call.id,
      state: 'sealed',
      protocol: 'upload',
      session_index: Buffer.alloc(0),
      conversation_index: null,
      started_at: new Date(h.clock.now()),
      decision: '{}',
      gaps_provable: true,
      card_id: call.card,
      card: null,
    } as never)
    .execute()
  const rows = [{ purpose: 'processing', id: call.workingCopy, days: 6 }].concat(
    Object.entries(call.renditions).map(([purpose, id]) => ({ purpose, id, days: 40 })),
  )
  for (const { purpose, id, days } of rows)
    await db
      .insertInto('call_rendition')
      .values({
        call_id: call.id,
        purpose,
        rendition_id: id,
        format: 'lanes',
        state: pending.includes(purpose) ? 'pending' : 'sealed',
        expires_on: new Date(h.clock.now() + days * DAY).toISOString().slice(0, 10),
      })
      .execute()
  return call
}

const end = (call: Made, reason: 'objection' | 'clock' = 'objection') =>
  h.lapse.lapse({ terms: [{ callId: call.id, purpose: 'training', segment: 0 }], reason })
const there = async (call: Made): Promise<boolean> => (await workingCopies(db, [call.id])).length === 1
const opens = (call: Made): Promise<boolean> =>
  h.vault.unlock(call.workingCopy, 'processing').then(
    (key) => (key.dispose(), true),
    () => false,
  )

it('the working copy goes with the first purpose that is ended before its time; what stays opens as before', async () => {
  const [call, other] = [await recorded(), await recorded()]
  await end(call)
  expect(await there(call)).toBe(false)
  expect(await opens(call)).toBe(false)
  expect(readdirSync(join(h.root, 'objects'))).not.toContain(call.workingCopy)
  // the card's own wrap for it, too
  expect(await h.opens(call)).toEqual(['evidence'])
  expect(await h.opens(other)).toEqual(['evidence', 'processing', 'training'])
})

it('a purpose whose time is over takes no working copy with it', async () => {
  const call = await recorded()
  await end(call, 'clock')
  expect(await there(call)).toBe(true)
  expect(await h.opens(call)).toEqual(['evidence', 'processing'])
})

it('what is still to be made from it is made first', async () => {
  const call = await recorded(['evidence', 'training'])
  await end(call)
  await h.sweep.sweep()
  expect(await opens(call)).toBe(true)
  await db
    .updateTable('call_rendition')
    .set({ state: 'sealed' })
    .where('call_id', '=', call.id)
    .where('purpose', '=', 'evidence')
    .execute()
  await endWorkingCopies({ db, vault: h.vault, log: silentLog }, [call.id])
  expect([await opens(call), await there(call)]).toEqual([false, false])
})

it('a hold keeps it, whatever was ended before, and its release lets it go', async () => {
  const call = await recorded(['evidence'])
  await end(call)
  const target = { kind: 'calls' as const, callIds: [call.id] }
  const holdId = await h.holds.place(target, { reason: 'a claim in court', reference: '', personId: null })
  await db
    .updateTable('call_rendition')
    .set({ state: 'sealed' })
    .where('rendition_id', '=', call.renditions['evidence']!)
    .execute()
  await h.sweep.sweep()
  h.clock.advance(8 * DAY)
  await sweepProcessing({ db, vault: h.vault, log: silentLog }, h.clock.now())
  expect(await there(call)).toBe(true)
  await db.transaction().execute((tx) => h.vault.releaseHold(tx as never, holdId))
  await h.sweep.sweep()
  expect(await there(call)).toBe(false)
})

it('a crash between the end of a purpose and that of the working copy is completed at the next start', async () => {
  let [survived, left] = [false, 0]
  for (let n = 0; !survived; n++) {
    const call = await recorded()
    h.dieAfter(n)
    survived =
      (await end(call).then(
        () => true,
        () => false,
      )) && !(await there(call))
    const ended = (await h.states(call.id))['training'] !== 'live'
    if (ended && (await there(call))) left++
    await h.restart()
    // of a decision that was taken, everything is done; of one that was not, nothing
    expect([n, await there(call), await opens(call)]).toEqual([n, !ended, !ended])
    expect((await h.opens(call)).includes('evidence')).toBe(true)
  }
  expect(left).toBeGreaterThan(1)
})
