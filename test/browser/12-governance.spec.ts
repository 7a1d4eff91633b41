import { readFileSync } from 'node:fs'
import { expect } from '@playwright/test'
import { SecurityEvidence } from '../../contract/models/security.ts'
import { choose, pageOf, reads, t, test } from './kit.ts'
import { barriers, checkLook, picture } from './looks.ts'

const reference = 'Avis du CSE du 3 mars 2026'

test('the officer registers an agreement for France, sees it in force and revokes it', async ({ browser }) => {
  const page = await pageOf(browser, 'officer')
  await page.goto('/governance')
  const france = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Francia', level: 3 }) })
  await expect(france.last()).toContainText(t('governance.agreements.missing'))

  await page.getByRole('button', { name: t('governance.agreements.add') }).click()
  const drawer = page.getByRole('dialog', { name: t('governance.agreements.add') })
  await choose(page, t('common.country'), 'Francia')
  await expect(drawer.getByRole('combobox', { name: t('governance.agreements.kind') })).toHaveValue(/CSE/)
  await drawer.getByLabel(t('governance.agreements.reference')).fill(reference)
  await drawer
    .locator('input[type=file]')
    .setInputFiles({ name: 'avis.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 avis') })
  expect.soft(await barriers(page), 'the form of an agreement').toEqual([])
  await picture(page, 'form agreement 1280')
  await drawer.getByRole('button', { name: t('governance.agreements.register'), exact: true }).click()

  const row = page.getByRole('row').filter({ hasText: reference })
  await expect(row).toContainText(t('governance.agreements.inForce'))
  await expect(row.getByRole('link', { name: t('governance.agreements.download') })).toBeVisible()

  await row.getByRole('button', { name: t('governance.agreements.revoke') }).click()
  await page.getByLabel(t('governance.agreements.reason')).fill('Consultazione da ripetere')
  expect.soft(await barriers(page), 'revoking').toEqual([])
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('governance.agreements.revoke') })
    .click()
  await expect(row).toContainText(t('governance.agreements.revoked'))
  await expect(row).toContainText('Consultazione da ripetere')
})

test('a shorter training retention is published after a look at what it ends', async ({ browser }) => {
  const page = await pageOf(browser, 'officer')
  await page.goto('/governance')
  await page.getByRole('tab', { name: t('governance.tabs.purposes') }).click()
  const training = page.getByRole('article', { name: 'Formazione' })
  await training.getByRole('button', { name: t('common.edit') }).click()
  const editor = page.getByRole('dialog')
  await editor.getByLabel(t('governance.purposes.keep'), { exact: true }).fill('3')
  expect.soft(await barriers(page), 'the editor of a purpose').toEqual([])
  await picture(page, 'form purpose 1280')
  await editor.getByRole('button', { name: t('governance.purposes.keepDraft') }).click()

  await page.getByRole('button', { name: t('governance.purposes.review') }).click()
  const dialog = page.getByRole('dialog', { name: t('governance.purposes.publishTitle') })
  await expect(dialog).toContainText(t('governance.purposes.effect.shorter'))
  await expect(dialog).toContainText(t('governance.purposes.impact'))
  await dialog.getByLabel(t('policy.note')).fill('Tre mesi bastano')
  expect.soft(await barriers(page), 'publishing a register').toEqual([])
  await picture(page, 'form register 1280')
  await dialog.getByRole('button', { name: t('policy.publishNow') }).click()
  await expect(page.getByText('Tre mesi bastano')).toBeVisible()
  await expect(training).toContainText(t('governance.purposes.span.months_other', { count: 3 }))
})

