import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { LiveAnswer, type LiveEvent } from '../../../contract/events.ts'
import type { LiveCall } from '../../../contract/models/calls.ts'
import type { LiveCaptions } from '../../../contract/models/captions.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { inReach } from '../calls/reach.ts'

type Unnumbered = LiveEvent extends infer E ? (E extends LiveEvent ? Omit<E, 'seq'> : never) : never
type Scope = { agentId: string | null; teamIds: string[] } | { personId: string | null }
type Listener = { actor: Actor; socket: WebSocket; following: Set<string> }

/** Buffered bytes past which a page that does not keep up is dropped; it reconnects and asks anew. */
const slowPage = 1 << 20

/** Events in flight whose way is measured; a page that never answers costs no more. */
const mostInFlight = 256

export type Hub = {
  /** Sends to every page whose person has the call in reach. */
  publish(event: Unnumbered, scope: Scope): void
  /** Sends to the pages that follow the call, while their person has it in reach. Returns how many. */
  publishTo(callId: string, event: Unnumbered, scope: Scope): number
  /** The pages of a session follow a call from now on, those opened later too; or no longer. True when that is new. */
  follow(sessionId: string, callId: string, on: boolean): boolean
  /** Nobody follows it any more: it has ended. */
  unfollow(callId: string): void
  /** Serves one page's WebSocket. */
  serve(request: IncomingMessage, socket: Duplex, head: Buffer, actor: Actor): void
  stop(): void
}

/**
 * Live events for the pages. Every connection begins with `hello`, the whole state within reach, so a page that was away
 * needs no replay: it replaces what it had.
 */
export function createHub(deps: {
  liveCalls: (actor: Actor) => LiveCall[]
  stillSignedIn: (actor: Actor) => Promise<boolean>
  /** What a page that follows a call begins with; null when it has ended. */
  captions(callId: string): LiveCaptions | null
  /** An event is on a screen, so many ms after it was sent and answered. */
  shown(ms: number): void
}): Hub {
  const { liveCalls, stillSignedIn } = deps
  /** Calls that a session follows. */
  const following = new Map<string, Set<string>>()
  const inFlight = new Map<number, number>()
  const server = new WebSocketServer({ noServer: true, maxPayload: 4096, perMessageDeflate: false })
  const listeners = new Set<Listener>()
  let seq = 0

  const send = (listener: Listener, event: LiveEvent): void => {
    if (listener.socket.bufferedAmount > slowPage) return listener.socket.terminate()
    listener.socket.send(JSON.stringify(event))
  }
  // A session that was ended elsewhere loses its stream within this interval.
  const watch = setInterval(() => void endStale(), 30_000)
  watch.unref()

  async function endStale(): Promise<void> {
    for (const listener of listeners)
      if (!(await stillSignedIn(listener.actor).catch(() => true))) listener.socket.close(4401, 'signed out')
  }

  function heardFrom(data: unknown): void {
    const answer = LiveAnswer.safeParse(parsed(data))
    const sent = answer.success ? inFlight.get(answer.data.shown) : undefined
    if (!answer.success || sent === undefined) return
    inFlight.delete(answer.data.shown)
    deps.shown(performance.now() - sent)
  }

  return {
    publishTo(callId, event, scope) {
      const to = [...listeners].filter((listener) => listener.following.has(callId) && reaches(listener.actor, scope))
      if (to.length === 0) return 0
      seq++
      if (inFlight.size >= mostInFlight) inFlight.clear()
      inFlight.set(seq, performance.now())
      for (const listener of to) send(listener, { ...event, seq } as LiveEvent)
      return to.length
    },
    follow(sessionId, callId, on) {
      const calls = following.get(sessionId) ?? new Set<string>()
      following.set(sessionId, calls)
      const isNew = calls.has(callId) !== on
      if (on) calls.add(callId)
      else calls.delete(callId)
      if (calls.size === 0) following.delete(sessionId)
      for (const listener of listeners) if (listener.actor.sessionId === sessionId) listener.following = calls
      return isNew
    },
    unfollow(callId) {
      for (const [sessionId, calls] of following) {
        calls.delete(callId)
        if (calls.size === 0) following.delete(sessionId)
      }
    },
    publish(event, scope) {
      seq++
      for (const listener of listeners)
        if (reaches(listener.actor, scope)) send(listener, { ...event, seq } as LiveEvent)
    },
    serve(request, socket, head, actor) {
      server.handleUpgrade(request, socket, head, (ws) => {
        const calls = (actor.sessionId && following.get(actor.sessionId)) || new Set<string>()
        const listener: Listener = { actor, socket: ws, following: calls }
        listeners.add(listener)
        ws.on('error', () => ws.terminate())
        ws.on('close', () => listeners.delete(listener))
        ws.on('message', heardFrom)
        send(listener, { type: 'hello', seq, liveCalls: liveCalls(actor) })
        for (const callId of calls) {
          const captions = deps.captions(callId)
          if (captions) send(listener, { type: 'captions.all', seq, ...captions })
        }
      })
    },
    stop() {
      clearInterval(watch)
      for (const { socket } of listeners) socket.close(1001, 'server stops')
      server.close()
    },
  }
}

function parsed(data: unknown): unknown {
  try {
    return JSON.parse(String(data))
  } catch {
    return null
  }
}

function reaches(actor: Actor, scope: Scope): boolean {
  return 'personId' in scope ? actor.personId === scope.personId : inReach(actor, scope)
}
