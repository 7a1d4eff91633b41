import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { silentLog } from '../../../platform/log.ts'
import { startWeb, type TestWeb } from '../../testkit/web.ts'
import { openGate, type Admission, type Closing, type Gate, type GateLimits, type Wire } from './gate.ts'

type Seen = { wire: Wire; texts: string[]; bytes: Buffer[]; closing: Promise<Closing>; stopped: boolean }

let web: TestWeb
let gate: Gate
let seen: Seen[]
let sockets: { terminate(): void }[]
let authorize: () => Promise<Admission<string>>

beforeEach(async () => {
  web = await startWeb()
  seen = []
  sockets = []
  authorize = () => Promise.resolve({ pass: 'ok' })
})
afterEach(async () => {
  sockets.forEach((s) => s.terminate())
  await gate.stop()
  await web.stop()
})

function start(limits: Partial<GateLimits> = {}): void {
  gate = openGate<string>({
    log: silentLog,
    limits,
    authorize: () => authorize(),
    connect(wire) {
      let closed: (how: Closing) => void = () => undefined
      const closing = new Promise<Closing>((resolve) => (closed = resolve))
      const peer: Seen = { wire, texts: [], bytes: [], closing, stopped: false }
      seen.push(peer)
      return {
        text(text) {
          if (text === 'throw') throw new Error('a fault of the session')
          if (text === 'start') wire.established()
          peer.texts.push(text)
          wire.send(text)
        },
        binary: (bytes) => void peer.bytes.push(bytes),
        closed,
        stopping: () => void (peer.stopped = true),
      }
    },
  })
  web.mount.route('/it', gate.onUpgrade)
}

function dial(): WebSocket {
  const ws = new WebSocket(web.ws('/it'))
  ws.on('error', () => undefined)
  sockets.push(ws)
  return ws
}

const open = async (): Promise<WebSocket> => {
  const ws = dial()
  await new Promise((resolve) => ws.once('open', resolve))
  return ws
}
const closeCode = (ws: WebSocket): Promise<number> => new Promise((resolve) => ws.once('close', resolve))
const answer = (ws: WebSocket): Promise<string> =>
  new Promise((resolve) => ws.once('message', (data) => resolve(String(data as Buffer))))
const status = (ws: WebSocket): Promise<number> =>
  new Promise((resolve) => {
    ws.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    ws.once('open', () => resolve(101))
  })

async function talk(ws: WebSocket, text: string): Promise<string> {
  const said = answer(ws)
  ws.send(text)
  return said
}

describe('the gate', () => {
  it('answers a refusal before the upgrade', async () => {
    start()
    for (const refused of [401, 403, 404] as const) {
      authorize = () => Promise.resolve({ refused, why: 'test' })
      expect(await status(dial())).toBe(refused)
    }
    authorize = () => Promise.reject(new Error('the database is away'))
    expect(await status(dial())).toBe(503)
    expect(seen).toEqual([])
  })

  it('does not wait for the credentials for ever', async () => {
    start({ authorizeMs: 20 })
    authorize = () => new Promise(() => undefined)
    expect(await status(dial())).toBe(503)
  })

  it('refuses compression', async () => {
    start()
    const ws = await open()
    expect(ws.extensions).toBe('')
  })

  it('closes a session that never starts', async () => {
    start({ establishMs: 30 })
    const ws = await open()
    expect(await closeCode(ws)).toBe(1008)
    const started = await open()
    await talk(started, 'start')
    expect(gate.counts()).toEqual({ open: 1, halfOpen: 0 })
  })

  it('closes with 1009 beyond the largest message, and says that it broke', async () => {
    start({ maxPayload: 1000 })
    const ws = await open()
    const code = closeCode(ws)
    ws.send(Buffer.alloc(1001))
    expect(await code).toBe(1009)
    expect(await seen[0]!.closing).toMatchObject({ broken: true })
    expect(seen[0]!.bytes).toEqual([])
  })

  it('survives a session that throws, and only that one ends', async () => {
    start()
    const [bad, good] = [await open(), await open()]
    const code = closeCode(bad)
    bad.send('throw')
    expect(await code).toBe(1011)
    expect(await seen[0]!.closing).toMatchObject({ broken: true })
    expect(await talk(good, 'hello')).toBe('hello')
  })

  it('cuts a peer that answers no ping', async () => {
    start({ pingMs: 50 })
    const ws = await open()
    ;(ws as unknown as { _socket: Socket })._socket.pause()
    expect(await seen[0]!.closing).toEqual({ code: 1006, broken: false })
    const alive = await open()
    await talk(alive, 'start')
    for (let pings = 0; pings < 4; pings++) await new Promise((resolve) => alive.once('ping', resolve))
    expect(await talk(alive, 'still here')).toBe('still here')
  })

  it('cuts a peer that does not read', async () => {
    start({ maxUnread: 100_000 })
    const ws = await open()
    ;(ws as unknown as { _socket: Socket })._socket.pause()
    const { wire, closing } = seen[0]!
    for (let i = 0; i < 2000; i++) wire.send('x'.repeat(10_000))
    expect(await closing).toMatchObject({ code: 1006 })
  })

  it('limits the connections of one peer and frees their places', async () => {
    start({ maxPerPeer: 2 })
    const [first] = [await open(), await open()]
    expect(await status(dial())).toBe(503)
    first.terminate()
    await seen[0]!.closing
    expect(await status(dial())).toBe(101)
  })

  it('says goodbye and closes everything on stop', async () => {
    start()
    const ws = await open()
    await talk(ws, 'start')
    const code = closeCode(ws)
    await gate.stop()
    expect(await code).toBe(1001)
    expect(seen[0]!.stopped).toBe(true)
    expect(await status(dial())).toBe(503)
    expect(gate.counts()).toEqual({ open: 0, halfOpen: 0 })
  })

  it('stays open to new sessions under 1,000 half-open ones', async () => {
    start({ maxHalfOpen: 200 })
    const running = await open()
    await talk(running, 'start')
    const idle = Array.from({ length: 1000 }, () => dial())
    await Promise.all(idle.map((ws) => new Promise((resolve) => ws.once('open', resolve).once('close', resolve))))
    expect(gate.counts().halfOpen).toBeLessThanOrEqual(200)
    const late = await open()
    expect(await talk(late, 'start')).toBe('start')
    expect(await talk(running, 'hello')).toBe('hello')
  })

  it('survives upgrade requests cut short or nonsensical', async () => {
    start()
    for (const request of [
      'GET /it HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'GET /it HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\xff\xff\xff\xff\xff\xff',
      'POST /it HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
    ]) {
      const socket = connect(web.port, '127.0.0.1')
      const gone = new Promise((resolve) => socket.once('close', resolve))
      socket.on('error', () => undefined)
      socket.write(Buffer.from(request, 'latin1'))
      socket.resume()
      await gone
    }
    expect(await talk(await open(), 'hello')).toBe('hello')
  })
})
