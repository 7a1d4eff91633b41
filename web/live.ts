import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { LiveEvent } from '../contract/events.ts'
import type { LiveCall } from '../contract/models/calls.ts'
import { base } from './api.ts'

export type LiveState = 'idle' | 'connecting' | 'open' | 'lost'
type Listener = () => void

const firstWaitMs = 500
const longestWaitMs = 20_000
/** Close code of a session that ended elsewhere. */
const sessionEnded = 4401

/**
 * The one WebSocket of the page. Reconnects with growing, jittered waits and says what it heard last (`after`); every
 * connection begins with `hello`, the whole state, so whoever shows a list should read it again on `hello`.
 * `calls` and `state` are replaced, never changed in place, so that React may compare them.
 */
class Live {
  calls: LiveCall[] = []
  state: LiveState = 'idle'
  #socket: WebSocket | null = null
  #seq: number | null = null
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #checkSession: () => void = () => {}
  readonly #stores = new Set<Listener>()
  readonly #hearers = new Set<(event: LiveEvent) => void>()

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#stores.add(listener)
    return () => this.#stores.delete(listener)
  }

  readonly hear = (hearer: (event: LiveEvent) => void): (() => void) => {
    this.#hearers.add(hearer)
    return () => this.#hearers.delete(hearer)
  }

  /** Tells the server that an event is on the screen, once it is painted: so it knows how late captions are. */
  shown(seq: number): void {
    requestAnimationFrame(() => {
      if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ shown: seq }))
    })
  }

  /** `checkSession` runs when the server refuses the socket: the session may have ended. */
  start(checkSession: () => void): void {
    this.#checkSession = checkSession
    if (this.state !== 'idle') return
    globalThis.addEventListener('online', this.#now)
    this.#open()
  }

  stop(): void {
    globalThis.removeEventListener('online', this.#now)
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#socket = null
    socket?.close()
    this.#seq = null
    this.#tries = 0
    this.calls = []
    this.#set('idle')
  }

  readonly #now = (): void => {
    if (this.state !== 'lost') return
    clearTimeout(this.#timer)
    this.#open()
  }

  #open(): void {
    this.#set(this.#tries === 0 ? 'connecting' : 'lost')
    const after = this.#seq === null ? '' : `?after=${this.#seq}`
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${base}/live${after}`)
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data)) as LiveEvent))
    socket.addEventListener('open', () => {
      this.#tries = 0
      this.#set('open')
    })
    socket.addEventListener('close', ({ code }) => {
      if (this.#socket === socket) this.#retry(code === sessionEnded || this.state !== 'open')
    })
  }

  #retry(refused: boolean): void {
    if (refused) this.#checkSession()
    const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** this.#tries) * (0.5 + Math.random() / 2)
    this.#tries += 1
    this.#set('lost')
    this.#timer = setTimeout(() => this.#open(), wait)
  }

  #take(event: LiveEvent): void {
    this.#seq = event.seq
    this.calls = callsAfter(this.calls, event)
    for (const listener of this.#stores) listener()
    for (const hearer of this.#hearers) hearer(event)
  }

  #set(state: LiveState): void {
    this.state = state
    for (const listener of this.#stores) listener()
  }
}

/** The calls in progress after an event. */
export const callsAfter = (calls: LiveCall[], event: LiveEvent): LiveCall[] => {
  if (event.type === 'hello') return event.liveCalls
  if (event.type === 'call.live') {
    const known = calls.some((call) => call.id === event.call.id)
    return known ? calls.map((call) => (call.id === event.call.id ? event.call : call)) : [event.call, ...calls]
  }
  if (event.type === 'call.ended') return calls.filter((call) => call.id !== event.callId)
  return calls
}

export const live = new Live()

/** Calls in progress within reach, as the server last told them. */
export const useLiveCalls = (): LiveCall[] => useSyncExternalStore(live.subscribe, () => live.calls)
export const useLiveState = (): LiveState => useSyncExternalStore(live.subscribe, () => live.state)

/** Runs `hear` for every live event while the component is shown. The newest `hear` is used; it need not be stable. */
export const useLiveEvents = (hear: (event: LiveEvent) => void): void => {
  const newest = useRef(hear)
  useEffect(() => {
    newest.current = hear
  })
  useEffect(() => live.hear((event) => newest.current(event)), [])
}
