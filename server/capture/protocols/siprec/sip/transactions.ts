import { buildResponse } from './build.ts'
import { ClientTransaction, type ClientRequest } from './client-transaction.ts'
import { responseTarget, type Flow } from './flow.ts'
import { list, type BadRequest, type SipMessage, type SipRequest, type SipResponse } from './message.ts'
import { ServerTransaction } from './server-transaction.ts'
import type { Timers } from './timers.ts'

export type TransactionUser = {
  request(transaction: ServerTransaction): void
  /** An ACK for a 2xx: it belongs to a dialog, not to a transaction. */
  ack(request: SipRequest): void
  /** Our 2xx to an INVITE was never acknowledged. */
  unacknowledged(invite: ServerTransaction): void
}

const MAGIC = 'z9hG4bK'

/** Identity of a server transaction (RFC 3261 §17.2.3; its RFC 2543 rule when the branch promises nothing). */
function transactionKey(request: SipRequest, method: string): string {
  const branch = request.via.params.get('branch') ?? ''
  if (branch.startsWith(MAGIC) && branch.length > MAGIC.length) {
    return `${branch} ${request.via.host} ${request.via.port ?? ''} ${method}`
  }
  const top = list(request.headers, 'via')[0] ?? ''
  return `2543 ${request.uri} ${request.from.params.get('tag') ?? ''} ${request.callId} ${request.cseq.number} ${top} ${method}`
}

/** Identity under which the same request arriving over two paths is recognised (RFC 3261 §8.2.2.2). */
const mergeKey = (r: SipRequest): string => `${r.callId} ${r.from.params.get('tag') ?? ''} ${r.cseq.number} ${r.method}`

/** Answers without keeping anything: bad requests, and all of them at overload. */
function stateless(request: SipRequest | BadRequest, flow: Flow, status: number): void {
  const headers = status === 503 ? ([['Retry-After', '10']] as const) : undefined
  const reason = request.kind === 'bad' && status === 400 ? `Bad Request - ${request.detail}` : undefined
  flow.send(buildResponse(request, status, flow.remote, { headers, reason }), responseTarget(request.via, flow.remote))
}

/**
 * The transaction layer (RFC 3261 §17): retransmissions end here, CANCEL and ACK find their INVITE, answers their request.
 * Above `limit` transactions a request gets 503 and leaves no trace.
 */
export class Transactions {
  #user: TransactionUser
  #timers: Timers
  #limit: number
  #servers = new Map<string, ServerTransaction>()
  #merges = new Map<string, ServerTransaction>()
  #clients = new Map<string, ClientTransaction>()

  constructor(user: TransactionUser, timers: Timers, limit: number) {
    this.#user = user
    this.#timers = timers
    this.#limit = limit
  }

  /** Transactions held, both ways. */
  get size(): number {
    return this.#servers.size + this.#clients.size
  }

  receive(message: SipMessage, flow: Flow): void {
    if (message.kind === 'request') this.#receiveRequest(message, flow)
    else if (message.kind === 'response') this.#receiveResponse(message)
    else if (message.method !== 'ACK') stateless(message, flow, message.status)
  }

  send(request: ClientRequest): void {
    const done = (status: number): void => {
      this.#clients.delete(request.branch)
      request.done(status)
    }
    this.#clients.set(request.branch, new ClientTransaction({ ...request, done }, this.#timers))
  }

  /** The connection our request went out on is gone: there will be no answer (RFC 3261 §17.1.4). */
  lost(branch: string): void {
    this.#clients.get(branch)?.answered(503)
  }

  stop(): void {
    for (const transaction of this.#servers.values()) transaction.end()
    for (const client of this.#clients.values()) client.stop()
    this.#clients.clear()
  }

  #receiveRequest(request: SipRequest, flow: Flow): void {
    if (request.method === 'ACK') return this.#ack(request)
    const known = this.#servers.get(transactionKey(request, request.method))
    if (known) return known.repeated()
    if (this.#servers.size >= this.#limit) return stateless(request, flow, 503)
    if (request.method === 'CANCEL') return this.#cancel(request, flow)
    const merged = request.to.params.has('tag') ? undefined : this.#merges.get(mergeKey(request))
    const transaction = this.#open(request, flow)
    // Once acknowledged, the desk knows a duplicate.
    if (merged && merged.state !== 'confirmed') return transaction.respond(482)
    this.#merges.set(mergeKey(request), transaction)
    this.#user.request(transaction)
  }

  /** One Via only: a response that still has another hop to go is not ours (RFC 3261 §18.1.2). */
  #receiveResponse(response: SipResponse): void {
    if (list(response.headers, 'via').length === 1) {
      this.#clients.get(response.via.params.get('branch') ?? '')?.answered(response.status)
    }
  }

  #cancel(request: SipRequest, flow: Flow): void {
    const invite = this.#servers.get(transactionKey(request, 'INVITE'))
    this.#open(request, flow).respond(invite ? 200 : 481, { tag: invite?.tag })
    // Whoever serves the INVITE sees that it is no longer proceeding.
    invite?.respond(487)
  }

  #ack(request: SipRequest): void {
    const invite = this.#servers.get(transactionKey(request, 'INVITE'))
    if (invite?.state === 'completed') invite.acknowledged()
    else this.#user.ack(request)
  }

  #open(request: SipRequest, flow: Flow): ServerTransaction {
    const events = {
      ended: (transaction: ServerTransaction) => this.#forget(transaction),
      unacknowledged: (transaction: ServerTransaction) => this.#user.unacknowledged(transaction),
    }
    const key = transactionKey(request, request.method)
    const transaction = new ServerTransaction(key, request, flow, { timers: this.#timers, events })
    this.#servers.set(key, transaction)
    return transaction
  }

  #forget(transaction: ServerTransaction): void {
    this.#servers.delete(transaction.key)
    const key = mergeKey(transaction.request)
    if (this.#merges.get(key) === transaction) this.#merges.delete(key)
  }
}
