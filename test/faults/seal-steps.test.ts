import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { localObjects } from '../../server/platform/objects/index.ts'
import { siprecPort } from '../journeys/siprec.ts'
import { mortal, type Mortal } from './kit/mortal.ts'
import { type Product, type ProductOptions, startProduct } from './kit/product.ts'
import { listen, recordEverything, seeded, settled, Talk, until, upTo } from './kit/talk.ts'

/* A hang-up is sealed, and its renditions are made, in many small steps. Killed before any of them, the next start completes it. */

/** How many of the steps are tried; all of them with SEAL_STEPS=all. */
const tries = process.env['SEAL_STEPS'] === 'all' ? Number.POSITIVE_INFINITY : Number(process.env['SEAL_STEPS'] ?? 10)
const seed = Number(process.env['SEAL_SEED'] ?? Date.now() % 1_000_000)

const optionsFor = (life: Mortal, dataDir: string): ProductOptions => ({
  vault: {
    objects: life.objects(localObjects(join(dataDir, 'objects'))),
    keys: life.objects(localObjects(join(dataDir, 'keystore'))),
  },
  watch: (pool) => life.watch(pool),
})

/** A call hangs up and the process lives for so many steps more. Returns the call, what it said, and the steps it took. */
async function hangUp(product: Product, life: Mortal, steps: number) {
  const talk = await Talk.begin(await siprecPort(product.admin, 'tcp'), { transport: 'tcp' })
  const { id } = await until('the call is live', async () => (await product.admin.api('GET /live/calls')).items[0])
  await sleep(300)
  talk.hush()
  // what was said is durable before the hang-up
  await sleep(900)
  life.liveFor(steps)
  await talk.bye().catch(() => undefined)
  talk.drop()
  return { callId: id, sent: talk.sent }
}

/** The call as it must be, however often its process was killed: whole, once, and proved. */
async function judge(product: Product, { callId, sent }: { callId: string; sent: number }): Promise<void> {
  const detail = await settled(product.admin, callId)
  expect(['hangup', 'disconnect', 'interrupted']).toContain(detail.ending)
  for (const purpose of ['evidence', 'training'] as const) {
    const { legs } = await listen(product.admin, callId, purpose)
    for (const leg of [0, 1]) expect(legs.get(leg)?.frames).toEqual(upTo(sent))
  }
  const packaged = await product.admin.fetch(`/api/v1/calls/${callId}/package`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'prova dopo un arresto', masks: [] }),
  })
  expect(packaged.status).toBe(200)
  await packaged.arrayBuffer()
}

test(`killed before any step of a seal, seed ${seed}: the next start completes it, once`, async () => {
  let life = mortal()
  let product = await startProduct({ watch: () => undefined })
  const { dataDir } = product
  // from here on each process is mortal
  product = await product.bury(optionsFor(life, dataDir))
  await recordEverything(product.admin)
  const whole = await hangUp(product, life, Number.POSITIVE_INFINITY)
  await settled(product.admin, whole.callId)
  const all = life.taken()
  await judge(product, whole)
  expect(all).toBeGreaterThan(40)

  const random = seeded(seed)
  const at = upTo(all).map((n) => ({ n, order: random() }))
  const chosen = at.toSorted((a, b) => a.order - b.order).slice(0, tries)
  process.stdout.write(`killed before ${chosen.length} of the ${all} steps after a hang-up, seed ${seed}\n`)
  for (const { n } of chosen) {
    const killed = await hangUp(product, life, n)
    // its time after the hang-up: what it was going to do is done, or it is dead
    await until('the process is dead, or done', () => life.isDead() || done(product, killed.callId))
    life.die()
    life = mortal()
    product = await product.bury(optionsFor(life, dataDir))
    await judge(product, killed).catch((error: unknown) => {
      throw new Error(`killed before step ${n} of ${all}`, { cause: error })
    })
  }
  expect(await product.doctor()).toEqual(['vault_sound', 'log_sound', 'stamp_none', 'access_chain_sound'])
  await product.stop()
}, 900_000)

/** Asked of a process that may die before it answers. */
const done = (product: Product, callId: string): Promise<boolean> =>
  Promise.race([
    sleep(2000, false),
    product.admin.api('GET /calls/:callId', { params: { callId } }).then(
      ({ state, renditions }) => state === 'sealed' && renditions.every((r) => r.state === 'sealed'),
      () => false,
    ),
  ])
