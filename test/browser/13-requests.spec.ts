import { expect, type Locator, type Page } from '@playwright/test'
import { Locale } from '../../contract/models/common.ts'
import { api, pageOf, reads, t, test, uploadedCall, wordsIn } from './kit.ts'
import { barriers, checkLook, picture, widths } from './looks.ts'
import { wav } from './media.ts'

/** A call of which something is kept. */
async function keptCall(page: Page): Promise<string> {
  const { items } = await api(page, 'GET /calls', { query: {} })
  const found = items.find((call) => call.state === 'sealed' && call.durationMs > 2000)
  if (!found) throw new Error('no call is kept')
  return found.id
}

test('a restriction received by letter: who asks, what is done, the letter, and the call can no longer be heard', async ({
  browser,
}) => {
  const page = await pageOf(browser, 'officer')
  await page.goto('/calls')
  const callId = await keptCall(page)
  await page.getByRole('link', { name: t('nav.requests'), exact: true }).click()
  await page.getByRole('button', { name: t('requests.new') }).click()
  const form = page.getByRole('dialog', { name: t('requests.newTitle') })
  await form
    .getByRole('textbox', { name: t('requests.call') })
    .fill(page.url().replace('/requests', `/calls/${callId}`))
  await form.getByRole('combobox', { name: t('caller.asksFor') }).click()
  await page.getByRole('option', { name: t('caller.request.restriction') }).click()
  await form.getByLabel(t('requests.theirWords')).fill('serve al mio avvocato')
  expect.soft(await barriers(page), 'filing a request').toEqual([])
  await picture(page, 'file request 1280')
  await form.getByRole('button', { name: t('requests.new') }).click()

  const drawer = page.getByRole('dialog', { name: t('caller.request.restriction') })
  await expect(drawer.getByText('serve al mio avvocato')).toBeVisible()
  await drawer.getByLabel(t('requests.identity.methods.document')).check()
  await drawer.getByRole('button', { name: t('requests.identity.save') }).click()
  await drawer.getByRole('combobox', { name: t('requests.act.grounds') }).click()
  await page.getByRole('option', { name: t('requests.act.ground.accuracy') }).click()
  await drawer.getByRole('button', { name: t('requests.act.do.restriction') }).click()
  await expect(drawer.getByRole('button', { name: t('requests.act.lift') })).toBeVisible()
  expect.soft(await barriers(page), 'handling a request').toEqual([])
  await picture(page, 'handle request 1280')
  const letter = await drawer.getByRole('link', { name: t('requests.letters.answer') }).getAttribute('href')
  const pdf = await page.request.get(letter ?? '')
  expect((await pdf.body()).toString('latin1', 0, 5)).toBe('%PDF-')

  const admin = await pageOf(browser, 'admin')
  await admin.goto(`/calls/${callId}`)
  const rights = admin.getByRole('region', { name: t('requests.onCall.title') })
  await expect(rights).toContainText(t('requests.act.ground.accuracy'))
  const ask = { params: { callId }, body: { purpose: 'evidence' as const, reason: 'verifica' } }
  await expect(api(admin, 'POST /calls/:callId/listen', ask)).rejects.toThrow('call_restricted')
  await drawer.getByRole('button', { name: t('requests.act.lift') }).click()
  await page.getByRole('button', { name: t('requests.act.liftYes') }).click()
  await expect(drawer.getByRole('button', { name: t('requests.act.lift') })).toHaveCount(0)
  await api(admin, 'POST /calls/:callId/listen', ask)
})

const number = '+39 06 7654321'

/** Files a request about every call of the number, as an officer does with a letter in hand. */
async function fileForAll(page: Page, kind: string): Promise<Locator> {
  await page.goto('/requests')
  await page.getByRole('button', { name: t('requests.new') }).click()
  const form = page.getByRole('dialog', { name: t('requests.newTitle') })
  await form.getByRole('radio', { name: t('requests.about.address') }).check()
  await form.getByLabel(t('requests.about.addressLabel')).fill(number)
  await form.getByRole('combobox', { name: t('caller.asksFor') }).click()
  await page.getByRole('option', { name: t(`caller.request.${kind}`), exact: true }).click()
  await form.getByRole('button', { name: t('requests.new') }).click()
  const drawer = page.getByRole('dialog', { name: t(`caller.request.${kind}`) })
  await drawer.getByLabel(t('requests.identity.methods.document')).check()
  await drawer.getByRole('button', { name: t('requests.identity.save') }).click()
  return drawer
}

