import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import Fastify from 'fastify'
import { expect, it } from 'vitest'
import { closeHttp } from './server.ts'

it('a request that stalls does not keep a stopped server alive; one that ends in time is answered', async () => {
  const app = Fastify()
  app.post('/', async () => 'done')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const begin = async (): Promise<ReturnType<typeof connect>> => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nhal')
    return socket
  }
  const [slow, stalled] = [await begin(), await begin()]
  await new Promise((resolve) => setTimeout(resolve, 50))
  const closed = closeHttp(app, 1000)
  slow.write('f')
  const [answer] = (await once(slow, 'data')) as [Buffer]
  expect(answer.toString()).toContain('200 OK')
  const ended = once(stalled, 'close')
  await closed
  await ended
})
