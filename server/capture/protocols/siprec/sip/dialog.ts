import { buildRequest, newTag, type HeaderLines } from './build.ts'
import type { Flow } from './flow.ts'
import { first, list, type SipRequest } from './message.ts'
import { parseNameAddr, parseUri } from './values.ts'

/** The recording session as SIP sees it, from our side, the one that was called (RFC 3261 §12). */
export type Dialog = {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  /** To and From of the INVITE, which our requests carry the other way round. */
  readonly localParty: string
  readonly remoteParty: string
  readonly routeSet: readonly string[]
  /** Where our requests are addressed: the peer's latest Contact. */
  remoteTarget: string
  remoteSeq: number
  localSeq: number
  /** The way the peer last used; over TCP the connection to reuse. */
  flow: Flow
}

/** Key of a dialog as an incoming request names it: Call-ID, our tag (To), the peer's tag (From). */
export const dialogKey = (request: SipRequest, localTag = request.to.params.get('tag') ?? ''): string =>
  `${request.callId} ${localTag} ${request.from.params.get('tag') ?? ''}`

/** The dialog a 2xx to this INVITE creates. */
export function openDialog(invite: SipRequest, localTag: string, flow: Flow): Dialog {
  const to = first(invite.headers, 'to') as string
  return {
    callId: invite.callId,
    localTag,
    remoteTag: invite.from.params.get('tag') ?? '',
    localParty: `${to};tag=${localTag}`,
    remoteParty: first(invite.headers, 'from') as string,
    routeSet: list(invite.headers, 'record-route'),
    remoteTarget: contactOf(invite) ?? invite.from.uri,
    remoteSeq: invite.cseq.number,
    localSeq: 0,
    flow,
  }
}

const contactOf = (request: SipRequest): string | undefined => {
  const contact = list(request.headers, 'contact')[0]
  return contact === undefined ? undefined : parseNameAddr(contact)?.uri
}

/**
 * Takes an in-dialog request into account. False when it is out of order (RFC 3261 §12.2.2: 500). A target refresh (INVITE,
 * UPDATE) moves the remote target.
 */
export function advance(dialog: Dialog, request: SipRequest, flow: Flow): boolean {
  if (request.cseq.number < dialog.remoteSeq || (request.cseq.number === dialog.remoteSeq && request.method !== 'ACK'))
    return false
  dialog.remoteSeq = request.cseq.number
  dialog.flow = flow
  const contact = request.method === 'INVITE' || request.method === 'UPDATE' ? contactOf(request) : undefined
  if (contact) dialog.remoteTarget = contact
  return true
}

export type NextHop = { host: string; port: number; transport: 'udp' | 'tcp' | 'tls' }

/** Request-URI, Route lines and first hop of a request of ours, with loose and strict routing (RFC 3261 §12.2.1.1). */
export function route(dialog: Dialog): { uri: string; routes: string[]; hop: NextHop | null } {
  const firstRoute = dialog.routeSet[0]
  const firstUri = firstRoute === undefined ? undefined : parseNameAddr(firstRoute)?.uri
  if (firstUri === undefined) return { uri: dialog.remoteTarget, routes: [], hop: hopOf(dialog.remoteTarget) }
  if (parseUri(firstUri)?.params.has('lr')) {
    return { uri: dialog.remoteTarget, routes: [...dialog.routeSet], hop: hopOf(firstUri) }
  }
  return { uri: firstUri, routes: [...dialog.routeSet.slice(1), `<${dialog.remoteTarget}>`], hop: hopOf(firstUri) }
}

function hopOf(uri: string): NextHop | null {
  const parsed = parseUri(uri)
  if (!parsed || parsed.scheme === 'tel') return null
  const named = parsed.params.get('transport')?.toLowerCase()
  const transport = parsed.scheme === 'sips' || named === 'tls' ? 'tls' : named === 'tcp' ? 'tcp' : 'udp'
  const host = parsed.params.get('maddr') ?? parsed.host
  return { host, port: parsed.port ?? (transport === 'tls' ? 5061 : 5060), transport }
}

/** A request of ours inside the dialog, on `flow`. `via` is our address as the peer sees it. */
export function dialogRequest(
  dialog: Dialog,
  method: 'BYE' | 'UPDATE' | 'OPTIONS',
  sent: { flow: Flow; via: string; extra?: HeaderLines },
): { branch: string; bytes: Buffer } {
  const branch = `z9hG4bK${newTag()}`
  const { uri, routes } = route(dialog)
  dialog.localSeq++
  const lines: HeaderLines = [
    ['Via', `SIP/2.0/${sent.flow.transport.toUpperCase()} ${sent.via};branch=${branch};rport`],
    ...routes.map((value) => ['Route', value] as const),
    ['Max-Forwards', '70'],
    ['From', dialog.localParty],
    ['To', dialog.remoteParty],
    ['Call-ID', dialog.callId],
    ['CSeq', `${dialog.localSeq} ${method}`],
    ...(sent.extra ?? []),
  ]
  return { branch, bytes: buildRequest(method, uri, lines) }
}
