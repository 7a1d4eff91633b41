import { randomUUID } from 'node:crypto'
import { AudioHookClient } from '../../testkit/audiohook-client.ts'
import type { ContractClient } from '../../testkit/client.ts'
import { describeProtocol } from '../../testkit/contract.ts'
import { fakeCredentials, listenOnWeb, type TestWeb } from '../../testkit/web.ts'
import { joinChannels } from '../websocket/channels.ts'
import { audiohook, path } from './index.ts'

const secret = Buffer.from('0123456789abcdef0123456789abcdef')
const credentials = fakeCredentials({ protocol: 'audiohook', keyId: 'genesys', secret })

function contractClient(web: TestWeb): ContractClient {
  let session: AudioHookClient | undefined
  let ended = (): void => undefined
  const closed = new Promise<void>((resolve) => (ended = resolve))
  const open = (sessionId: string): AudioHookClient => {
    session = new AudioHookClient({ url: web.ws(path), signing: { keyId: 'genesys', secret }, sessionId })
    void session.closed.then(ended)
    return session
  }
  return {
    closed,
    connect: async (sessionId) => void (await open(sessionId).opened),
    async sendAudio(label, bytes) {
      if (session?.paused) await session.next('resume')
      const quiet = Buffer.alloc(bytes.length, 0xff)
      session?.audio(joinChannels(label === 'external' ? [bytes, quiet] : [quiet, bytes], 1))
    },
    hangUp: async () => session?.close(),
    abort: () => session?.abort(),
    pause: async () => session?.pause(),
    resume: async () => session?.resume(),
    async garbage(kind) {
      const peer = session ?? open(randomUUID())
      await peer.opened
      peer.raw(kind === 'malformed' ? '{"version":"2","type":' : Buffer.alloc(300_000))
      await peer.closed
    },
  }
}

describeProtocol({
  name: 'audiohook',
  legs: { external: 'customer', internal: 'agent' },
  format: { codec: 'PCMU', rate: 8000, channels: 1 },
  sequenced: true,
  sessionKey: () => randomUUID(),
  async start(desk) {
    const web = await listenOnWeb(audiohook, { desk, credentials, settings: { enabled: true } })
    return { listener: web.listener, client: () => contractClient(web), stop: web.stop }
  },
})
