import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localObjects, type ObjectFile, type Objects } from '../../server/platform/objects/index.ts'
import { addRecording } from '../journeys/recording.ts'
import { type Product, startProduct } from './kit/product.ts'
import { recordEverything } from './kit/talk.ts'

/** Every write takes its time; none fails. */
function slow(objects: Objects): Objects {
  const file = (of: ObjectFile): ObjectFile => ({
    ...of,
    write: async (bytes, position) => (await sleep(5), of.write(bytes, position)),
  })
  return { ...objects, create: async (path) => file(await objects.create(path)) }
}

const dataDir = mkdtempSync(join(tmpdir(), 'verbale-slow-'))
let product: Product
beforeAll(async () => {
  mkdirSync(join(dataDir, 'objects'))
  product = await startProduct({
    dataDir,
    vault: { objects: slow(localObjects(join(dataDir, 'objects'))), settings: { memoryPerStream: 400_000 } },
  })
  await recordEverything(product.admin)
})
afterAll(async () => {
  await product?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

test('a disk slower than the network makes who uploads wait, and is not called full', async () => {
  const facts = { direction: 'inbound', consent: 'yes', agentLane: 0, customer: { address: '+39 02 1234567' } }
  const callId = await addRecording(product.admin, facts, 120)
  const call = await product.admin.api('GET /calls/:callId', { params: { callId } })
  expect(Math.round(call.durationMs)).toBe(120_000)
}, 60_000)
