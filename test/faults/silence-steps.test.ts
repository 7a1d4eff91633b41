import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Engines } from '../../server/transcripts/index.ts'
import { scripted } from '../../server/transcripts/testkit/script.ts'
import { localObjects } from '../../server/platform/objects/index.ts'
import { publish, rule } from '../journeys/policy.ts'
import { addRecording } from '../journeys/recording.ts'
import { join_ } from '../journeys/server.ts'
import { soundsWav } from '../journeys/wav.ts'
import type { Client } from '../journeys/server.ts'
import { client } from '../journeys/server.ts'
import { mortal, type Mortal } from './kit/mortal.ts'
import { type Product, type ProductOptions, startProduct } from './kit/product.ts'
import { seeded, until, upTo } from './kit/talk.ts'

/* What a transcript finds leaves the audio in many small steps. Killed before any of them, the next start completes it. */

/** How many of the steps are tried; all of them with SILENCE_STEPS=all. */
const asked = process.env['SILENCE_STEPS']
const tries = asked === 'all' ? Number.POSITIVE_INFINITY : Number(asked ?? 8)
const seed = Number(process.env['SILENCE_SEED'] ?? Date.now() % 1_000_000)

/** Whoever speaks for longer than two seconds says a card number. Nothing is heard before `hearing` is over. */
let hearing: Promise<void> = Promise.resolve()
const number =
  'adesso le dico il numero quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno e poi basta'
function engines(): Engines {
  const plain = scripted([])
  return {
    ...plain,
    batch: () => ({
      ...plain.batch(null)!,
      transcribe: async (audio, ask) => {
        await hearing
        const long = audio.samples.length > 2 * audio.rate
        return scripted([long ? number : 'va bene'])
          .batch(null)!
          .transcribe(audio, ask)
      },
    }),
  }
}

const optionsFor = (life: Mortal, dataDir: string): ProductOptions => ({
  engines: engines(),
  vault: {
    objects: life.objects(localObjects(join(dataDir, 'objects'))),
    keys: life.objects(localObjects(join(dataDir, 'keystore'))),
  },
  watch: (pool) => life.watch(pool),
})

/** A call that is sealed, with all its renditions; then it is heard, and the process lives for so many steps more. */
async function hear({ admin }: Product, life: Mortal, steps: number): Promise<string> {
  let release = (): void => {}
  hearing = new Promise((resolve) => (release = resolve))
  const facts = { direction: 'inbound', agentLane: 0, customer: { address: '+39 333 4445556' } }
  const callId = await addRecording(admin, facts, soundsWav(10, { left: [1], right: [4, 5, 6] }))
  life.liveFor(steps)
  release()
  return callId
}

const stateOf = async ({ admin }: Product, callId: string) =>
  (await admin.api('GET /calls/:callId/transcript', { params: { callId } })).state

/** The call as it must be, however often its process was killed: written down, silent where the number was, proved elsewhere. */
async function judge(product: Product, analyst: Client, callId: string): Promise<void> {
  const { admin } = product
  await until('the call is done', async () => (await stateOf(product, callId)) === 'done')
  const { turns } = await analyst.api('POST /calls/:callId/transcript', {
    params: { callId },
    body: { purpose: 'analytics', reason: '' },
  })
  const turn = turns.find(({ marks }) => marks.length > 0)!
  const [, , fromMs, toMs] = turn.words
    .filter(({ at }) => at === turn.marks[0]!.at)
    .flatMap((word) => [word.at, word.length, word.fromMs, word.toMs]) as [number, number, number, number]
  for (const purpose of ['evidence', 'training'] as const) {
    const body = { purpose, reason: 'fault test' }
    const grant = await admin.api('POST /calls/:callId/listen', { params: { callId }, body })
    const wav = Buffer.from(await (await admin.fetch(grant.mediaUrl)).arrayBuffer()).subarray(58)
    // µ-law, the customer on the right
    const share = (from: number, to: number): number => {
      const right = wav.subarray(Math.round(from * 8) * 2, Math.round(to * 8) * 2).filter((_, i) => i % 2 === 1)
      return right.filter((byte) => byte !== 0xff).length / right.length
    }
    expect([purpose, share(fromMs, toMs)]).toEqual([purpose, 0])
    expect(share(fromMs - 350, fromMs - 200)).toBeGreaterThan(0.9)
    expect(grant.gaps.filter(({ kind }) => kind === 'sensitive')).toHaveLength(1)
  }
  const packaged = await admin.fetch(`/api/v1/calls/${callId}/package`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'prova dopo un arresto', masks: [] }),
  })
  expect(packaged.status).toBe(200)
  await packaged.arrayBuffer()
  expect(await product.doctor()).toEqual(['vault_sound', 'log_sound', 'stamp_none', 'access_chain_sound'])
}

test(`killed before any step of silencing a call, seed ${seed}: the next start completes it`, async () => {
  let life = mortal()
  let product = await startProduct({ watch: () => undefined })
  const { dataDir } = product
  product = await product.bury(optionsFor(life, dataDir))
  await publish(product.admin, [rule({ purposes: ['evidence', 'training', 'analytics'] })])
  const { who } = await join_(product.admin, { url: product.url } as never, {
    name: 'Anna',
    email: 'anna@example.test',
    role: 'analyst',
  })
  const analystAt = ({ url }: Product): Client => Object.assign(client(url), { cookie: who.cookie })
  const whole = await hear(product, life, Number.POSITIVE_INFINITY)
  await until('the call is done', async () => (await stateOf(product, whole)) === 'done')
  const all = life.taken()
  await judge(product, analystAt(product), whole)
  expect(all).toBeGreaterThan(100)

  const random = seeded(seed)
  const at = upTo(all).map((n) => ({ n, order: random() }))
  const chosen = at.toSorted((a, b) => a.order - b.order).slice(0, tries)
  process.stdout.write(`killed before ${chosen.length} of the ${all} steps of silencing, seed ${seed}\n`)
  for (const { n } of chosen) {
    const callId = await hear(product, life, n)
    await until('the process is dead, or done', () => life.isDead() || done(product, callId))
    life.die()
    life = mortal()
    hearing = Promise.resolve()
    product = await product.bury(optionsFor(life, dataDir))
    await judge(product, analystAt(product), callId).catch((error: unknown) => {
      throw new Error(`killed before step ${n} of ${all}`, { cause: error })
    })
  }
  await product.stop()
}, 900_000)

/** Asked of a process that may die before it answers. */
const done = (product: Product, callId: string): Promise<boolean> =>
  Promise.race([
    sleep(2000, false),
    stateOf(product, callId).then(
      (state) => state === 'done',
      () => false,
    ),
  ])
