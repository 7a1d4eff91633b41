import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, expect, type Page, test as base } from '@playwright/test'
import * as OTPAuth from 'otpauth'
import type { UploadFacts } from '../../contract/models/calls.ts'
import type { Locale } from '../../contract/models/common.ts'
import type { Ask, Key, Reply } from '../../contract/routes.ts'

type Tree = { [key: string]: string | Tree }

/** A test whose pages are closed behind it: those of earlier tests would go on listening and drawing beside it. */
export const test = base.extend<{ tidy: void }>({
  tidy: [
    async ({ browser }, use) => {
      await use()
      for (const context of browser.contexts()) {
        // answers under way are for nobody any more
        for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' })
        await context.close()
      }
    },
    { auto: true },
  ],
})

const env = (name: string): string => process.env[name] ?? ''
export const url = (): string => env('VERBALE_TEST_URL')
export const setupToken = (): string => env('VERBALE_TEST_TOKEN')
export const password = 'Zanzare-violette-93-sul-tram'

/** The page's own words, so that a test finds a control by the name people see. */
export const wordsIn = (locale: Locale) => {
  const file = new URL(`../../web/locales/${locale}.json`, import.meta.url)
  const tree = JSON.parse(readFileSync(file, 'utf8')) as Tree
  return (key: string, values: Record<string, string | number> = {}): string => {
    const text = key.split('.').reduce<string | Tree | undefined>((at, part) => (at as Tree | undefined)?.[part], tree)
    if (typeof text !== 'string') throw new Error(`${locale}.json has no text ${key}`)
    return text.replace(/\{\{(\w+)(?:, number)?\}\}/g, (_, name: string) => String(values[name] ?? ''))
  }
}
/** The tests live in Italian; the languages have a file of their own. */
export const t = wordsIn('it')

/** What one file leaves for the next: secrets of second factors, ids. */
export type Kept = { adminSecret: string; agentId: string; teamId: string; callId: string; uploadId: string }
const keptFile = (): string => join(env('VERBALE_TEST_FOLDER'), 'kept.json')
const all = (): Partial<Kept> =>
  existsSync(keptFile()) ? (JSON.parse(readFileSync(keptFile(), 'utf8')) as Partial<Kept>) : {}

export const keep = (part: Partial<Kept>): void => writeFileSync(keptFile(), JSON.stringify({ ...all(), ...part }))
export const kept = (name: keyof Kept): string => {
  const value = all()[name]
  if (value === undefined) throw new Error(`an earlier file had to leave ${name}: run the whole suite`)
  return value
}

export type Who = 'admin' | 'agent' | 'supervisor' | 'otherSupervisor' | 'officer'
const stateOf = (who: Who): string => join(env('VERBALE_TEST_FOLDER'), `${who}.json`)
/** Keeps the signed-in session for later files. */
export const keepSession = async (context: BrowserContext, who: Who): Promise<void> =>
  void (await context.storageState({ path: stateOf(who) }))

type Look = { locale?: string; viewport?: { width: number; height: number } }
/** A page of somebody signed in earlier. */
export const pageOf = async (browser: Browser, who: Who, look: Look = {}): Promise<Page> =>
  (await browser.newContext({ baseURL: url(), storageState: stateOf(who), ...look })).newPage()

/** A page of nobody. */
export const freshPage = async (browser: Browser, look: Look = {}): Promise<Page> =>
  (await browser.newContext({ baseURL: url(), ...look })).newPage()

/** The code of an authenticator app; `steps` periods of 30 s from now, because each is accepted once. */
export const codeOf = (secret: string, steps = 0): string =>
  new OTPAuth.TOTP({ secret: OTPAuth.Secret.fromBase32(secret.replaceAll(' ', '')) }).generate({
    timestamp: Date.now() + steps * 30_000,
  })

