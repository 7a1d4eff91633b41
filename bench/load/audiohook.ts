import { AudioHookClient } from '../../server/capture/testkit/audiohook-client.ts'
import { pattern } from '../../server/capture/testkit/client.ts'
import { measured } from '../kit/worker.ts'

/** Signed AudioHook sessions, stereo PCMU in messages of 200 ms, in a process of its own. */
export type AudioHookLoad = { url: string; keyId: string; secret: string; calls: number; seconds: number }

const FRAME_MS = 200
const SLOT_MS = 4
const SLOTS = FRAME_MS / SLOT_MS

async function run({ url, keyId, secret, calls, seconds }: AudioHookLoad): Promise<void> {
  const signing = { keyId, secret: Buffer.from(secret, 'base64') }
  const clients: AudioHookClient[] = []
  for (let i = 0; i < calls; i++) {
    const client = new AudioHookClient({ url, signing })
    await client.opened
    clients.push(client)
  }
  const voice = Array.from({ length: 5 }, (_, n) => pattern(n, 3200))
  const frames = (seconds * 1000) / FRAME_MS
  await measured(seconds * 1000, async () => {
    const slots = Array.from({ length: SLOTS }, (_, s) => clients.filter((_client, i) => i % SLOTS === s))
    await paced(frames * SLOTS, (tick) => {
      for (const client of slots[tick % SLOTS] ?? []) client.audio(voice[tick % voice.length] as Buffer)
    })
    return frames * calls * 2
  })
  await Promise.all(clients.map((client) => client.close()))
  process.stdout.write('done\n')
}

/** Calls `step` once every 4 ms, catching up when the process was late. */
function paced(ticks: number, step: (tick: number) => void): Promise<void> {
  const began = performance.now()
  let tick = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(ticks, Math.floor((performance.now() - began) / SLOT_MS))
      for (; tick < due; tick++) step(tick)
      if (tick < ticks) return
      clearInterval(timer)
      resolve()
    }, SLOT_MS)
  })
}

await run(JSON.parse(process.argv[2] ?? '{}') as AudioHookLoad)