test('a letter about every call: audio of the one somebody heard, then all of it erased, and each call told', async ({
  browser,
}) => {
  const admin = await pageOf(browser, 'admin')
  await admin.goto('/account')
  for (let n = 0; n < 2; n++) await uploadedCall(admin, { address: number, wav: wav(3) })
  const page = await pageOf(browser, 'officer')
  const copy = await fileForAll(page, 'copy')
  const calls = copy.getByRole('region', { name: t('requests.calls.title') })
  await expect(calls.getByText(t('requests.calls.unseen'))).toHaveCount(2)
  // by keyboard alone
  const audio = calls.getByRole('button', { name: t('requests.calls.audioOf').slice(0, 12) }).first()
  await audio.focus()
  await audio.press('Enter')
  await calls.getByRole('radio', { name: t('requests.calls.give') }).press('Space')
  await calls.getByRole('button', { name: t('calls.package.silence') }).press('Enter')
  await calls.getByRole('textbox', { name: t('calls.package.from'), exact: true }).fill('0:01')
  await calls.getByRole('textbox', { name: t('calls.package.to'), exact: true }).fill('0:02')
  expect.soft(await barriers(page), 'choosing the audio of a call').toEqual([])
  await picture(page, 'requests every call 1280')
  await calls.getByRole('button', { name: t('requests.calls.save') }).press('Enter')
  await expect(calls.getByText(t('requests.calls.given'), { exact: true })).toBeVisible()
  await copy.getByRole('button', { name: t('requests.act.do.copy') }).click()
  const zip = await copy.getByRole('link', { name: t('requests.act.preview') }).getAttribute('href')
  const bytes = await (await page.request.get(zip ?? '')).body()
  // two documents a call, one recording, the overview as JSON and PDF; and what comes before the first
  expect(bytes.toString('latin1').split('PK\u0001\u0002')).toHaveLength(2 * 2 + 1 + 2 + 1)

  const drawer = await fileForAll(page, 'erasure')
  await drawer.getByRole('button', { name: t('requests.act.do.erasure') }).click()
  const sure = page.getByRole('dialog', { name: t('requests.act.do.erasure'), exact: true })
  await expect(sure).toContainText(t('requests.about.all', { count: 2 }))
  await sure.getByRole('button', { name: t('requests.act.do.erasure') }).click()
  await expect(drawer.getByText(t('requests.calls.progress', { done: 2, all: 2 }))).toBeVisible()
  await drawer
    .getByRole('button', { name: t('requests.calls.whatOf').slice(0, 16) })
    .first()
    .click()
  await expect(drawer.getByText(t('requests.report.workingCopy.destroyed')).first()).toBeVisible()
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 })
    expect.soft(await barriers(page), `every call erased, ${width}`).toEqual([])
    await picture(page, `requests erased ${width}`)
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  }
})

test('a request that came by a link is widened once it is said how else it is sure who asks', async ({ browser }) => {
  const admin = await pageOf(browser, 'admin')
  await admin.goto('/account')
  const address = '+39 06 7654322'
  const callId = await uploadedCall(admin, { address, wav: wav(3) })
  await uploadedCall(admin, { address, wav: wav(3) })
  const { token } = await api(admin, 'POST /calls/:callId/caller-link', { params: { callId }, body: { days: 30 } })
  await api(admin, 'POST /caller/request', { body: { token, kind: 'portability', details: '', language: 'it' } })
  const page = await pageOf(browser, 'officer')
  await page.goto('/requests')
  const row = page
    .getByRole('row')
    .filter({ hasText: t('caller.request.portability') })
    .first()
  await row.getByRole('button', { name: t('requests.handle') }).click()
  const drawer = page.getByRole('dialog', { name: t('caller.request.portability') })
  await expect(drawer.getByText(t('requests.widen.byLink'))).toBeVisible()
  const widen = drawer.getByRole('button', { name: t('requests.widen.do') })
  await expect(widen).toBeDisabled()
  await drawer.getByLabel(t('requests.identity.methods.call_back')).check()
  expect.soft(await barriers(page), 'widening').toEqual([])
  await picture(page, 'requests widen 1280')
  await widen.click()
  await expect(drawer.getByText(t('requests.about.all', { count: 2 }))).toBeVisible()
  await expect(widen).toHaveCount(0)
})

for (const locale of Locale.options) {
  test(`requests and their handling read in ${locale}`, async ({ browser }) => {
    const page = await pageOf(browser, 'officer')
    await page.goto('/requests')
    await reads(page, locale)
    const words = wordsIn(locale)
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 })
      await page.goto('/requests')
      await expect(page.getByRole('button', { name: words('requests.handle') }).first()).toBeVisible()
      await checkLook(page, locale, `requests ${locale} ${width}`)
      await page
        .getByRole('button', { name: words('requests.handle') })
        .first()
        .click()
      await expect(page.getByRole('dialog').getByText(words('requests.letters.lead'))).toBeVisible()
      await picture(page, `handling ${locale} ${width}`)
    }
    await reads(page, 'it')
  })
}
