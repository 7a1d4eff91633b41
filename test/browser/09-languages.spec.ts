import { expect, type Page } from '@playwright/test'
import { freshPage, kept, pageOf, reads, test, type Who, wordsIn } from './kit.ts'
import { barriers, checkLook, widths } from './looks.ts'

const places = (): [Who, string][] => [
  ['admin', '/calls'],
  ['admin', `/calls/${kept('callId')}`],
  ['admin', '/policy'],
  ['admin', '/governance'],
  ['admin', '/retention'],
  ['officer', '/accesses'],
  ['admin', '/sources'],
  ['admin', '/people'],
  ['admin', '/teams'],
  ['admin', '/tokens'],
  ['admin', '/account'],
  ['agent', '/my-call'],
  ['agent', '/heard'],
  ['admin', '/nowhere'],
]

const readers = ['admin', 'agent', 'officer'] as const

test.afterAll(async ({ browser }) => {
  // The files after this one read the page in Italian again.
  for (const who of readers) {
    const page = await pageOf(browser, who)
    await page.goto('/account')
    await reads(page, 'it')
    await page.close()
  }
})

for (const locale of ['it', 'fr', 'en'] as const) {
  test(`every page in ${locale}, wide and narrow, without barriers`, async ({ browser }) => {
    test.setTimeout(150_000)
    const pages = new Map<Who, Page>()
    for (const who of readers) {
      const page = await pageOf(browser, who)
      await page.goto('/account')
      await reads(page, locale)
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
  await reads(page, 'en')
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
  // What is missing is said in the page's language: the browser of these tests speaks Italian, the page English.
  await page.keyboard.press('Enter')
  const reason = page.getByLabel(t('calls.reasonAsk'))
  const hint = () => reason.evaluate((field: HTMLInputElement) => field.validationMessage)
  expect(await hint()).toBe(t('common.hint.missing'))
  await page.keyboard.type('abc')
  await page.keyboard.press('Enter')
  expect(await hint()).toBe(t('common.hint.short_other', { count: 5 }))
})
