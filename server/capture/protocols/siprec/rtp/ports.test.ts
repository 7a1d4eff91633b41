import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { manualClock } from '../../../../platform/clock.ts'
import { createPortPool } from './ports.ts'

it('gives even ports with the odd one above, rests them after use, and says when there are none', async () => {
  const clock = manualClock()
  const pool = createPortPool('127.0.0.1', [25_001, 25_005], clock)
  const [a, b] = [await pool.open(), await pool.open()]
  expect(a?.port).toBe(25_002)
  expect(a?.rtcp.address().port).toBe(25_003)
  expect(b?.port).toBe(25_004)
  expect(await pool.open()).toBeNull()
  a?.close()
  a?.close()
  expect(await pool.open()).toBeNull()
  clock.advance(30_000)
  const again = await pool.open()
  expect(again?.port).toBe(25_002)
  expect(await pool.open()).toBeNull()
  again?.close()
  b?.close()
})

it('passes over a port held by someone else', async () => {
  const other = createSocket('udp4').bind(25_013, '127.0.0.1')
  await once(other, 'listening')
  const pool = createPortPool('127.0.0.1', [25_012, 25_015], manualClock())
  const pair = await pool.open()
  expect(pair?.port).toBe(25_014)
  pair?.close()
  other.close()
})
