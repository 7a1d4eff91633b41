import { WebSocket } from 'ws'
import type { SegmentEngine, SegmentSession } from '../live/by-segments.ts'
import type { BatchTranscriber, EngineIdentity, LiveStream, LiveTranscriber, Rate, Utterance, Vad } from '../ports.ts'
import { liveBySegments } from '../live/by-segments.ts'
import { aborted, deferred } from '../promises.ts'
import { checkLength, closed, durationMs, tooSlow, unheard, unreachable, unreadable } from '../problems.ts'
import { implausible, within } from '../words.ts'

/** What one protocol says, for one segment on one connection. */
export type Dialect = {
  /** The connection is open. */
  begin(): void
  audio(samples: Int16Array): void
  /** The segment has ended. */
  end(): void
  /** A message of the server. @throws when it cannot be read, with the reason. */
  message(value: unknown): void
  /** The server has closed: true when all had been said. */
  complete(): boolean
}

/** How a protocol answers to whoever runs the connection. */
export type Wire = {
  send(message: object | Buffer): void
  /** All that was said so far in the open segment. */
  partial(utterances: Utterance[]): void
  /** All that was said in the segment: the connection is no longer needed. */
  done(utterances: Utterance[]): void
  failed(why: string): void
  /** ms of audio handed over. */
  lengthMs(): number
}

export type SocketSetup = {
  url: string
  languages: readonly string[]
  headers?: Record<string, string>
  /** Longest wait for the answer after the end of a segment, besides the segment's own length. */
  answerMs?: number
}

export type Protocol = {
  where: string
  identity: EngineIdentity
  dialect: (wire: Wire, ask: { rate: Rate; language: string | null }) => Dialect
}

/** Nothing a speech server says is longer. */
const MOST_BYTES = 1_000_000
/** What a server has not taken in yet: a minute of audio in its largest form. */
const MOST_WAITING = 4_000_000

/** An engine behind a WebSocket: a connection for each segment, so that a broken one costs nothing but a second try. */
export function socketEngine(setup: SocketSetup, protocol: Protocol): SegmentEngine {
  const open = new Set<SegmentSession>()
  let isClosed = false
  return {
    identity: protocol.identity,
    languages: setup.languages,
    begin(ask) {
      if (isClosed) throw closed(protocol.where)
      const session: SegmentSession = openSession(setup, protocol, { ...ask, onEnd: () => void open.delete(session) })
      open.add(session)
      return session
    },
    close() {
      isClosed = true
      open.forEach((session) => session.cancel())
      return Promise.resolve()
    },
  }
}

type Asked = { rate: Rate; language: string | null; onPartial: (utterance: Utterance) => void; onEnd: () => void }

function openSession(
  { url, headers, answerMs = 10_000 }: SocketSetup,
  { where, dialect }: Protocol,
  ask: Asked,
): SegmentSession {
  const result = deferred<Utterance[]>()
  const socket = new WebSocket(url, {
    headers: headers ?? {},
    maxPayload: MOST_BYTES,
    handshakeTimeout: answerMs,
    perMessageDeflate: false,
    followRedirects: false,
  })
  let samples = 0
  let early: (() => void)[] | null = []
  let timer: NodeJS.Timeout | undefined
  const lengthMs = (): number => (samples * 1000) / ask.rate
  const leave = (): void => {
    clearTimeout(timer)
    early = []
    ask.onEnd()
    socket.terminate()
  }
  const fail = (problem: Error): void => {
    result.reject(problem)
    leave()
  }
  const checked = (utterances: Utterance[], then: (fine: Utterance[]) => void): void => {
    const fault = implausible(utterances, lengthMs())
    if (fault === null) then(utterances.map((u) => within(u, lengthMs())))
    else fail(unreadable(where, fault))
  }
  const words = dialect(
    {
      send(message) {
        if (socket.readyState !== WebSocket.OPEN) return
        if (socket.bufferedAmount > MOST_WAITING) return fail(tooSlow(where, answerMs / 1000))
        socket.send(Buffer.isBuffer(message) ? message : JSON.stringify(message))
      },
      partial: (utterances) => checked(utterances, ([first]) => first && ask.onPartial(first)),
      done: (utterances) =>
        checked(utterances, (fine) => {
          result.resolve(fine)
          leave()
        }),
      failed: (why) => fail(unreadable(where, why)),
      lengthMs,
    },
    ask,
  )
  const whenOpen = (act: () => void): void => void (early ? early.push(act) : act())
  socket.on('open', () => {
    words.begin()
    const held = early ?? []
    early = null
    held.forEach((act) => act())
  })
  socket.on('message', (data: Buffer) => {
    try {
      words.message(JSON.parse(data.toString('utf8')))
    } catch (e) {
      // Parsers quote what they were given: only that it failed is told.
      fail(unreadable(where, e instanceof SyntaxError ? 'it is not JSON' : 'a message of another form'))
    }
  })
  socket.on('error', (e: NodeJS.ErrnoException) => fail(unreachable(where, e.code ?? 'the connection broke off')))
  socket.on('close', () => {
    if (!words.complete()) fail(unreachable(where, 'it closed the connection'))
  })
  return {
    push(part) {
      samples += part.length
      whenOpen(() => words.audio(part))
    },
    end() {
      whenOpen(() => words.end())
      const patience = answerMs + lengthMs()
      timer = setTimeout(() => fail(tooSlow(where, Math.round(patience / 1000))), patience)
      return result.promise
    },
    cancel: () => fail(closed(where)),
  }
}

/** Captions by a socket engine. */
export function liveBySocket(setup: SocketSetup, protocol: Protocol, vad: Vad): LiveTranscriber {
  const live = liveBySegments(socketEngine(setup, protocol), vad)
  return {
    ...live,
    open(ask): LiveStream {
      if (ask.language !== null && !setup.languages.includes(ask.language)) throw unheard(protocol.where)
      return live.open(ask)
    },
  }
}

/** Whole segments by a socket engine, a few at a time. */
export function batchBySocket(setup: SocketSetup, protocol: Protocol): BatchTranscriber {
  const engine = socketEngine(setup, protocol)
  const { where } = protocol
  let isClosed = false
  return {
    identity: engine.identity,
    languages: engine.languages,
    async transcribe(audio, { language, signal }) {
      signal.throwIfAborted()
      if (isClosed) throw closed(where)
      checkLength(audio)
      if (language !== null && !engine.languages.includes(language)) throw unheard(where)
      if (durationMs(audio) === 0) return []
      const session = engine.begin({ rate: audio.rate, language, onPartial() {} })
      session.push(audio.samples)
      try {
        return await aborted(session.end(), signal)
      } finally {
        session.cancel()
      }
    },
    close() {
      isClosed = true
      return engine.close()
    },
  }
}