/** Calls a route with the page's own session. Throws with the problem's code. */
export async function api<K extends Key>(page: Page, key: K, ask?: Ask<K>): Promise<Reply<K>> {
  const { params = {}, query = {}, body } = (ask ?? {}) as Record<string, Record<string, string>>
  const [method = 'GET', route = '/'] = key.split(' ')
  const search = new URLSearchParams(query).toString()
  const path = route.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const target = `/api/v1${path}${search ? `?${search}` : ''}`
  const answer = await page.evaluate(
    async (call) => {
      const sends = call.body !== undefined
      const res = await fetch(call.target, {
        method: call.method,
        headers: { 'x-verbale': '1', ...(sends && { 'content-type': 'application/json' }) },
        ...(sends && { body: JSON.stringify(call.body) }),
      })
      return { ok: res.ok, json: (await res.json()) as unknown }
    },
    { method, target, body: body as unknown },
  )
  if (!answer.ok) throw new Error(`${key}: ${JSON.stringify(answer.json)}`)
  return answer.json as Reply<K>
}

/** From its next load on, the page is in this language for who is signed in. */
export const reads = async (page: Page, locale: Locale): Promise<void> =>
  void (await api(page, 'PATCH /me', { body: { locale } }))

/** Registers what opens training use for Italian agents: the union agreement and the notice. */
export async function registerAgreements(page: Page): Promise<void> {
  const statuses = await page.evaluate(async () => {
    const answers: number[] = []
    for (const kind of ['it_union_agreement', 'worker_notice']) {
      const facts = {
        country: 'IT',
        kind,
        features: ['training_use'],
        teams: [],
        validFrom: '2026-01-01',
        validTo: null,
        reference: 'Accordo del 12 gennaio 2026',
      }
      const body = new FormData()
      body.set('facts', JSON.stringify(facts))
      answers.push((await fetch('/api/v1/agreements', { method: 'POST', headers: { 'x-verbale': '1' }, body })).status)
    }
    return answers
  })
  expect(statuses).toEqual([201, 201])
}

/** Waits for something the server does in its own time. */
export async function until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T> {
  let found: T | null | undefined | false
  await expect(async () => {
    found = await look()
    expect(found, what).toBeTruthy()
  }).toPass({ timeout: 30_000 })
  return found as T
}

/** A call of a caller, ready to be heard. */
export async function uploadedCall(
  page: Page,
  { address, wav, ...more }: { address: string; wav: Buffer } & Omit<UploadFacts, 'customer'>,
): Promise<string> {
  const customer = { name: 'Carla Neri', address }
  const facts: UploadFacts = { direction: 'inbound', consent: 'yes', customer, ...more }
  const uploadId = await page.evaluate(
    async ({ audio, told }) => {
      const body = new FormData()
      body.set('facts', told)
      body.set('audio', new Blob([Uint8Array.from(atob(audio), (c) => c.charCodeAt(0))]), 'chiamata.wav')
      const answer = await fetch('/api/v1/calls', { method: 'POST', headers: { 'x-verbale': '1' }, body })
      return ((await answer.json()) as { upload: { id: string } }).upload.id
    },
    { audio: wav.toString('base64'), told: JSON.stringify(facts) },
  )
  return until('the upload becomes a call', async () => {
    const { callId } = await api(page, 'GET /uploads/:uploadId', { params: { uploadId } })
    const call = callId && (await api(page, 'GET /calls/:callId', { params: { callId } }))
    return call && call.renditions.every((r) => r.state === 'sealed') && call.id
  })
}

/** From the choice of a second factor to the recovery codes kept. Returns the app's secret. */
export async function enrolTotp(page: Page): Promise<string> {
  await page.getByRole('button', { name: t('signin.totpName') }).click()
  const secret = (await page.locator('code').first().textContent()) ?? ''
  expect(secret.replaceAll(' ', '')).toMatch(/^[A-Z2-7]{16,}$/)
  await page.getByLabel(t('signin.code')).fill(codeOf(secret))
  await expect(page.getByRole('heading', { name: t('signin.codesTitle') })).toBeVisible()
  await page.getByLabel(t('common.kept')).check()
  await page.getByRole('button', { name: t('common.continue') }).click()
  return secret
}

/** Opens an invitation, sets a password and a second factor. */
export async function acceptInvitation(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.getByLabel(t('signin.newPassword')).fill(password)
  await page.getByRole('button', { name: t('signin.setPassword') }).click()
  await enrolTotp(page)
}

/** Chooses from a list of the form in front. */
export async function choose(page: Page, label: string, option: string): Promise<void> {
  const list = page.getByRole('combobox', { name: label }).last()
  await list.focus()
  await list.press('ArrowDown')
  await page.getByRole('option', { name: option, exact: true }).click()
}
