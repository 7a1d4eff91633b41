import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as OTPAuth from 'otpauth'
import { compose, type Running } from '../../server/compose.ts'
import { loadConfig } from '../../server/config.ts'
import type { Ask, Key, Reply } from '../../contract/routes.ts'
import { type Clock, systemClock } from '../../server/platform/clock.ts'
import { connect, type Database } from '../../server/platform/db/index.ts'
import { createLog } from '../../server/platform/log.ts'
import type { Engines } from '../../server/transcripts/index.ts'
import { testDatabase } from '../../server/platform/testkit/database.ts'

export type TestServer = {
  url: string
  dataDir: string
  running: Running
  database: Database
  /** Stops the server; the database and the data folder stay, for a second start. */
  stop(): Promise<void>
  restart(): Promise<TestServer>
  destroy(): Promise<void>
}

type Options = { config?: Record<string, unknown>; clock?: Clock; engines?: Engines }

/** The whole product on a real database, real sockets and a folder of its own; ports are chosen by the system. */
export async function startServer(options: Options = {}): Promise<TestServer> {
  const own = await testDatabase()
  const dataDir = mkdtempSync(join(tmpdir(), 'verbale-journey-'))
  const destroy = async (): Promise<void> => {
    await own.drop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  return start({ connection: own.connectionConfig, dataDir, options, destroy })
}

type Place = { connection: Parameters<typeof connect>[0]; dataDir: string; options: Options; destroy(): Promise<void> }

async function start(place: Place): Promise<TestServer> {
  const { dataDir } = place
  const base = loadConfig({ flags: { data: dataDir, port: '0' } })
  const protocols = {
    ...base.protocols,
    siprec: {
      ...base.protocols.siprec,
      host: '127.0.0.1',
      udpPort: 0,
      tcpPort: 0,
      rtpPorts: [41_000, 44_999] as [number, number],
    },
    audiosocket: { ...base.protocols.audiosocket, port: 0 },
  }
  const speech = { ...base.speech, detector: 'energy' as const }
  const config = { ...base, http: { ...base.http, host: '127.0.0.1' }, protocols, speech, ...place.options.config }
  const log = createLog(process.env['TEST_LOG'] ?? 'fatal')
  const database = connect(place.connection, { log })
  const { engines } = place.options
  const running = await compose({
    config,
    log,
    database,
    clock: place.options.clock ?? systemClock,
    ...(engines && { engines }),
  })
  const stop = async (): Promise<void> => {
    await running.stop()
    await database.stop()
  }
  return {
    url: running.address,
    dataDir,
    running,
    database,
    stop,
    restart: async () => (await stop(), start(place)),
    destroy: async () => (await stop(), place.destroy()),
  }
}

export type Client = {
  cookie: string
  /** Calls a route as the page does. Throws with the problem's code. */
  api<K extends Key>(key: K, ask?: Ask<K>): Promise<Reply<K>>
  fetch(path: string, init?: RequestInit): Promise<Response>
}

export class Refused extends Error {
  readonly code: string
  readonly status: number
  constructor(status: number, body: { code: string; detail: string }) {
    super(`${status} ${body.code}: ${body.detail}`)
    this.code = body.code
    this.status = status
  }
}

/** A browser without a page: keeps the session cookie. `always`: headers of every request. */
export function client(url: string, always: Record<string, string> = {}): Client {
  const self: Client = {
    cookie: '',
    async fetch(path, init = {}) {
      const headers = { 'x-verbale': '1', cookie: self.cookie, ...(init.headers as Record<string, string>), ...always }
      const response = await fetch(new URL(path, url), { ...init, headers })
      const set = response.headers.getSetCookie()[0]
      if (set) self.cookie = set.split(';')[0] ?? ''
      return response
    },
    async api(key, ask) {
      const {
        params = {},
        query = {},
        body,
      } = (ask ?? {}) as { params?: Record<string, string>; query?: Record<string, string>; body?: unknown }
      const [method = 'GET', path = '/'] = key.split(' ')
      const search = new URLSearchParams(query).toString()
      const target = `/api/v1${path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))}${search ? `?${search}` : ''}`
      const response = await self.fetch(target, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
      const json = (await response.json()) as never
      if (!response.ok) throw new Refused(response.status, json)
      return json
    },
  }
  return self
}

/** A program with an API token. */
export const program = (url: string, token: string): Client => client(url, { authorization: `Bearer ${token}` })

const password = 'Zanzare-violette-93-sul-tram'

/** Follows the one-time link: the first administrator, signed in with a second factor; Italian workers have agreed to training. */
export async function setUp(server: TestServer, now: () => number = Date.now): Promise<Client> {
  const link = server.running.firstAdministratorLink
  if (!link) throw new Error('there is no set-up link')
  const who = client(server.url)
  await who.api('POST /setup', {
    body: { token: link.split('#')[1] ?? '', name: 'Ada Prima', email: 'ada@example.test', password, locale: 'it' },
  })
  await addTotp(who, now)
  for (const kind of ['it_union_agreement', 'worker_notice'] as const) await registerAgreement(who, kind)
  return who
}

/** Registers a document that opens training use in Italy. Returns its id. */
export async function registerAgreement(
  who: Client,
  kind: 'it_union_agreement' | 'worker_notice',
  teams: string[] = [],
): Promise<string> {
  const form = new FormData()
  const facts = {
    country: 'IT',
    kind,
    features: ['training_use'],
    teams,
    validFrom: '2020-01-01',
    validTo: null,
    reference: 'accordo di prova',
  }
  form.set('facts', JSON.stringify(facts))
  const response = await who.fetch('/api/v1/agreements', { method: 'POST', body: form })
  const body = (await response.json()) as { id: string; code: string; detail: string }
  if (!response.ok) throw new Refused(response.status, body)
  return body.id
}

/** Adds an authenticator app, by the server's clock. Returns its secret. */
export async function addTotp(who: Client, now: () => number = Date.now): Promise<string> {
  const { secret } = await who.api('POST /me/totp/begin', { body: {} } as never)
  const code = new OTPAuth.TOTP({ secret: OTPAuth.Secret.fromBase32(secret) }).generate({ timestamp: now() })
  await who.api('POST /me/totp/confirm', { body: { code } })
  return secret
}

/** Invites a person and signs in as them. */
export async function join_(
  admin: Client,
  server: TestServer,
  person: {
    name: string
    email: string
    role: 'agent' | 'supervisor' | 'quality_manager' | 'analyst' | 'privacy_officer'
    teams?: string[]
    aliases?: string[]
  },
): Promise<{ who: Client; id: string }> {
  const { person: added, invitationToken } = await admin.api('POST /people', {
    body: { country: 'IT', teams: [], aliases: [], ...person },
  })
  const who = client(server.url)
  await who.api('POST /invitation/accept', {
    body: { token: invitationToken, password: `${password}-${person.role}`, locale: 'it' },
  })
  await addTotp(who)
  return { who, id: added.id }
}
