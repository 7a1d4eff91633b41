import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Desk, Listener } from '../source.ts'

/** A secret shared with a source: an AudioHook API key with its signing secret, a stream token. */
export type SourceCredential = { id: string; protocol: string; keyId: string; secret: Buffer }

export type Credentials = {
  /** The live credential of that protocol and key id, or null. Callers compare secrets with timingSafeEqual. */
  find(protocol: string, keyId: string): Promise<SourceCredential | null>
}

/** Lets a protocol serve WebSockets on the product's own HTTP(S) port. */
export type UpgradeMount = {
  /** Calls `onUpgrade` for HTTP Upgrade requests whose path is `path` or below it. */
  route(path: string, onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void
}

export type ProtocolDeps<Settings> = {
  desk: Desk
  clock: Clock
  log: Logger
  web: UpgradeMount
  credentials: Credentials
  /** This protocol's section of the configuration, already checked by its `settings` schema. */
  settings: Settings
}

/** One capture protocol. `settings` is its zod schema with defaults; the registry joins them into the configuration. */
export type Protocol<Settings = unknown> = {
  name: string
  listen(deps: ProtocolDeps<Settings>): Promise<Listener>
}
