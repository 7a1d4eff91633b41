import { expect } from '@playwright/test'
import { Locale } from '../../contract/models/common.ts'
import { pageOf, reads, t, test, wordsIn } from './kit.ts'
import { barriers, checkLook, picture, widths } from './looks.ts'

test('the officer sees how far the proof reaches, and what strangers need to check it', async ({ browser }) => {
  const page = await pageOf(browser, 'officer')
  await page.goto('/calls')
  await page.getByRole('link', { name: t('nav.evidence'), exact: true }).click()
  await expect(page.getByText(t('proof.level.self'))).toBeVisible()
  const log = page.getByRole('region', { name: t('proof.log.title') })
  await expect(log).toContainText(/verbale\.local\/20\d\d\+[0-9a-f]{8}\+/)
  const row = page
    .getByRole('region', { name: t('proof.logs.title') })
    .getByRole('row')
    .nth(1)
  await expect(row).toContainText(t('proof.logs.written'))
  const address = await row.locator('code').textContent()
  const checkpoint = await page.request.get(`${address}/checkpoint`)
  expect(await checkpoint.text()).toMatch(/^verbale\.local\/20\d\d\n[1-9]\d*\n/)
})

test('an alarm is told on every page, with what was found and what to do; a new log needs a reason', async ({
  browser,
}) => {
  const page = await pageOf(browser, 'officer')
  await page.route('**/api/v1/log/status', async (route) => {
    const answer = await route.fetch()
    const alarm = {
      code: 'log_shorter',
      detail: 'The log has 12 entries, 40 were signed.',
      since: '2026-11-20T09:00:00.000Z',
    }
    const json = { ...((await answer.json()) as object), alarm, queued: 3 }
    await route.fulfill({ response: answer, json })
  })
  await page.goto('/calls')
  await expect(page.getByRole('alert')).toContainText(t('proof.alarm.short'))
  await page.getByRole('link', { name: t('nav.lookAt') }).click()
  await expect(page.getByText(t('proof.alarm.codes.log_shorter'))).toBeVisible()
  expect.soft(await barriers(page), 'the alarm of the log').toEqual([])
  await picture(page, 'log alarm 1280')
  await page.getByRole('button', { name: t('proof.alarm.restart') }).click()
  const dialog = page.getByRole('dialog', { name: t('proof.alarm.restartTitle') })
  await dialog.getByLabel(t('proof.alarm.reason')).fill('ripristino di prova')
  await dialog.getByRole('button', { name: t('proof.alarm.restart') }).click()
  // the server knows that nothing is wrong
  await expect(dialog.getByRole('alert')).toContainText(t('problems.log_sound'))
})

for (const locale of Locale.options) {
  test(`the evidence page reads in ${locale}`, async ({ browser }) => {
    const page = await pageOf(browser, 'officer')
    await page.goto('/evidence')
    await reads(page, locale)
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 })
      await page.goto('/evidence')
      await expect(page.getByText(wordsIn(locale)('proof.level.self'))).toBeVisible()
      await checkLook(page, locale, `evidence ${locale} ${width}`)
    }
    await reads(page, 'it')
  })
}
