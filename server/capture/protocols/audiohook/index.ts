import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Listener } from '../../source.ts'
import type { Protocol, ProtocolDeps } from '../protocol.ts'
import { openGate, type Admission, type GateLimits } from '../websocket/gate.ts'
import { isUsableSecret, peerOf } from '../websocket/handshake.ts'
import { createNonces } from './nonces.ts'
import { AudioHookSession, type Identity } from './session.ts'
import { verifySignature } from './signature.ts'

export const path = '/capture/audiohook'

export const settings = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Accept Genesys AudioHook sessions on /capture/audiohook.'),
    authorities: z
      .array(z.string().min(1).max(255))
      .default([])
      .describe(
        'Public host names (with port when not 443) under which Genesys calls, when a proxy changes the Host header.',
      ),
  })
  .prefault({})
/** What the configuration may leave out has a default here. */
export type AudioHookSettings = z.input<typeof settings>

/** Genesys AudioHook, server side. Refused before the upgrade unless signed with a stored API key. */
export const audiohook: Protocol<AudioHookSettings> = { name: 'audiohook', listen: (deps) => listen(deps) }

/** `limits` is for tests. */
export function listen(deps: ProtocolDeps<AudioHookSettings>, limits?: Partial<GateLimits>): Promise<Listener> {
  const { enabled, authorities } = settings.parse(deps.settings)
  if (!enabled) return Promise.resolve({ addresses: [], stop: () => Promise.resolve() })
  const { desk, clock, credentials } = deps
  const log = deps.log.child({ protocol: 'audiohook' })
  const nonces = createNonces(clock)
  const secretOf = async (keyId: string): Promise<Buffer | null> => {
    const found = await credentials.find('audiohook', keyId)
    return found && isUsableSecret(found.secret) ? found.secret : null
  }
  const authorize = async (request: IncomingMessage): Promise<Admission<Identity>> => {
    const signed = { method: request.method ?? '', target: request.url ?? '', headers: request.headers }
    const verdict = await verifySignature(signed, {
      now: clock.now(),
      nonces,
      authorities,
      secretOf,
    })
    if (!verdict.verified) return { refused: 401, why: verdict.why }
    const identity = identityOf(request)
    return identity ? { pass: identity } : { refused: 400, why: 'an Audiohook-*-Id header is not a UUID' }
  }
  const gate = openGate({
    log,
    limits,
    authorize,
    connect(wire, identity) {
      log.debug({ peer: peerOf(wire.request), session: identity.sessionId }, 'connected')
      return new AudioHookSession(wire, { desk, clock, log, identity })
    },
  })
  deps.web.route(path, gate.onUpgrade)
  return Promise.resolve({ addresses: [path], stop: gate.stop })
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function identityOf(request: IncomingMessage): Identity | null {
  const id = (name: string): string => String(request.headers[`audiohook-${name}-id`] ?? '').trim()
  const identity = { organizationId: id('organization'), sessionId: id('session'), correlationId: id('correlation') }
  const valid = UUID.test(identity.organizationId) && UUID.test(identity.sessionId) && identity.correlationId !== ''
  return valid ? identity : null
}
