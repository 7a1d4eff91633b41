import { systemClock } from '../../../../platform/clock.ts'
import { silentLog } from '../../../../platform/log.ts'
import { pattern } from '../../../testkit/client.ts'
import { fakeDesk, type FakeDesk, type RecordedLeg } from '../../../testkit/desk.ts'
import type { Listener } from '../../../source.ts'
import { fakeCredentials } from '../../../testkit/web.ts'
import type { ProtocolDeps } from '../../protocol.ts'
import { listenSiprec, type ServerOptions } from '../server.ts'
import { siprecSettings, type SiprecSettings } from '../settings.ts'
import { SipRefusal, SrcSimulator, type SimulatorOptions } from './src-simulator.ts'

export type RunningServer = {
  desk: FakeDesk
  listener: Listener
  port(transport: 'udp' | 'tcp' | 'tls'): number
  /** A simulator talking to this server. */
  simulator(transport?: 'udp' | 'tcp' | 'tls', more?: Partial<SimulatorOptions>): Promise<SrcSimulator>
  /** A leg of the latest call. */
  leg(label: string): RecordedLeg
  /** Waits for these payloads on a leg of the latest call. */
  arrives(label: string, ...payloads: Buffer[]): Promise<void>
  /** Waits for the end of the latest call. */
  ends(): Promise<void>
  /** Stops everything opened here. Throws when the adapter broke the port's rules. */
  stop(): Promise<void>
}

/** Settings for a server on free loopback ports. */
export const testSettings = (more: Record<string, unknown> = {}): SiprecSettings =>
  siprecSettings.parse({ host: '127.0.0.1', udpPort: 0, tcpPort: 0, tlsPort: 0, rtpPorts: [21_000, 24_999], ...more })

export const testDeps = (desk: FakeDesk, settings: SiprecSettings): ProtocolDeps<SiprecSettings> => ({
  desk,
  settings,
  clock: systemClock,
  log: silentLog,
  web: { route: () => undefined },
  credentials: fakeCredentials(),
})

/** A real recording server with a fake desk. */
export async function startServer(
  settings: Record<string, unknown> = {},
  options: ServerOptions = {},
): Promise<RunningServer> {
  const desk = fakeDesk()
  const listener = await listenSiprec(testDeps(desk, testSettings(settings)), options)
  const simulators: SrcSimulator[] = []
  const port = (transport: string): number =>
    Number(
      listener.addresses
        .find((a) => a.startsWith(`${transport}:`))
        ?.split(':')
        .at(-1),
    )
  return {
    desk,
    listener,
    port,
    async simulator(transport = 'udp', more = {}) {
      const one = await SrcSimulator.open({ transport, server: { host: '127.0.0.1', port: port(transport) }, ...more })
      simulators.push(one)
      return one
    },
    leg: (label) => desk.call().leg(label),
    arrives: (label, ...payloads) =>
      desk.until(
        () => payloads.every((p) => desk.call().leg(label).bytes().includes(p)),
        `${payloads.length} packets on ${label}`,
      ),
    ends: () => desk.until(() => desk.call().ended !== null, 'the end'),
    async stop() {
      await listener.stop()
      for (const one of simulators) one.close()
      if (desk.faults.length > 0) throw new Error(desk.faults.join('\n'))
    },
  }
}

/** The payload of one G.711 packet of 20 ms, different for every `n`. */
export const chunk = (n: number): Buffer => pattern(n, 160)

/** The answer with which a request was refused. Throws when it was not. */
export async function refusal(call: Promise<unknown>): Promise<SipRefusal['response']> {
  const e: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(e instanceof SipRefusal)) throw new Error(`not refused: ${String(e)}`)
  return e.response
}
