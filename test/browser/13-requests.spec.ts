import { expect, type Page, test } from '@playwright/test'
import { Locale } from '../../contract/models/common.ts'
import { api, pageOf, reads, t, wordsIn } from './kit.ts'
import { barriers, checkLook, picture, widths } from './looks.ts'

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
  await form.getByLabel(t('requests.call')).fill(page.url().replace('/requests', `/calls/${callId}`))
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
