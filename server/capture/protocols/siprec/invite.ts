import type { Announcement, AnnounceResult, CallIntake } from '../../source.ts'
import { ACCEPTED_TYPES, readBody, type SessionBody } from './body.ts'
import type { Context } from './context.ts'
import { MediaLines } from './lines.ts'
import { EMPTY } from './metadata/snapshot.ts'
import { networkOf } from './networks.ts'
import { interpret } from './parties.ts'
import { readMetadata, readOffer, RecordingSession, refusalHeaders, type Refusal } from './session.ts'
import { openDialog } from './sip/dialog.ts'
import { list } from './sip/message.ts'
import type { ServerTransaction } from './sip/server-transaction.ts'
import { negotiateTimer, type TimerVerdict } from './sip/session-timer.ts'
import type { LineChoice } from './sdp/answer.ts'
import { mediaType } from './multipart.ts'

const REFUSED: Record<(AnnounceResult & { accepted: false })['reason'], number> = {
  duplicate: 482,
  policy: 603,
  overload: 503,
  stopping: 503,
}

/**
 * Takes the first INVITE of a session: checks, a place among those not confirmed, then `open`. Returns the session, or null
 * when it was refused and answered so, or cancelled meanwhile. `gone` is called when the session later ends.
 */
export async function takeInvite(
  context: Context,
  transaction: ServerTransaction,
  gone: (session: RecordingSession) => void,
): Promise<RecordingSession | null> {
  const checked = check(transaction)
  if (!checked) return null
  const peer = transaction.flow.remote.address
  const release = context.unconfirmed.take(peer, checked.choices.filter(({ accepted }) => accepted).length)
  if (!release) {
    context.log.warn({ from: networkOf(peer) }, 'session refused: too many of this peer wait for their ACK')
    return refuse(transaction, { status: 503 })
  }
  let session: RecordingSession | null = null
  try {
    session = await open(context, transaction, { ...checked, release, gone })
  } finally {
    if (!session) release()
  }
  return session
}

type Opening = Checked & { release: () => void; gone: (session: RecordingSession) => void }

/** Sockets, the desk's word, 200. Null when the session was refused, and answered so, or cancelled meanwhile. */
async function open(
  context: Context,
  transaction: ServerTransaction,
  { body, choices, timer, release, gone }: Opening,
): Promise<RecordingSession | null> {
  const { request, flow } = transaction
  const peer = flow.remote.address
  const acceptable = (address: string): boolean => address === peer || context.networks.contains(address)
  const lines = new MediaLines({ pool: context.pool, clock: context.clock, log: context.log, acceptable })
  const address = await context.addressOf(flow)
  const prepared = await lines.prepare(choices)
  if (!prepared) return refuse(transaction, { status: 503 })
  const abandon = (): void => lines.discard(prepared)
  // Cancelled while the sockets were opened.
  if (transaction.state !== 'proceeding') {
    abandon()
    return null
  }
  const snapshot = body.metadata ? readMetadata(EMPTY, body.metadata, context.log) : EMPTY
  const meaning = interpret(snapshot, context.settings)
  const announcement: Announcement = {
    protocol: 'siprec',
    sessionKey: `${request.callId};${request.from.params.get('tag') ?? ''}`,
    conversationKey: meaning.conversationKey,
    sequenced: true,
    ...meaning.facts,
    raw: body.metadata ?? undefined,
  }
  const announced = announce(context, announcement)
  if (!announced.accepted) {
    abandon()
    return refuse(transaction, { status: announced.status })
  }
  const dialog = openDialog(request, transaction.tag, flow)
  const session = new RecordingSession(context, {
    dialog,
    call: announced.call,
    lines,
    snapshot,
    address,
    confirmed: release,
    gone: () => {
      release()
      gone(session)
    },
  })
  announced.follow(session)
  try {
    session.start(transaction, prepared, timer)
  } catch (e) {
    abandon()
    session.abort()
    throw e
  }
  return session
}

type Announced =
  | { accepted: false; status: number }
  | { accepted: true; call: CallIntake; follow(session: RecordingSession): void }

/** Asks the desk. A disconnect that comes before the session stands is a refusal. */
function announce({ desk, log }: Context, announcement: Announcement): Announced {
  let session: RecordingSession | null = null
  let unwanted: string | null = null
  const result = desk.announce(announcement, {
    disconnect(reason) {
      if (session) session.hangUp(reason === 'error' ? 'error' : 'disconnect')
      else unwanted = reason ?? 'policy'
    },
  })
  if (!result.accepted) {
    log.info({ reason: result.reason }, 'recording session refused')
    return { accepted: false, status: REFUSED[result.reason] }
  }
  if (unwanted !== null) {
    result.call.end('disconnect')
    return { accepted: false, status: unwanted === 'policy' ? 603 : 503 }
  }
  log.info({ callId: result.call.callId }, 'recording session began')
  return { accepted: true, call: result.call, follow: (standing) => (session = standing) }
}

type Checked = { body: SessionBody; choices: LineChoice[]; timer: TimerVerdict }

/** Everything about the request itself. Null when it was refused, and has been answered. */
function check(transaction: ServerTransaction): Checked | null {
  const { request } = transaction
  const body = readBody(request)
  if (!body) {
    transaction.respond(415, {
      headers: [
        ['Accept', ACCEPTED_TYPES],
        ['Accept-Encoding', 'identity'],
      ],
    })
    return null
  }
  if (!takesSdp(list(request.headers, 'accept'))) return refuse(transaction, { status: 406 })
  if (!body.sdp) return refuse(transaction, { status: 488, warning: 'an SDP offer is required' })
  const offer = readOffer(body.sdp)
  if ('status' in offer) return refuse(transaction, offer)
  if (!offer.choices.some(({ accepted }) => accepted))
    return refuse(transaction, { status: 488, warning: 'no media line can be recorded' })
  const timer = negotiateTimer(request, null)
  if (timer.kind === 'tooShort') {
    transaction.respond(422, { headers: timer.headers })
    return null
  }
  return { body, choices: offer.choices, timer }
}

/** Whether an Accept header leaves room for our answer. One that speaks of recording metadata means the session anyway. */
const takesSdp = (accept: readonly string[]): boolean =>
  accept.length === 0 ||
  accept.map(mediaType).some((type) => /^(\*\/\*|application\/(\*|sdp|rs-metadata.*)|multipart\/.*)$/.test(type))

function refuse(transaction: ServerTransaction, refusal: Refusal): null {
  transaction.respond(refusal.status, { headers: refusalHeaders(refusal) })
  return null
}
