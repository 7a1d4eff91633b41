import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Listener } from '../../source.ts'
import type { Credentials, Protocol, ProtocolDeps } from '../protocol.ts'
import { openGate, type Admission, type GateLimits } from '../websocket/gate.ts'
import { checkPresented, pathKeyId, readAuthorization, secretOf } from '../websocket/handshake.ts'
import { MAX_TEXT } from './messages.ts'
import { TwilioSession } from './session.ts'
import { shownSignature, verifySignature } from './signature.ts'

export const path = '/capture/twilio'

export const settings = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Accept Twilio Media Streams on /capture/twilio/<keyId>.'),
    authorities: z
      .array(z.string().min(1).max(255))
      .default([])
      .describe(
        'Public host names (with port when not 443) written in the TwiML, when a proxy changes the Host header.',
      ),
    startToken: z
      .boolean()
      .default(true)
      .describe('Accept an unsigned connection whose start message has the secret in its custom parameter `token`.'),
  })
  .prefault({})
/** What the configuration may leave out has a default here. */
export type TwilioSettings = z.input<typeof settings>

/** Twilio Media Streams, also in the dialects of SignalWire and Telnyx. */
export const twilio: Protocol<TwilioSettings> = { name: 'twilio', listen: (deps) => listen(deps) }

type Pass = { token: Buffer | null }

/** `limits` is for tests. */
export function listen(deps: ProtocolDeps<TwilioSettings>, limits?: Partial<GateLimits>): Promise<Listener> {
  const given = settings.parse(deps.settings)
  if (!given.enabled) return Promise.resolve({ addresses: [], stop: () => Promise.resolve() })
  const { desk, clock } = deps
  const log = deps.log.child({ protocol: 'twilio' })
  const gate = openGate<Pass>({
    log,
    limits: { maxPayload: MAX_TEXT, ...limits },
    authorize: (request) => admit(request, deps.credentials, given),
    connect: (wire, { token }) => new TwilioSession(wire, { desk, clock, log, token }),
  })
  deps.web.route(path, gate.onUpgrade)
  return Promise.resolve({ addresses: [path], stop: gate.stop })
}

async function admit(
  request: IncomingMessage,
  credentials: Credentials,
  { authorities, startToken }: z.output<typeof settings>,
): Promise<Admission<Pass>> {
  const keyId = pathKeyId(request.url, path)
  const shown = readAuthorization(request.headers.authorization, keyId)
  if (shown) {
    const right = await checkPresented(credentials, 'twilio', shown)
    return right ? { pass: { token: null } } : { refused: 401, why: 'wrong key or secret in Authorization' }
  }
  if (keyId === null) return { refused: 401, why: 'no Authorization and no key id in the path' }
  const { secret, known } = await secretOf(credentials, 'twilio', keyId)
  const signature = shownSignature(request)
  if (signature !== null) {
    const right = verifySignature(request, signature, { token: secret, authorities }) && known
    return right ? { pass: { token: null } } : { refused: 401, why: 'signature does not match the URL and secret' }
  }
  if (!known) return { refused: 401, why: 'unknown key id, or its secret is empty' }
  return startToken ? { pass: { token: secret } } : { refused: 401, why: 'unsigned, and `startToken` is off' }
}
