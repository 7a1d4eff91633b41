import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type EvidenceHouse, evidenceHouse } from './testkit/room.ts'
import type { Evidence } from './index.ts'
import { type AuthorityServer, startAuthority } from './testkit/authority.ts'
import { createAuthority, createStamps } from './stamps/index.ts'
import { examineLog } from './doctor.ts'
import { silentLog } from '../platform/log.ts'

let house: EvidenceHouse
let authority: AuthorityServer
beforeAll(async () => {
  house = await evidenceHouse()
  authority = await startAuthority({ now: () => house.clock.now(), intermediates: 1 })
})
afterAll(async () => {
  await authority.stop()
  await house.close()
})
beforeEach(() => house.clear())

async function codes(findings: AsyncIterable<{ level: string; code: string }>): Promise<string[]> {
  const found: string[] = []
  for await (const { level, code } of findings) found.push(`${level} ${code}`)
  return found
}

async function begun(): Promise<Evidence> {
  const evidence = house.open()
  await evidence.start()
  await house.append(evidence, 20)
  await evidence.drain()
  return evidence
}

test('a sound log is called sound, what waits is told', async () => {
  const evidence = await begun()
  expect(await codes(evidence.doctor())).toEqual(['ok log_sound', 'ok stamp_none'])
  await house.append(evidence, 2)
  expect(await codes(evidence.doctor())).toContain('warning log_queue')
  await evidence.stop()
})

test('an entry that was changed is an error', async () => {
  const evidence = await begun()
  await sql`update evidence_event set entry = replace(entry, '=', '') where id = (select event_id from log_leaf where leaf_index = 7)`.execute(
    house.db,
  )
  expect((await codes(evidence.doctor()))[0]).toMatch(/^error (entry|tile|root)_differs$/)
  await evidence.stop()
})

test('stamps that come are well, stamps that stay away are not', async () => {
  const evidence = await begun()
  const settings = { url: authority.url, anchors: authority.rootPem, timeoutMs: 2000 }
  const stamps = createStamps({
    db: house.db as never,
    events: evidence,
    authority: createAuthority(settings, house),
    qualified: true,
    clock: house.clock,
    log: silentLog,
  })
  await stamps.turn()
  expect(await codes(examineLog(evidence, stamps))).toContain('ok stamp_sound')
  house.clock.advance(2 * 86_400_000)
  expect(await codes(examineLog(evidence, stamps))).toContain('warning stamp_late')
  await evidence.stop()
})
