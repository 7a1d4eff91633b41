import { SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import type { Client } from './server.ts'

/** The port on which the running server takes SIPREC. */
export async function siprecPort(who: Client, transport: 'tcp' | 'udp' = 'tcp'): Promise<number> {
  const { items } = await who.api('GET /sources')
  const address = items.find((s) => s.protocol === 'siprec')?.addresses.find((a) => a.includes(transport))
  const port = Number(/:(\d+)(?:;|$)/.exec(address ?? '')?.[1])
  if (!port) throw new Error(`no ${transport} address of siprec: ${JSON.stringify(items)}`)
  return port
}

/** A recording client that talks to the running server over TCP. */
export const openSimulator = async (who: Client): Promise<SrcSimulator> =>
  SrcSimulator.open({ server: { host: '127.0.0.1', port: await siprecPort(who) }, transport: 'tcp' })
