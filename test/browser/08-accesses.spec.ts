import { expect } from '@playwright/test'
import { api, kept, pageOf, t, test } from './kit.ts'
import { callPage } from './media.ts'

test('the access records tell who listened to what, for which purpose and why', async ({ browser }) => {
  const page = await pageOf(browser, 'officer')
  await page.goto('/accesses')
  const row = page.getByRole('row').filter({ hasText: 'contestazione del cliente' })
  await expect(row).toContainText('Ada Ferri')
  await expect(row).toContainText(t('calls.purpose.evidence'))
  await expect(row).toContainText(t('accesses.allowed'))
  await row.getByRole('button', { name: t('accesses.detail') }).click()
  const detail = page.getByRole('dialog', { name: t('accesses.record') })
  for (const text of [
    t('people.roles.administrator'),
    t('accesses.waysIn.session'),
    'https://w3id.org/dpv#EstablishContractualAgreement',
    t('accesses.redactions.original'),
    t('accesses.noApprover'),
    t('accesses.prevHash'),
  ])
    await expect(detail).toContainText(text)
  await expect(detail.locator('code').filter({ hasText: /^[0-9a-f]{64}$/ })).toHaveCount(2)
  await page.keyboard.press('Escape')
  await expect(detail).toBeHidden()
  await row.getByRole('link', { name: t('accesses.open') }).click()
  await expect(page).toHaveURL(new RegExp(kept('callId')))
})

test('a supervisor sees the calls of the own teams only', async ({ browser }) => {
  const own = await pageOf(browser, 'supervisor')
  await own.goto('/calls')
  await expect(own.getByRole('row').filter({ hasText: 'Bruno Conti' }).first()).toBeVisible()
  const other = await callPage(browser, 'otherSupervisor', kept('callId'))
  await expect(other.getByRole('alert')).toContainText(t('problems.call_unknown'))
  await other.goto('/calls')
  await expect(other.getByText(t('calls.empty'))).toBeVisible()
  await expect(other.getByText('Bruno Conti')).toHaveCount(0)
})

test('a purpose outside the role is not offered, and refused with the reason when asked all the same', async ({
  browser,
}) => {
  const page = await callPage(browser, 'agent', kept('callId'))
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  const ask = { params: { callId: kept('callId') }, body: { purpose: 'evidence' as const, reason: 'curiosità' } }
  await expect(api(page, 'POST /calls/:callId/listen', ask)).rejects.toThrow('purpose_not_allowed')

  // The page offers a purpose that has meanwhile become refused: the server's word is shown.
  await page.route('**/api/v1/calls/*', async (route) => {
    const answer = await route.fetch()
    await route.fulfill({
      response: answer,
      json: { ...((await answer.json()) as object), listenPurposes: ['evidence'] },
    })
  })
  await page.reload()
  await page.getByLabel(t('calls.reasonAsk'), { exact: true }).fill('curiosità mia')
  await page.getByRole('button', { name: t('calls.listen'), exact: true }).click()
  await expect(page.getByRole('alert')).toContainText(t('problems.purpose_not_allowed'))
  await expect(page.locator('audio')).toHaveCount(0)

  const officer = await pageOf(browser, 'officer')
  await officer.goto('/accesses')
  const refused = officer.getByRole('row').filter({ hasText: 'curiosità mia' })
  await expect(refused).toContainText(t('accesses.refused'))
})
