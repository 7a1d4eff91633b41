import { expect } from '@playwright/test'
import { enrolTotp, freshPage, keep, keepSession, password, setupToken, t, test } from './kit.ts'

test('before the set-up every page leads to the sign-in, which says what to do', async ({ browser }) => {
  const page = await freshPage(browser)
  await page.goto('/')
  await expect(page).toHaveURL(/\/sign-in/)
  await expect(page.getByText(t('signin.setupNeeded'))).toBeVisible()

  await page.goto('/setup')
  await expect(page.getByText(t('signin.linkMissing'))).toBeVisible()
})

test('the one-time link makes the first administrator: strength meter, second factor, recovery codes; then works no more', async ({
  browser,
}) => {
  const page = await freshPage(browser)
  await page.goto(`/setup#${setupToken()}`)
  await page.getByLabel(t('signin.yourName')).fill('Ada Ferri')
  await page.getByLabel(t('signin.email')).fill('ada@example.test')
  const field = page.getByLabel(t('signin.newPassword'))
  await field.fill('password1234')
  await expect(page.getByText(/Molto debole\.|Debole\.|Non abbastanza/)).toBeVisible()
  await page.getByRole('button', { name: t('signin.setupCreate') }).click()
  await expect(page.getByRole('alert')).toContainText(t('problems.password_weak'))
  await field.fill(password)
  await expect(page.getByText(t('signin.score4')).or(page.getByText(t('signin.score3')))).toBeVisible()
  await page.getByRole('button', { name: t('signin.setupCreate') }).click()

  await expect(page.getByRole('heading', { name: t('signin.enrolTitle') })).toBeVisible()
  keep({ adminSecret: await enrolTotp(page) })
  await expect(page.getByRole('heading', { name: t('calls.title'), level: 1 })).toBeVisible()
  await keepSession(page.context(), 'admin')

  const again = await freshPage(browser)
  await again.goto(`/setup#${setupToken()}`)
  await expect(again.getByText(t('signin.setupDone'))).toBeVisible()
})
