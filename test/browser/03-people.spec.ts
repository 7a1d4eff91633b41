import { expect, type Page } from '@playwright/test'
import type { Role } from '../../contract/permissions.ts'
import {
  acceptInvitation,
  api,
  choose,
  freshPage,
  keep,
  keepSession,
  kept,
  pageOf,
  registerAgreements,
  t,
  test,
  type Who,
} from './kit.ts'

test('the administrator adds a team and an agent, who accepts the invitation', async ({ browser }) => {
  const admin = await pageOf(browser, 'admin')
  await admin.goto('/teams')
  await admin
    .getByRole('button', { name: t('people.addTeam') })
    .first()
    .click()
  await admin.getByLabel(t('people.name')).fill('Vendite Milano')
  await choose(admin, t('common.country'), 'Italia')
  await admin.getByRole('button', { name: t('common.save') }).click()
  await expect(admin.getByRole('rowheader', { name: 'Vendite Milano' })).toBeVisible()

  await admin.goto('/people')
  await admin.getByRole('button', { name: t('people.add') }).click()
  const drawer = admin.getByRole('dialog')
  await drawer.getByLabel(t('people.name')).fill('Bruno Conti')
  await drawer.getByLabel(t('signin.email')).fill('bruno@example.test')
  await choose(admin, t('people.teams'), 'Vendite Milano')
  await admin.keyboard.press('Escape')
  const logins = drawer.getByRole('combobox', { name: t('people.logins') })
  await logins.fill('sip:201@pbx.example.test')
  await logins.press('Enter')
  await drawer.getByRole('button', { name: t('people.addAndInvite') }).click()

  const shown = admin.getByRole('dialog', { name: t('people.invitationFor', { name: 'Bruno Conti' }) })
  const link = (await shown.locator('code').textContent()) ?? ''
  await shown.getByLabel(t('common.kept')).check()
  await shown.getByRole('button', { name: t('common.close') }).click()
  const row = admin.getByRole('row', { name: /Bruno Conti/ })
  await expect(row).toContainText(t('people.invited'))

  const agent = await freshPage(browser)
  await acceptInvitation(agent, link)
  await expect(agent.getByRole('heading', { name: t('agent.title') })).toBeVisible()
  await expect(agent.getByText(t('agent.none'))).toBeVisible()
  await keepSession(agent.context(), 'agent')
  await admin.reload()
  await expect(row).toContainText(t('people.active'))

  const used = await freshPage(browser)
  await used.goto(link)
  await expect(used.getByRole('alert')).toContainText(t('problems.invitation_over'))
  const [team] = (await api(admin, 'GET /teams')).items
  const bruno = (await api(admin, 'GET /people')).items.find(({ name }) => name === 'Bruno Conti')
  keep({ teamId: team?.id ?? '', agentId: bruno?.id ?? '' })
  await registerAgreements(admin)
})

test('an agent does not reach what is not in the role', async ({ browser }) => {
  const page = await pageOf(browser, 'agent')
  await page.goto('/people')
  await expect(page.getByText(t('common.notAllowed'))).toBeVisible()
  await expect(page.getByRole('link', { name: t('nav.policy') })).toHaveCount(0)
})

test('two supervisors and a privacy officer join', async ({ browser }) => {
  const admin = await pageOf(browser, 'admin')
  await admin.goto('/teams')
  const other = await api(admin, 'POST /teams', { body: { name: 'Assistenza Lione', country: 'FR' } })
  const invite = async (who: Who, name: string, role: Role, teams: string[]): Promise<Page> => {
    const email = `${who.toLowerCase()}@example.test`
    const draft = { name, email, role, teams, country: 'IT', aliases: [] }
    const { invitationToken } = await api(admin, 'POST /people', { body: draft })
    const page = await freshPage(browser)
    await acceptInvitation(page, `/invitation#${invitationToken}`)
    await expect(page.getByRole('heading', { name: t('calls.title'), level: 1 })).toBeVisible()
    await keepSession(page.context(), who)
    return page
  }
  await invite('supervisor', 'Chiara Moro', 'supervisor', [kept('teamId')])
  await invite('otherSupervisor', 'Denis Roux', 'supervisor', [other.id])
  await invite('officer', 'Elena Vitale', 'privacy_officer', [])
})