test('the officer adds a purpose of the organisation, publishes it, and a rule may record for it', async ({
  browser,
}) => {
  const page = await pageOf(browser, 'officer')
  await page.goto('/governance')
  await page.getByRole('tab', { name: t('governance.tabs.purposes') }).click()
  await page.getByRole('button', { name: t('governance.purposes.add') }).click()
  const editor = page.getByRole('dialog', { name: t('governance.purposes.newTitle') })
  const words = { Italiano: 'Reclami', Français: 'Réclamations', English: 'Complaints' }
  for (const [language, name] of Object.entries(words)) {
    await editor.getByLabel(t('governance.purposes.name', { language })).fill(name)
    await editor.getByLabel(t('governance.purposes.description', { language })).fill(`${name}: …`)
    await editor.getByLabel(t('governance.purposes.spoken', { language })).fill(name.toLowerCase())
  }
  await editor.getByLabel(t('governance.purposes.iri')).fill('https://w3id.org/dpv#DisputeManagement')
  await editor.getByLabel(t('governance.purposes.ceilingText')).fill('Regolamento dei reclami, art. 3')
  await choose(page, t('governance.purposes.addCountry'), 'Francia')
  await expect(editor.getByRole('group', { name: 'Francia' })).toBeVisible()
  await editor.getByRole('button', { name: t('governance.purposes.removeCountry', { country: 'Francia' }) }).click()
  expect.soft(await barriers(page), 'the form of a new purpose').toEqual([])
  await picture(page, 'form new purpose 1280')
  await editor.getByRole('button', { name: t('governance.purposes.keepDraft') }).click()
  await expect(page.getByRole('article', { name: 'Reclami' })).toBeVisible()
  await page.getByRole('button', { name: t('governance.purposes.review') }).click()
  const dialog = page.getByRole('dialog', { name: t('governance.purposes.publishTitle') })
  await dialog.getByLabel(t('policy.note')).fill('Una finalità per i reclami')
  await dialog.getByRole('button', { name: t('policy.publishNow') }).click()
  await expect(page.getByText('Una finalità per i reclami')).toBeVisible()

  await page.goto('/policy')
  await page
    .getByRole('button', { name: t('policy.addRule') })
    .first()
    .click()
  await page.getByRole('menuitem', { name: new RegExp(t('policy.templates.all.title')) }).click()
  const rule = page.getByRole('dialog', { name: t('policy.editor.title') })
  await rule.getByRole('checkbox', { name: 'Reclami' }).check()
  await expect(rule.locator('p[aria-live]')).toContainText('Reclami')
  await picture(page, 'form rule with a purpose of the organisation 1280')
})

test('security evidence shows what needs attention, and goes out as JSON and PDF', async ({ browser }) => {
  const page = await pageOf(browser, 'officer')
  await page.goto('/governance')
  await page.getByRole('tab', { name: t('governance.tabs.security') }).click()
  const backup = page.getByRole('article', { name: /^8\.13/ })
  await expect(backup).toContainText(t('governance.security.statuses.outside'))
  const clock = page.getByRole('article', { name: /^8\.17/ })
  await clock.getByText(t('governance.security.checks')).click()
  await expect(clock).toContainText('openssl ts -verify')

  const attention = page.getByRole('button', { name: t('governance.security.statuses.attention') })
  await attention.focus()
  await page.keyboard.press('Enter')
  await expect(attention).toHaveAttribute('aria-pressed', 'true')
  await expect(backup).toBeHidden()
  // no authority of time stamps is configured here
  await expect(clock).toContainText(t('governance.security.bad'))
  expect.soft(await barriers(page), 'what needs attention').toEqual([])

  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'JSON', exact: true }).click(),
  ])
  expect(file.suggestedFilename()).toBe('security-evidence.json')
  const evidence = SecurityEvidence.parse(JSON.parse(readFileSync(await file.path(), 'utf8')))
  expect(evidence.counts.attention).toBeGreaterThan(0)
  const address = await page.getByRole('link', { name: 'PDF', exact: true }).getAttribute('href')
  const pdf = await page.request.get(address ?? '')
  expect([pdf.status(), pdf.headers()['content-type']]).toEqual([200, 'application/pdf'])
})

for (const locale of ['it', 'fr', 'en'] as const) {
  test(`every part of data governance in ${locale}, wide and narrow, without barriers`, async ({ browser }) => {
    test.slow() // seven tabs, each looked at twice
    const page = await pageOf(browser, 'officer')
    await page.goto('/account')
    await reads(page, locale)
    await page.goto('/governance')
    const tabs = page.getByRole('tab')
    await expect(tabs).toHaveCount(7)
    for (const tab of await tabs.all()) {
      await tab.click()
      await page.waitForLoadState('networkidle')
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 900 })
        await checkLook(page, locale, `${locale} governance ${await tab.textContent()} ${width}`)
      }
      if (locale === 'fr') expect.soft(await barriers(page), (await tab.textContent()) ?? '').toEqual([])
    }
    await reads(page, 'it')
  })
}
