import { z } from 'zod'
import { isCidr } from './networks.ts'

const port = z.int().min(0).max(65_535)
const path = z.string().min(1).meta({ path: true })

function isRegex(text: string): boolean {
  try {
    return new RegExp(text, 'i').source !== ''
  } catch {
    return false
  }
}

/** One way to tell an agent's address from a customer's. SIPREC itself does not say who is the agent. */
const agentPattern = z.union([
  z.strictObject({ domain: z.string().min(1) }),
  z.strictObject({ regex: z.string().min(1).refine(isRegex, 'must be a regular expression') }),
  z.strictObject({ extensionLength: z.int().min(1).max(15) }),
])

export type AgentPattern = z.infer<typeof agentPattern>

export const siprecSettings = z.strictObject({
  enabled: z.boolean().default(true),
  host: z.string().default('0.0.0.0'),
  udpPort: port.default(5060),
  tcpPort: port.default(5060),
  /** SIP over TLS is served when `tls` is given. */
  tlsPort: port.default(5061),
  /** Certificate chain and key, PEM files. */
  tls: z.strictObject({ cert: path, key: path }).optional(),
  /** The address written into SDP and Contact; by default the one the peer reaches us on. */
  advertisedAddress: z.string().optional(),
  /** First and last UDP port for media. Each leg takes an even port and the odd one above it. */
  rtpPorts: z
    .tuple([port, port])
    .refine(([from, to]) => from > 0 && to > from, 'must be a first and a higher last port')
    .default([20_000, 29_999]),
  /** Networks whose sessions are accepted; others get 403. */
  allow: z
    .array(z.string().refine(isCidr, 'must be an address or a network such as 10.0.0.0/8'))
    .default(['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1/128', 'fc00::/7']),
  maxCalls: z.int().positive().default(1000),
  /**
   * INVITEs of one peer address that may wait for their ACK at once; further ones get 503. The default is two seconds' worth of
   * a busy session border controller (50 calls a second).
   */
  maxUnconfirmed: z.int().positive().default(100),
  /** Addresses that are agents' own: by domain, by regular expression over the whole address, by length of a numeric user. */
  agentPatterns: z.array(agentPattern).default([]),
  /** What this listener's calls are when neither metadata nor `agentPatterns` tell. */
  direction: z.enum(['inbound', 'outbound', 'unknown']).default('unknown'),
})

export type SiprecSettings = z.infer<typeof siprecSettings>
