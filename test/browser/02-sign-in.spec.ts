import { expect, type Page } from '@playwright/test'
import { codeOf, freshPage, keepSession, kept, password, t, test } from './kit.ts'

async function givePassword(page: Page, word = password): Promise<void> {
  await page.getByLabel(t('signin.email')).fill('ada@example.test')
  await page.getByLabel(t('signin.password'), { exact: true }).fill(word)
  await page.getByRole('button', { name: t('common.continue') }).click()
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: t('nav.personMenu', { name: 'Ada Ferri' }) }).click()
  await page.getByRole('menuitem', { name: t('nav.signOut') }).click()
  await expect(page.getByRole('heading', { name: t('signin.title') })).toBeVisible()
}

test('password and app code sign in, back to the page asked for; a passkey added signs in by itself', async ({
  browser,
}) => {
  const page = await freshPage(browser)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await page.goto('/people')
  await givePassword(page, 'quella-sbagliata-93')
  await expect(page.getByRole('alert')).toContainText(t('problems.sign_in_refused'))
  await givePassword(page)
  await page.getByLabel(t('signin.code')).fill('000000')
  await expect(page.getByRole('alert')).toContainText(t('problems.factor_refused'))
  await page.getByLabel(t('signin.code')).fill(codeOf(kept('adminSecret'), 1))
  await expect(page).toHaveURL(/\/people$/)

  await page.goto('/account')
  await page.getByRole('button', { name: t('people.addFactor') }).click()
  await page.getByRole('button', { name: t('signin.passkeyName') }).click()
  await page.getByLabel(t('signin.passkeyLabel')).fill('Portatile')
  await page.getByRole('button', { name: t('signin.passkeyAdd') }).click()
  await expect(page.getByText(t('people.passkeys_one', { count: 1 }))).toBeVisible()

  await signOut(page)
  await page.goto('/calls')
  await expect(page).toHaveURL(/\/sign-in/)
  await givePassword(page)
  await page.getByRole('button', { name: t('signin.passkeyUse') }).click()
  await expect(page).toHaveURL(/\/calls$/)
  await expect(page.getByRole('heading', { name: t('calls.title'), level: 1 })).toBeVisible()
  // A new factor ended the other sessions.
  await keepSession(page.context(), 'admin')
})
