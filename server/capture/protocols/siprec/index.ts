import type { Protocol } from '../protocol.ts'
import { listenSiprec } from './server.ts'
import type { SiprecSettings } from './settings.ts'

/** SIPREC recording server (RFC 7866, RFC 7865) over UDP, TCP and TLS. */
export const siprec: Protocol<SiprecSettings> = { name: 'siprec', listen: (deps) => listenSiprec(deps) }
