import { expect } from '@playwright/test'
import { api, pageOf, t, test } from './kit.ts'
import { barriers, picture } from './looks.ts'

test('a policy from a template: words, which rule wins, simulation, publication', async ({ browser }) => {
  const page = await pageOf(browser, 'admin')
  await page.goto('/policy')
  await expect(page.getByText(t('policy.warnings.live_uncovered'))).toBeVisible()
  await page
    .getByRole('button', { name: t('policy.addRule') })
    .first()
    .click()
  await page.getByRole('menuitem', { name: new RegExp(t('policy.templates.all.title')) }).click()

  const editor = page.getByRole('dialog', { name: t('policy.editor.title') })
  await editor.getByLabel(t('policy.editor.name')).fill('Chiamate dal vivo')
  await editor.getByRole('checkbox', { name: t('policy.purposeNames.training') }).check()
  await editor.getByLabel(t('policy.editor.legalText')).fill('Contratto quadro, art. 7')
  await editor.getByLabel(t('policy.editor.resume')).fill('4')
  await editor.getByLabel(t('policy.editor.reachBack')).fill('0')
  const inWords = editor.locator('p[aria-live]')
  await expect(inWords).toContainText(t('policy.words.resumesAfter', { seconds: 4 }))
  await expect(inWords).toContainText('Contratto quadro, art. 7')
  expect.soft(await barriers(page), 'the editor of rules').toEqual([])
  await picture(page, 'form rule 1280')
  await editor.getByRole('button', { name: t('policy.editor.keep') }).click()

  const card = page.getByRole('listitem').filter({ hasText: 'Chiamate dal vivo' }).first()
  await expect(card).toContainText(t('policy.words.resumesAfter', { seconds: 4 }))
  await expect(card).toContainText(t('policy.changes.added'))
  const names = async (): Promise<string[]> => (await api(page, 'GET /policy')).rules.map(({ name }) => name)
  expect(await names()).not.toContain('Chiamate dal vivo')

  await page.getByRole('button', { name: t('policy.wins.ask') }).click()
  await expect(page.getByText(t('policy.wins.winner', { name: 'Chiamate dal vivo' }))).toBeVisible()
  await page.getByRole('tab', { name: t('policy.simulate.title') }).click()
  await page.getByRole('button', { name: t('policy.simulate.run') }).click()
  await expect(page.getByText(t('policy.simulate.none'))).toBeVisible()

  await page.getByRole('button', { name: t('policy.publish') }).click()
  const dialog = page.getByRole('dialog', { name: t('policy.publishTitle') })
  await dialog.getByLabel(t('policy.note')).fill('Prima versione')
  expect.soft(await barriers(page), 'publishing').toEqual([])
  await picture(page, 'form publish 1280')
  await dialog.getByRole('button', { name: t('policy.publishNow') }).click()
  await expect(page.getByText(t('policy.published'))).toBeVisible()
  await expect(page.getByText(t('policy.warnings.live_uncovered'))).toHaveCount(0)
  expect(await names()).toContain('Chiamate dal vivo')
  await page.getByRole('tab', { name: t('policy.versions.title') }).click()
  await expect(page.getByText('Prima versione').first()).toBeVisible()
})
