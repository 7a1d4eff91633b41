import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Asked, Key, Reply, Routes } from '../../../contract/routes.ts'
import type { Role } from '../../../contract/permissions.ts'

/** Who asks. `session` is null for API tokens. */
export type Actor = {
  personId: string | null
  tokenId: string | null
  role: Role | 'api'
  teamIds: string[]
  sessionId: string | null
  /** Permissions held: the role's, or the token's. */
  may: ReadonlySet<string>
}

export type Http = { request: FastifyRequest; reply: FastifyReply }

type MayOf<K extends Key> = Routes[K]['may']
type ActorOf<K extends Key> = MayOf<K> extends 'public' ? { actor: Actor | null } : { actor: Actor }
type IsRaw<K extends Key> = Routes[K] extends { raw: true } ? true : false

/** A room's answers to some routes of the contract. `mount()` does not compile while one is missing. */
export type Handlers<K extends Key = Key> = {
  [P in K]: (ask: Asked<P> & ActorOf<P> & Http) => IsRaw<P> extends true ? Promise<unknown> : Promise<Reply<P>>
}
