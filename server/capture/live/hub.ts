import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { LiveEvent } from '../../../contract/events.ts'
import type { LiveCall } from '../../../contract/models/calls.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { inReach } from '../calls/reach.ts'

type Unnumbered = LiveEvent extends infer E ? (E extends LiveEvent ? Omit<E, 'seq'> : never) : never
type Scope = { agentId: string | null; teamIds: string[] } | { personId: string | null }
type Listener = { actor: Actor; socket: WebSocket }

/** Buffered bytes past which a page that does not keep up is dropped; it reconnects and asks anew. */
const slowPage = 1 << 20

export type Hub = {
  /** Sends to every page whose person has the call in reach. */
  publish(event: Unnumbered, scope: Scope): void
  /** Serves one page's WebSocket. */
  serve(request: IncomingMessage, socket: Duplex, head: Buffer, actor: Actor): void
  stop(): void
}

/**
 * Live events for the pages. Every connection begins with `hello`, the whole state within reach, so a page that was away
 * needs no replay: it replaces what it had.
 */
export function createHub(
  liveCalls: (actor: Actor) => LiveCall[],
  stillSignedIn: (actor: Actor) => Promise<boolean>,
): Hub {
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

  return {
    publish(event, scope) {
      seq++
      for (const listener of listeners)
        if (reaches(listener.actor, scope)) send(listener, { ...event, seq } as LiveEvent)
    },
    serve(request, socket, head, actor) {
      server.handleUpgrade(request, socket, head, (ws) => {
        const listener = { actor, socket: ws }
        listeners.add(listener)
        ws.on('error', () => ws.terminate())
        ws.on('close', () => listeners.delete(listener))
        send(listener, { type: 'hello', seq, liveCalls: liveCalls(actor) })
      })
    },
    stop() {
      clearInterval(watch)
      for (const { socket } of listeners) socket.close(1001, 'server stops')
      server.close()
    },
  }
}

function reaches(actor: Actor, scope: Scope): boolean {
  return 'personId' in scope ? actor.personId === scope.personId : inReach(actor, scope)
}
