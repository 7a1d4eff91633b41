import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

export type SocketServer = {
  url: string
  requests: IncomingMessage[]
  /** Messages of all connections: parsed JSON, or the number of bytes of binary ones. */
  received: unknown[]
  /** What the next connections do in place of what they should, in order. */
  faults: ((socket: WebSocket) => void)[]
  /** Cuts every connection. */
  cut: () => void
  close: () => Promise<void>
}

type Session = { message(value: Record<string, unknown> | Buffer): void }

async function serve(
  path: string,
  session: (say: (value: object) => void, socket: WebSocket) => Session,
): Promise<SocketServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  const kept: SocketServer = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    requests: [],
    received: [],
    faults: [],
    cut: () => server.clients.forEach((client) => client.terminate()),
    async close() {
      server.clients.forEach((client) => client.terminate())
      await new Promise((resolve) => server.close(resolve))
    },
  }
  server.on('connection', (socket, request) => {
    kept.requests.push(request)
    const fault = kept.faults.shift()
    if (fault) return fault(socket)
    const one = session((value) => socket.send(JSON.stringify(value)), socket)
    socket.on('message', (data: Buffer, binary) => {
      const value = binary ? data : (JSON.parse(data.toString('utf8')) as Record<string, unknown>)
      kept.received.push(binary ? data.length : value)
      one.message(value)
    })
  })
  return kept
}

/** Says how long the audio was, in words spread over it. Loud parts only are counted, so that silence has no text. */
const count = (samples: number, rate: number): string[] => [
  'ho',
  'sentito',
  `${Math.round((samples * 10) / rate)}`,
  'decimi',
]

/** As vosk-server answers: to each message of audio, and once more to `eof`, after which it closes. */
export const voskServer = ({ words = true } = {}): Promise<SocketServer> =>
  serve('', (say, socket) => {
    let rate = 0
    let samples = 0
    return {
      message(value) {
        if (Buffer.isBuffer(value)) {
          samples += value.length / 2
          return say({ partial: samples > rate / 2 ? 'ho sentito' : '' })
        }
        if (value['config']) {
          rate = (value['config'] as { sample_rate: number }).sample_rate
          return
        }
        const text = count(samples, rate)
        const step = samples / rate / text.length
        const result = text.map((word, i) => ({ word, start: i * step, end: (i + 1) * step, conf: 0.9 }))
        say(samples === 0 ? { text: '' } : { text: text.join(' '), ...(words && { result }) })
        socket.close()
      },
    }
  })

/** As OpenAI's Realtime API answers in transcription mode: deltas after the commit, then the whole. */
export const realtimeServer = (): Promise<SocketServer> =>
  serve('/v1/realtime?intent=transcription', (say) => {
    let samples = 0
    say({ type: 'session.created', session: {} })
    return {
      message(value) {
        if (Buffer.isBuffer(value)) return
        if (value['type'] === 'session.update') return say({ type: 'session.updated', session: value['session'] })
        if (value['type'] === 'input_audio_buffer.append') {
          samples += Buffer.from(String(value['audio']), 'base64').length / 2
          return
        }
        say({ type: 'input_audio_buffer.committed', item_id: 'item_1' })
        const text = count(samples, 24_000)
        const prefix = 'conversation.item.input_audio_transcription'
        for (const word of text) say({ type: `${prefix}.delta`, item_id: 'item_1', delta: `${word} ` })
        say({ type: `${prefix}.completed`, item_id: 'item_1', transcript: text.join(' ') })
      },
    }
  })

/** As vLLM answers: text while audio comes, `done` after the final commit. */
export const vllmServer = (): Promise<SocketServer> =>
  serve('/v1/realtime', (say) => {
    let samples = 0
    let told = false
    say({ type: 'session.created', id: 'sess_1' })
    return {
      message(value) {
        if (Buffer.isBuffer(value)) return
        if (value['type'] === 'input_audio_buffer.append') {
          samples += Buffer.from(String(value['audio']), 'base64').length / 2
          if (!told && samples > 8000) {
            told = true
            say({ type: 'transcription.delta', delta: 'ho sentito ' })
          }
        } else if (value['final'] === true)
          say({ type: 'transcription.done', text: count(samples, 16_000).join(' '), usage: {} })
      },
    }
  })
