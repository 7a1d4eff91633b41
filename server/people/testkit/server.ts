import Fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { Secret, TOTP } from 'otpauth'
import type { PersonDraft } from '../../../contract/models/people.ts'
import { routes as contract } from '../../../contract/routes.ts'
import type { Role } from '../../../contract/permissions.ts'
import { manualClock } from '../../platform/clock.ts'
import type { Handlers } from '../../platform/http/handlers.ts'
import { mount } from '../../platform/http/mount.ts'
import { errorRenderer } from '../../platform/http/errors.ts'
import { silentLog } from '../../platform/log.ts'
import { testDatabase } from '../../platform/testkit/database.ts'
import { createPeople, csrfAllowed, type Origin, type People } from '../index.ts'
import { memoryBox } from './box.ts'

type ManualClock = ReturnType<typeof manualClock>

/** Cheap hashing: these tests are about everything else. */
export const cheap = { ln: 4, r: 8, p: 1 }
export const goodPassword = 'lampione verde tra 7 colline'

export type Answer = { status: number; body: any; cookie: string | null }

/** A browser: keeps its cookie, sends the product's header and its own address. */
export function createBrowser(base: string, ip = '192.0.2.1') {
  const jar = new Map<string, string>()
  const browser = {
    jar,
    cookie: () => [...jar].map(([k, v]) => `${k}=${v}`).join('; '),
    async call(key: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
      const [method = '', path = ''] = key.split(' ')
      const sent = {
        'x-verbale': '1',
        'x-forwarded-for': ip,
        ...(jar.size > 0 && { cookie: browser.cookie() }),
        ...headers,
      }
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const type = body === undefined ? {} : { 'content-type': 'application/json' }
      const response = await fetch(`${base}/api/v1${path}`, { method, headers: { ...sent, ...type }, ...json })
      const cookie = response.headers.get('set-cookie')
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie ?? '') ?? []
      if (cookie) jar.set(name, value)
      return { status: response.status, body: await response.json().catch(() => null), cookie }
    },
  }
  return browser
}

export type Browser = ReturnType<typeof createBrowser>

export const codeAt = (secret: string, nowMs: number): string =>
  TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: nowMs })

/** The product's own mount around this room. Other rooms' routes answer 500. */
async function listen(people: People, origin: () => Origin): Promise<{ app: FastifyInstance; port: number }> {
  const absent = async (): Promise<never> => Promise.reject(new Error('not of this room'))
  const own = people.routes as Record<string, unknown>
  const all = Object.fromEntries(Object.keys(contract).map((key) => [key, own[key] ?? absent]))
  const app: FastifyInstance = Fastify({ trustProxy: 'loopback', exposeHeadRoutes: false })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(errorRenderer(silentLog))
  await mount(app, {
    handlers: all as unknown as Handlers,
    authenticate: (request) => people.authenticate(request),
    csrfAllowed: (request) => csrfAllowed(request, origin()),
    rawScope: async () => undefined,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, port: (app.server.address() as { port: number }).port }
}

/** The room behind HTTP on a real socket, with a real database and a clock moved by hand. */
export async function startRoom(site: Partial<Origin> = {}) {
  const database = await testDatabase()
  const clock = manualClock()
  const box = memoryBox()
  let origin: Origin = { rpId: 'localhost', origin: 'http://localhost' }
  const people = createPeople({ db: database.db, box, clock, log: silentLog, origin: () => origin, scrypt: cheap })
  await people.start()
  const { app, port } = await listen(people, () => origin)
  origin = { rpId: 'localhost', origin: `http://localhost:${port}`, ...site }
  const browser = (ip?: string): Browser => createBrowser(`http://127.0.0.1:${port}`, ip)
  const stop = async (): Promise<void> => {
    await app.close()
    await people.stop()
    await database.drop()
  }
  const { db, pool } = database
  return { db, pool, people, clock, box, browser, stop, origin: () => origin, ...walks({ people, clock, browser }) }
}

/** Ways people take often. */
function walks({ people, clock, browser }: { people: People; clock: ManualClock; browser: (ip?: string) => Browser }) {
  /** Adds an authenticator app to a session; returns its secret and the recovery codes. */
  async function enrol(one: Browser): Promise<{ secret: string; recoveryCodes: string[] }> {
    const begun = await one.call('POST /me/totp/begin')
    const confirmed = await one.call('POST /me/totp/confirm', { code: codeAt(begun.body.secret, clock.now()) })
    return { secret: begun.body.secret, recoveryCodes: confirmed.body.recoveryCodes }
  }
  return {
    enrol,
    /** The first administrator, signed in. */
    async administrator(email = 'capo@example.com') {
      const one = browser()
      const token = await people.firstAdministratorToken()
      await one.call('POST /setup', { token, name: 'Ada Capofila', email, password: goodPassword, locale: 'it' })
      return { browser: one, email, ...(await enrol(one)) }
    },
    /** A person added by an administrator, signed in. */
    async person(admin: Browser, draft: { email: string; role: Role } & Partial<PersonDraft>) {
      const made = await admin.call('POST /people', {
        name: 'Bruna Testi',
        teams: [],
        aliases: [],
        country: null,
        ...draft,
      })
      const one = browser()
      await one.call('POST /invitation/accept', {
        token: made.body.invitationToken,
        password: goodPassword,
        locale: 'fr',
      })
      return { browser: one, id: String(made.body.person.id), email: draft.email, ...(await enrol(one)) }
    },
    /** Password and authenticator app, 30 s later than the code used before. */
    async signIn(one: Browser, email: string, secret: string): Promise<Answer> {
      clock.advance(30_000)
      await one.call('POST /sign-in', { email, password: goodPassword })
      return one.call('POST /sign-in/totp', { code: codeAt(secret, clock.now()) })
    },
  }
}

export type TestRoom = Awaited<ReturnType<typeof startRoom>>
