import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { Secret, TOTP } from 'otpauth'
import { routes as contract } from '../../../contract/routes.ts'
import type { Role } from '../../../contract/permissions.ts'
import { manualClock } from '../../platform/clock.ts'
import type { Handlers } from '../../platform/http/handlers.ts'
import { mount } from '../../platform/http/mount.ts'
import { errorRenderer } from '../../platform/http/errors.ts'
import { silentLog } from '../../platform/log.ts'
import { testDatabase } from '../../platform/testkit/database.ts'
import { createPeople, csrfAllowed, type Origin } from '../index.ts'
import { memoryBox } from './box.ts'

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

/** The room behind the product's own HTTP server, on a real socket and a real database. Other rooms' routes answer 500. */
export async function startRoom(site: Partial<Origin> = {}) {
  const database = await testDatabase()
  const clock = manualClock()
  const box = memoryBox()
  let origin: Origin = { rpId: 'localhost', origin: 'http://localhost' }
  const people = createPeople({ db: database.db, box, clock, log: silentLog, origin: () => origin, scrypt: cheap })
  await people.start()
  const absent = async (): Promise<never> => Promise.reject(new Error('not of this room'))
  const all = Object.fromEntries(
    Object.keys(contract).map((key) => [key, people.routes[key as keyof typeof people.routes] ?? absent]),
  )
  const app = Fastify({ trustProxy: 'loopback', exposeHeadRoutes: false })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(errorRenderer(silentLog))
  await mount(app, {
    handlers: all as unknown as Handlers,
    authenticate: (request) => people.authenticate(request),
    csrfAllowed: (request) => csrfAllowed(request, origin),
    rawScope: async () => undefined,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  origin = { rpId: 'localhost', origin: `http://localhost:${port}`, ...site }
  const base = `http://127.0.0.1:${port}`

  const room = {
    db: database.db as typeof database.db,
    pool: database.pool,
    people,
    clock,
    box,
    origin: () => origin,
    browser: (ip?: string) => createBrowser(base, ip),
    stop: async () => {
      await app.close()
      await people.stop()
      await database.drop()
    },
    /** Adds an authenticator app to a session; returns its secret and the recovery codes. */
    async enrol(browser: Browser): Promise<{ secret: string; recoveryCodes: string[] }> {
      const begun = await browser.call('POST /me/totp/begin')
      const confirmed = await browser.call('POST /me/totp/confirm', { code: codeAt(begun.body.secret, clock.now()) })
      return { secret: begun.body.secret, recoveryCodes: confirmed.body.recoveryCodes }
    },
    /** The first administrator, signed in. */
    async administrator(email = 'capo@example.com') {
      const browser = room.browser()
      const token = await people.firstAdministratorToken()
      await browser.call('POST /setup', { token, name: 'Ada Capofila', email, password: goodPassword, locale: 'it' })
      const { secret, recoveryCodes } = await room.enrol(browser)
      return { browser, email, secret, recoveryCodes }
    },
    /** A person added by an administrator, signed in. */
    async person(
      admin: Browser,
      draft: {
        email: string
        role: Role
        teams?: string[]
        name?: string
        aliases?: string[]
        country?: string | null
      },
    ) {
      const made = await admin.call('POST /people', {
        name: 'Bruna Testi',
        teams: [],
        aliases: [],
        country: null,
        ...draft,
      })
      const browser = room.browser()
      await browser.call('POST /invitation/accept', {
        token: made.body.invitationToken,
        password: goodPassword,
        locale: 'fr',
      })
      const { secret, recoveryCodes } = await room.enrol(browser)
      return { browser, id: made.body.person.id as string, email: draft.email, secret, recoveryCodes }
    },
    /** Password and authenticator app, 30 s later than the code used before. */
    async signIn(browser: Browser, email: string, secret: string): Promise<Answer> {
      clock.advance(30_000)
      await browser.call('POST /sign-in', { email, password: goodPassword })
      return browser.call('POST /sign-in/totp', { code: codeAt(secret, clock.now()) })
    },
  }
  return room
}

export type TestRoom = Awaited<ReturnType<typeof startRoom>>
