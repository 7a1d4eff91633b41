import { setTimeout as sleep } from 'node:timers/promises'
import { ownStart, StreamClient } from '../../server/capture/testkit/stream-client.ts'
import type { Client, TestServer } from './server.ts'
import { scrambled } from './wav.ts'

const FRAME_MS = 20
const SAMPLES = 160

/** A call in progress on the stream protocol, in real time: customer left, agent right. */
export type Talk = {
  callId: string
  stream: StreamClient
  /** Somebody makes a sound for so long, the other is silent; nobody: both are. Resolves when it is over. */
  speak(who: 'customer' | 'agent' | 'nobody', seconds: number): Promise<{ fromMs: number; toMs: number }>
  hangUp(): Promise<void>
}

/** A credential of the stream protocol. */
export async function streamCredential(admin: Client): Promise<{ keyId: string; secret: string }> {
  const { credential, secret } = await admin.api('POST /sources/credentials', {
    body: { protocol: 'stream', name: 'Centrale' },
  })
  return { keyId: credential.keyId, secret }
}

let made = 0

/** Begins a call. `facts` are those of the start message. */
export async function talk(
  server: Pick<TestServer, 'url'>,
  credential: { keyId: string; secret: string },
  facts: Record<string, unknown> = {},
): Promise<Talk> {
  const url = `${server.url.replace('http', 'ws')}/capture/stream`
  const stream = new StreamClient({ url, ...credential })
  await stream.connected
  stream.send(ownStart(`talk-${process.pid}-${++made}`, { direction: 'inbound', ...facts }))
  await stream.heard('started')
  const callId = String(stream.received.find(({ type }) => type === 'started')?.['callId'])
  const began = performance.now()
  let frames = 0
  return {
    callId,
    stream,
    async speak(who, seconds) {
      const fromMs = performance.now() - began
      for (let i = 0; i < (seconds * 1000) / FRAME_MS; i++) {
        stream.send(frame(who, frames++))
        await sleep(Math.max(0, began + frames * FRAME_MS - performance.now()))
      }
      return { fromMs, toMs: performance.now() - began }
    },
    async hangUp() {
      stream.json({ type: 'stop' })
      await stream.close()
    },
  }
}

/** Noise is taken for speech by its loudness, and neither for music nor for a tone. */
function frame(who: 'customer' | 'agent' | 'nobody', n: number): Buffer {
  const out = Buffer.alloc(SAMPLES * 4)
  for (let i = 0; who !== 'nobody' && i < SAMPLES; i++) {
    out.writeInt16LE(scrambled(n * SAMPLES + i) >> 18, i * 4 + (who === 'agent' ? 2 : 0))
  }
  return out
}
