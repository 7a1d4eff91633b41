import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, type Locator, type Page } from '@playwright/test'
import { Locale } from '../../contract/models/common.ts'
import { api, pageOf, reads, t, test, wordsIn } from './kit.ts'
import { barriers, checkLook, picture, widths } from './looks.ts'
import { callPage } from './media.ts'

const verifier = fileURLToPath(new URL('../../dist/verbale-verify.mjs', import.meta.url))

/** A call of which evidence is kept. */
async function provable(page: Page): Promise<string> {
  await page.goto('/calls')
  const { items } = await api(page, 'GET /calls', { query: {} })
  for (const { id } of items) {
    const call = await api(page, 'GET /calls/:callId', { params: { callId: id } })
    if (call.listenPurposes.includes('evidence') && call.durationMs > 2000) return id
  }
  throw new Error('no call keeps evidence')
}

const fill = (dialog: Locator, label: string, text: string): Promise<void> =>
  dialog.getByLabel(label, { exact: true }).last().fill(text)

test('the proof of a call leaves with a passage silenced, and is checked without the server', async ({ browser }) => {
  const callId = await provable(await pageOf(browser, 'admin'))
  const page = await callPage(browser, 'admin', callId)
  await page.getByRole('button', { name: t('calls.package.button') }).click()
  const dialog = page.getByRole('dialog', { name: t('calls.package.title') })
  await fill(dialog, t('calls.reasonAsk'), 'richiesta del tribunale')
  await dialog.getByRole('button', { name: t('calls.package.silence') }).click()
  await fill(dialog, t('calls.package.from'), '0:01')
  await fill(dialog, t('calls.package.to'), 'x')
  await expect(dialog.getByText(t('calls.package.notATime'))).toBeVisible()
  await expect(dialog.getByRole('button', { name: t('common.download') })).toBeDisabled()
  await fill(dialog, t('calls.package.to'), '0:01,4')
  expect.soft(await barriers(page), 'the form of a package').toEqual([])
  await picture(page, 'form package 1280')

  const saving = page.waitForEvent('download')
  await dialog.getByRole('button', { name: t('common.download') }).click()
  const file = await (await saving).path()
  await expect(dialog.getByText(t('calls.package.saved'))).toBeVisible()
  expect.soft(await barriers(page), 'the package is saved').toEqual([])
  await picture(page, 'package saved 1280')
  const { items } = await api(page, 'GET /log')
  const key = items.at(-1)!.vkey
  await expect(dialog.getByText(key)).toBeVisible()

  const checked = spawnSync('node', [verifier, file, '--log-key', key, '--lang', 'it', '--json'], { encoding: 'utf8' })
  expect(checked.stderr).toBe('')
  expect(JSON.parse(checked.stdout)).toMatchObject({ verdict: 'verified', copy: 'masked' })
  expect(checked.status).toBe(0)

  await dialog
    .getByRole('button', { name: t('common.close') })
    .last()
    .click()
  await expect(page.getByRole('row').filter({ hasText: 'richiesta del tribunale' })).toBeVisible()
})

for (const locale of Locale.options) {
  test(`the form of a package reads in ${locale}`, async ({ browser }) => {
    const admin = await pageOf(browser, 'admin')
    const callId = await provable(admin)
    await reads(admin, locale)
    const words = wordsIn(locale)
    for (const width of widths) {
      await admin.setViewportSize({ width, height: 900 })
      await admin.goto(`/calls/${callId}`)
      await checkLook(admin, locale, `call with package ${locale} ${width}`)
      await admin.getByRole('button', { name: words('calls.package.button') }).click()
      const dialog = admin.getByRole('dialog', { name: words('calls.package.title') })
      await dialog.getByLabel(words('calls.package.part'), { exact: true }).check()
      await dialog.getByRole('button', { name: words('calls.package.silence') }).click()
      await picture(admin, `form package ${locale} ${width}`)
    }
    await reads(admin, 'it')
  })
}
