import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Listener } from '../../source.ts'
import type { Protocol, ProtocolDeps } from '../protocol.ts'
import { openGate, type Admission, type GateLimits } from '../websocket/gate.ts'
import { checkPresented, pathKeyId, readAuthorization } from '../websocket/handshake.ts'
import type { Hints } from './dialects.ts'
import { StreamSession } from './session.ts'

export const path = '/capture/stream'

export const settings = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Accept JSON start + binary audio streams on /capture/stream.'),
  })
  .prefault({})
export type StreamSettings = z.input<typeof settings>

/** A JSON start message, then binary audio: our own dialect, jambonz and mod_audio_fork, Asterisk chan_websocket. */
export const stream: Protocol<StreamSettings> = { name: 'stream', listen: (deps) => listen(deps) }

/** `limits` is for tests. */
export function listen(deps: ProtocolDeps<StreamSettings>, limits?: Partial<GateLimits>): Promise<Listener> {
  if (!settings.parse(deps.settings).enabled) return Promise.resolve({ addresses: [], stop: () => Promise.resolve() })
  const { desk, clock, credentials } = deps
  const log = deps.log.child({ protocol: 'stream' })
  const authorize = async (request: IncomingMessage): Promise<Admission<Hints>> => {
    const shown = readAuthorization(request.headers.authorization, pathKeyId(request.url, path))
    if (!shown) return { refused: 401, why: 'no usable Authorization header' }
    const right = await checkPresented(credentials, 'stream', shown)
    return right ? { pass: hintsOf(request) } : { refused: 401, why: 'wrong key or secret' }
  }
  const gate = openGate({
    log,
    limits,
    authorize,
    connect: (wire, hints) => new StreamSession(wire, { desk, clock, log, hints }),
  })
  deps.web.route(path, gate.onUpgrade)
  return Promise.resolve({ addresses: [path], stop: gate.stop })
}

function hintsOf(request: IncomingMessage): Hints {
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '')
  const hint = (name: string): string | undefined => query.get(name)?.slice(0, 256) ?? undefined
  return { role: hint('role'), conversation: hint('conversation'), direction: hint('direction'), queue: hint('queue') }
}
