import type { Config } from '../../config.ts'
import type { SourceView } from '../../../contract/models/sources.ts'
import { isProblem, messageOf } from '../../platform/problem.ts'
import type { Listener } from '../source.ts'
import { audiohook } from './audiohook/index.ts'
import { audiosocket } from './audiosocket/index.ts'
import type { Protocol, ProtocolDeps } from './protocol.ts'
import { siprec } from './siprec/index.ts'
import { stream } from './stream/index.ts'
import { twilio } from './twilio/index.ts'

/** Every live protocol. Adding one: its folder, this line, its section of the configuration. */
const registry = { siprec, audiohook, twilio, stream, audiosocket }

type Name = keyof typeof registry
const withCredentials: readonly Name[] = ['audiohook', 'twilio', 'stream']

export type RunningProtocols = {
  /** For the page: where each listens, or why it does not. */
  views(liveCalls: (protocol: string) => number): SourceView[]
  stop(): Promise<void>
}

/**
 * Starts the enabled protocols. One that cannot listen (a port in use) does not keep the others from working: its reason is
 * logged and shown on the sources page.
 */
export async function startProtocols(
  settings: Config['protocols'],
  deps: Omit<ProtocolDeps<unknown>, 'settings'>,
): Promise<RunningProtocols> {
  const listeners = new Map<Name, Listener>()
  const problems = new Map<Name, string>()
  for (const [name, protocol] of Object.entries(registry) as [Name, Protocol<unknown>][]) {
    if (!settings[name].enabled) continue
    try {
      listeners.set(name, await protocol.listen({ ...deps, settings: settings[name] }))
    } catch (error) {
      problems.set(name, messageOf(error))
      deps.log.error(
        { protocol: name, code: isProblem(error) ? error.code : undefined, detail: messageOf(error) },
        'a capture protocol does not listen',
      )
    }
  }
  return {
    views: (liveCalls) =>
      (Object.keys(registry) as Name[]).map((name) => ({
        protocol: name,
        enabled: settings[name].enabled,
        addresses: listeners.get(name)?.addresses ?? [],
        problem: problems.get(name) ?? null,
        liveCalls: liveCalls(name),
        needsCredential: withCredentials.includes(name),
      })),
    async stop() {
      await Promise.allSettled([...listeners.values()].map((l) => l.stop()))
    },
  }
}
