import { expect, test } from '@playwright/test'
import { api, choose, pageOf, t } from './kit.ts'
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
