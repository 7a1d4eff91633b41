import { ACCEPTED_TYPES } from './body.ts'
import { ALLOW, SUPPORTED, UNDERSTOOD, type Context } from './context.ts'
import { takeInvite } from './invite.ts'
import { networkOf } from './networks.ts'
import type { RecordingSession } from './session.ts'
import { dialogKey } from './sip/dialog.ts'
import { first, list, type SipRequest } from './sip/message.ts'
import type { ServerTransaction } from './sip/server-transaction.ts'
import type { TransactionUser } from './sip/transactions.ts'
import { parseParams, schemeOf } from './sip/values.ts'

export type UserAgent = TransactionUser & {
  /** Ends every session with BYE and takes no more. */
  stop(): void
}

/** Methods of SIP's family that we know and do not serve (405); anything else is unknown (501). */
const KNOWN = new Set(['REGISTER', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE', 'PUBLISH', 'REFER', 'PRACK'])
const SERVED = new Set(ALLOW.split(', '))

/** Routes requests to sessions, and INVITEs to new ones. */
export function createUserAgent(context: Context): UserAgent {
  const sessions = new Map<string, RecordingSession>()
  let opening = 0
  let stopping = false

  const gone = (session: RecordingSession): void => {
    sessions.delete(keyOf(session))
  }

  const invite = async (transaction: ServerTransaction): Promise<void> => {
    if (stopping || sessions.size + opening >= context.settings.maxCalls) {
      context.log.warn(
        { sessions: sessions.size, stopping, from: networkOf(transaction.flow.remote.address) },
        'session refused: at capacity',
      )
      return transaction.respond(503, { headers: [['Retry-After', '30']] })
    }
    const replaced = replacedBy(transaction.request, sessions)
    if (replaced === null) return transaction.respond(481)
    opening++
    try {
      const session = await takeInvite(context, transaction, gone)
      if (session) sessions.set(keyOf(session), session)
      if (session && stopping) session.hangUp('disconnect')
      if (session) replaced?.hangUp('hangup')
    } finally {
      opening--
    }
  }

  const inDialog = (transaction: ServerTransaction): Promise<void> | void => {
    const session = sessions.get(dialogKey(transaction.request))
    return session ? session.receive(transaction) : transaction.respond(481)
  }

  const serve = (transaction: ServerTransaction): Promise<void> | void => {
    const { request } = transaction
    if (refused(transaction)) return
    if (request.to.params.has('tag')) return inDialog(transaction)
    if (request.method === 'INVITE') return invite(transaction)
    if (request.method === 'OPTIONS')
      return transaction.respond(200, {
        headers: [
          ['Allow', ALLOW],
          ['Supported', SUPPORTED],
          ['Accept', ACCEPTED_TYPES],
        ],
      })
    transaction.respond(481)
  }

  return {
    request(transaction) {
      const failed = (e: unknown): void => {
        context.log.error({ err: e, method: transaction.request.method }, 'SIP request failed')
        transaction.respond(500)
      }
      try {
        void Promise.resolve(serve(transaction)).catch(failed)
      } catch (e) {
        failed(e)
      }
    },
    ack: (request) => sessions.get(dialogKey(request))?.ack(request),
    unacknowledged(transaction) {
      sessions.get(dialogKey(transaction.request, transaction.tag))?.unacknowledged(transaction)
    },
    stop() {
      stopping = true
      for (const session of sessions.values()) session.hangUp('disconnect')
    },
  }
}

const keyOf = ({ dialog }: RecordingSession): string => `${dialog.callId} ${dialog.localTag} ${dialog.remoteTag}`

/** Answers what no handler would take. True when it did. */
function refused(transaction: ServerTransaction): boolean {
  const { request } = transaction
  const allow = [['Allow', ALLOW]] as const
  if (!SERVED.has(request.method)) transaction.respond(KNOWN.has(request.method) ? 405 : 501, { headers: allow })
  else if (!/^(sips?|tel)$/.test(schemeOf(request.uri))) transaction.respond(416)
  else {
    const strange = list(request.headers, 'require').filter((tag) => !UNDERSTOOD.has(tag.toLowerCase()))
    if (strange.length === 0) return false
    transaction.respond(420, { headers: [['Unsupported', strange.join(', ')]] })
  }
  return true
}

/** The session an INVITE replaces (RFC 3891 §3); undefined when it replaces none, null when the one it names is unknown. */
function replacedBy(
  request: SipRequest,
  sessions: ReadonlyMap<string, RecordingSession>,
): RecordingSession | null | undefined {
  const value = first(request.headers, 'replaces')
  if (value === undefined) return undefined
  const semicolon = value.indexOf(';')
  const params = semicolon < 0 ? null : parseParams(value.slice(semicolon))
  const key = `${value.slice(0, semicolon).trim()} ${params?.get('to-tag') ?? ''} ${params?.get('from-tag') ?? ''}`
  return sessions.get(key) ?? null
}
