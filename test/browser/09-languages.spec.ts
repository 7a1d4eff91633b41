import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, type Page, test } from '@playwright/test'
import type { Locale } from '../../contract/models/common.ts'
import { api, freshPage, kept, pageOf, wordsIn, type Who } from './kit.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const untranslated = /\b(calls|agent|people|policy|sources|common|nav|problems|accesses|signin)\.[a-z]/i
const widths = [1280, 390]

type Finding = { id: string; impact: string; targets: string[] }

/** Serious and critical findings of axe in the page once nothing glides or fades any more. */
async function barriers(page: Page): Promise<Finding[]> {
  await stillness(page)
  await page.evaluate(axe)
  return page.evaluate(async () => {
    type Violation = { id: string; impact: string; nodes: { target: string[] }[] }
    const { axe: engine } = globalThis as unknown as { axe: { run(o: object): Promise<{ violations: Violation[] }> } }
    const { violations } = await engine.run({ resultTypes: ['violations'] })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, nodes }) => ({ id, impact, targets: nodes.slice(0, 3).map((n) => n.target.join(' ')) }))
  })
}

/** Half-faded text has the contrast of neither its beginning nor its end. */
const stillness = (page: Page): Promise<unknown> =>
  page.waitForFunction(() =>
    document.getAnimations().every((animation) => animation.effect?.getComputedTiming().endTime === Infinity),
  )

/** No sideways scrolling, no text key shown, the page in its language, a heading. */
async function checkLook(page: Page, locale: Locale, where: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 }), where).toBeVisible()
  // The frame glides when the window changes; what still overflows after that is wrong.
  const over = (): Promise<number> =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  await expect.soft.poll(over, { message: `${where} scrolls sideways`, timeout: 3000 }).toBeLessThanOrEqual(0)
  const seen = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    text: document.body.innerText,
  }))
  expect.soft(seen.lang, where).toBe(locale)
  expect.soft(seen.text.match(untranslated)?.[0], `${where} shows a text key`).toBeUndefined()
  const shots = process.env['VERBALE_SHOTS']
  if (shots) await page.screenshot({ path: `${shots}/${where.replace(/\W+/g, '_')}.png`, fullPage: true })
}

const places = (): [Who, string][] => [
  ['admin', '/calls'],
  ['admin', `/calls/${kept('callId')}`],
  ['admin', '/policy'],
  ['admin', '/accesses'],
  ['admin', '/sources'],
  ['admin', '/people'],
  ['admin', '/teams'],
  ['admin', '/tokens'],
  ['admin', '/account'],
  ['agent', '/my-call'],
  ['admin', '/nowhere'],
]

for (const locale of ['it', 'fr', 'en'] as const) {
  test(`every page in ${locale}, wide and narrow, without barriers`, async ({ browser }) => {
    test.setTimeout(150_000)
    const pages = new Map<Who, Page>()
    for (const who of ['admin', 'agent'] as const) {
      const page = await pageOf(browser, who)
      await page.goto('/account')
      await api(page, 'PATCH /me', { body: { locale } })
      pages.set(who, page)
    }
    for (const [who, path] of places()) {
      const page = pages.get(who) as Page
      await page.setViewportSize({ width: 1280, height: 900 })
      await page.goto(path)
      await page.waitForLoadState('networkidle')
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 })
        await checkLook(
          page,
          locale,
          `${locale} ${path.split('/')[1]}${path.split('/').length > 2 ? ' one' : ''} ${width}`,
        )
      }
      // Structure and contrast do not change with the words.
      if (locale === 'fr') expect.soft(await barriers(page), path).toEqual([])
    }
  })
}

test('the pages before the sign-in, in each language, wide and narrow, without barriers', async ({ browser }) => {
  for (const locale of ['it', 'fr', 'en'] as const) {
    const page = await freshPage(browser, { locale: `${locale}-${locale === 'en' ? 'GB' : locale.toUpperCase()}` })
    for (const path of ['/sign-in', '/setup', '/invitation#no-such-invitation-token']) {
      await page.goto(path)
      for (const width of widths) {
        await page.setViewportSize({ width, height: 800 })
        await checkLook(page, locale, `${locale} ${path.slice(1, 8)} ${width}`)
      }
      if (locale === 'it') expect.soft(await barriers(page), path).toEqual([])
    }
  }
})

test('forms and menus in front of a page are without barriers and fit a telephone', async ({ browser }) => {
  const t = wordsIn('en')
  const page = await pageOf(browser, 'admin')
  await page.goto('/account')
  await api(page, 'PATCH /me', { body: { locale: 'en' } })
  const open: [string, string][] = [
    ['/calls', t('calls.add')],
    ['/people', t('people.add')],
    ['/teams', t('people.addTeam')],
    ['/tokens', t('people.addToken')],
    ['/sources', t('sources.addCredential')],
    ['/account', t('people.addFactor')],
  ]
  for (const [path, button] of open) {
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.goto(path)
    await page.getByRole('button', { name: button }).first().click()
    await expect(page.getByRole('dialog')).toBeVisible()
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 })
      await checkLook(page, 'en', `form ${path.slice(1)} ${width}`)
    }
    expect.soft(await barriers(page), `form of ${path}`).toEqual([])
  }
})

test('the keyboard alone reaches the content, the navigation and the controls of a call', async ({ browser }) => {
  const t = wordsIn('en')
  const page = await pageOf(browser, 'admin')
  await page.goto('/calls')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: t('common.skip') })).toBeFocused()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: t('calls.add') }).first()).toBeFocused()

  await page.goto(`/calls/${kept('callId')}`)
  const listen = page.getByRole('button', { name: t('calls.listen'), exact: true })
  const reached = async (): Promise<boolean> => {
    await page.keyboard.press('Tab')
    return listen.evaluate((button) => button === document.activeElement)
  }
  await expect(listen).toBeVisible()
  for (let i = 0; i < 40 && !(await reached()); i++);
  await expect(listen).toBeFocused()
})
