import type { Kysely } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Actor, Handlers } from '../platform/http/handlers.ts'
import type { Logger } from '../platform/log.ts'
import type { Box } from '../vault/index.ts'
import { sessionToken, type Asking, type Origin } from './cookies.ts'
import { createDirectory, type Directory } from './directory.ts'
import { enrolmentRoutes } from './enrolment.ts'
import { entryRoutes, firstAdministratorToken, setupNeeded } from './entry.ts'
import { meRoutes } from './me.ts'
import { createPasskeys } from './passkeys.ts'
import { createPasswords, type ScryptCost } from './passwords.ts'
import type { Room } from './room.ts'
import { securityFacts } from './security.ts'
import { createSessions, type Authenticated } from './sessions.ts'
import { signInRoutes } from './sign-in.ts'
import { staffRoutes } from './staff.ts'
import type { PeopleTables } from './store.ts'
import { createStrength } from './strength.ts'
import { teamRoutes } from './teams.ts'
import { createThrottle, type Throttle } from './throttle.ts'
import { tokenActor, tokenHolds, tokenRoutes } from './tokens.ts'

export { csrfAllowed, type Origin } from './cookies.ts'
export type { AgentMatch, Directory, DirectoryEntry } from './directory.ts'
export type { Authenticated } from './sessions.ts'
export type { PeopleTables } from './store.ts'
export { networkOf, type Throttle } from './throttle.ts'
export { newToken, tokenHash } from './words.ts'

type RoomHandlers = ReturnType<typeof signInRoutes> &
  ReturnType<typeof enrolmentRoutes> &
  ReturnType<typeof entryRoutes> &
  ReturnType<typeof meRoutes> &
  ReturnType<typeof teamRoutes> &
  ReturnType<typeof staffRoutes> &
  ReturnType<typeof tokenRoutes>

/** The routes of the contract this room answers. */
export type PeopleKeys = keyof RoomHandlers

export type PeopleDeps = {
  db: Kysely<PeopleTables>
  box: Box
  clock: Clock
  log: Logger
  /** Read at every use: the address is known only once the server listens. */
  origin: () => Origin
  /** Cost of password hashing; default 0.1 to 0.25 s of one core. Older hashes are renewed at the next sign-in. */
  scrypt?: ScryptCost
}

export type People = {
  routes: Handlers<PeopleKeys>
  /** Who sends a request, by API token or else by session cookie; null when nobody. */
  authenticate(request: Asking): Promise<Authenticated | null>
  /** The same for a WebSocket's upgrade request. */
  authenticateUpgrade(request: Asking): Promise<Authenticated | null>
  /** Whether the session or API token an actor came with still holds, with the same role. Does not prolong it. */
  stillSignedIn(actor: Actor): Promise<boolean>
  /** Slows guessing down, of callers as of staff. */
  throttle: Throttle
  /** Staff and teams in memory; empty until `start()`. */
  directory: Directory
  /** A new one-time token for the set-up link; null once an administrator has enrolled. The one given before ends. */
  firstAdministratorToken(): Promise<string | null>
  setupNeeded(): Promise<boolean>
  /** Who may come in and how, in numbers. */
  securityFacts(): ReturnType<typeof securityFacts>
  /** Loads the directory. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Staff, teams, roles and sign-in. */
export function createPeople(deps: PeopleDeps): People {
  const { db, box, clock, origin } = deps
  const room: Room = {
    ...deps,
    sessions: createSessions({ db, clock }),
    throttle: createThrottle({ db, box, clock }),
    passwords: createPasswords(deps.scrypt),
    strength: createStrength(),
    passkeys: createPasskeys({ db, box, clock, origin }),
    directory: createDirectory({ db, box }),
  }
  const authenticate = async (request: Asking): Promise<Authenticated | null> => {
    const byToken = await tokenActor(db, clock, request)
    if (byToken !== undefined) return byToken
    const token = sessionToken(request, origin().origin)
    return token ? room.sessions.authenticate(token) : null
  }
  return {
    routes: {
      ...signInRoutes(room),
      ...enrolmentRoutes(room),
      ...entryRoutes(room),
      ...meRoutes(room),
      ...teamRoutes(room),
      ...staffRoutes(room),
      ...tokenRoutes(room),
    },
    authenticate,
    authenticateUpgrade: authenticate,
    stillSignedIn: (actor) => (actor.tokenId ? tokenHolds(db, actor.tokenId) : room.sessions.holds(actor)),
    throttle: room.throttle,
    directory: room.directory,
    firstAdministratorToken: () => firstAdministratorToken(room),
    setupNeeded: () => setupNeeded(db),
    securityFacts: () => securityFacts(deps),
    start: () => room.directory.refresh(),
    stop: () => room.strength.stop(),
  }
}
