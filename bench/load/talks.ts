import { WebSocket } from 'ws'
import type { LiveEvent } from '../../contract/events.ts'
import { client } from '../../test/journeys/server.ts'
import { talk } from '../../test/journeys/talk.ts'

/** Calls to make and to follow; the cookie is of a signed-in person within whose reach they are. */
export type TalksAsk = {
  url: string
  cookie: string
  credential: { keyId: string; secret: string }
  calls: number
  seconds: number
}

const ask = JSON.parse(process.argv[2] ?? '{}') as TalksAsk
const who = client(ask.url)
who.cookie = ask.cookie
const page = new WebSocket(`${ask.url.replace('http', 'ws')}/api/v1/live`, { headers: { cookie: ask.cookie } })
page.on('message', (data: Buffer) => {
  const event = JSON.parse(data.toString()) as LiveEvent
  if (event.type === 'captions') page.send(JSON.stringify({ shown: event.seq }))
})
await new Promise((resolve, reject) => page.once('open', resolve).once('error', reject))

await Promise.all(
  Array.from({ length: ask.calls }, async (_, n) => {
    await new Promise((resolve) => setTimeout(resolve, (n * 3000) / ask.calls))
    const parties = [{ role: 'customer', country: 'IT' }]
    const call = await talk({ url: ask.url }, ask.credential, { agent: 'livia@example.test', queue: 'Guasti', parties })
    await who.api('POST /calls/:callId/captions', { params: { callId: call.callId } })
    for (let at = 0; at < ask.seconds; at += 5) {
      await call.speak(at % 10 === 0 ? 'customer' : 'agent', 4)
      await call.speak('nobody', 1)
    }
    await call.hangUp()
  }),
)
page.close()
