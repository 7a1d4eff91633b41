import { readFileSync } from 'node:fs'
import { expect, type Locator, type Page } from '@playwright/test'
import type { Certificate } from '../../contract/models/terms.ts'
import { api, kept, pageOf, reads, t, test, wordsIn } from './kit.ts'
import { barriers, checkLook, picture, widths } from './looks.ts'
import { callPage } from './media.ts'

const reason = 'Causa Neri, tribunale di Milano'
const part = (page: Page, title: string): Locator => page.getByRole('region', { name: title, exact: true })
const terms = (page: Page): Locator => part(page, t('retention.call.title'))
const rowOf = (page: Page, text: string): Locator => terms(page).getByRole('row').filter({ hasText: text })
const training = t('calls.purpose.training')

/** Opens the menu of the one hold and chooses. */
async function chooseOfHold(page: Page, what: string): Promise<void> {
  const name = t('common.actionsOf', { name: t('retention.hold.kind.caller') })
  await page.getByRole('button', { name }).click()
  await page.getByRole('menuitem', { name: what }).click()
}

test('the officer reads what ends when, and holds the calls of a customer', async ({ browser }) => {
  const officer = await pageOf(browser, 'officer')
  await officer.goto('/calls')
  await officer.getByRole('link', { name: t('nav.retention'), exact: true }).click()
  const status = part(officer, t('retention.status.title'))
  await expect(status).toContainText(t('retention.status.live'))
  await status.getByRole('button', { name: t('retention.status.run') }).click()
  await expect(officer.getByText(t('retention.status.ran_other', { count: 0 }))).toBeVisible()

  const calendar = part(officer, t('retention.calendar.title'))
  await expect(calendar.getByText(/In questo periodo (scade|scadono) /)).toBeVisible()
  await calendar.getByText(t('retention.calendar.table')).click()
  await expect(calendar.getByRole('columnheader', { name: training })).toBeVisible()
  await calendar.getByText(t('retention.calendar.spans.days'), { exact: true }).click()
  await expect(calendar.getByText(t('retention.calendar.empty'))).toBeVisible()

  // Somebody already asks whether to end training when the hold comes.
  const admin = await callPage(browser, 'admin', kept('uploadId'))
  await rowOf(admin, training)
    .getByRole('button', { name: t('retention.call.end') })
    .click()
  const dialog = admin.getByRole('dialog')
  await expect(dialog).toContainText(t('retention.call.goes'))
  await dialog.getByLabel(t('retention.hold.why')).fill('non serve più')
  expect.soft(await barriers(admin), 'ending a purpose').toEqual([])
  await picture(admin, 'form end term 1280')

  await officer.getByRole('button', { name: t('retention.hold.place') }).click()
  const drawer = officer.getByRole('dialog', { name: t('retention.hold.place') })
  await drawer.getByLabel(t('retention.hold.address')).fill('0039 02 1234567')
  await drawer.getByLabel(t('retention.hold.why')).fill(reason)
  await drawer.getByLabel(t('retention.hold.reference')).fill('RG 1234/2026')
  await drawer.getByRole('button', { name: t('retention.hold.place') }).click()
  const row = part(officer, t('retention.hold.title')).getByRole('row').filter({ hasText: reason })
  await expect(row).toContainText(t('retention.hold.states.active'))
  await expect(row).toContainText('Elena Vitale')

  await dialog.getByRole('button', { name: t('retention.call.endYes') }).click()
  await expect(dialog.getByRole('alert')).toContainText(t('problems.rendition_held'))
  await admin.reload()
  await expect(terms(admin)).toContainText(t('retention.call.heldHelp'))
  await expect(terms(admin)).toContainText(reason)
  await expect(rowOf(admin, training)).toContainText(t('retention.call.held'))
  await expect(admin.getByRole('button', { name: t('retention.call.end') })).toHaveCount(0)
  await picture(admin, 'call held 1280')
  await terms(admin)
    .getByRole('link', { name: t('retention.call.seeHolds') })
    .click()
  await expect(part(admin, t('retention.hold.title'))).toContainText(reason)
})

test('who asks for the release of a hold cannot release it; a second person does', async ({ browser }) => {
  const admin = await pageOf(browser, 'admin')
  await admin.goto('/retention')
  await chooseOfHold(admin, t('retention.hold.ask'))
  const dialog = admin.getByRole('dialog', { name: t('retention.hold.askTitle') })
  await dialog.getByLabel(t('retention.hold.why')).fill('La causa si è chiusa con un accordo')
  expect.soft(await barriers(admin), 'asking for a release').toEqual([])
  await dialog.getByRole('button', { name: t('retention.hold.askYes') }).click()
  await expect(admin.getByText(t('retention.hold.own'))).toBeVisible()
  await picture(admin, 'holds asked 1280')
  const name = t('common.actionsOf', { name: t('retention.hold.kind.caller') })
  await admin.getByRole('button', { name }).click()
  await expect(admin.getByRole('menuitem', { name: t('retention.hold.takeBack') })).toBeVisible()
  await expect(admin.getByRole('menuitem', { name: t('retention.hold.release') })).toHaveCount(0)
  const [hold] = (await api(admin, 'GET /holds')).items
  const params = { holdId: hold?.id ?? '' }
  await expect(api(admin, 'POST /holds/:holdId/release', { params })).rejects.toThrow('hold_two_people')

  const officer = await pageOf(browser, 'officer')
  await officer.goto('/retention')
  await expect(officer.getByText('La causa si è chiusa con un accordo')).toBeVisible()
  await chooseOfHold(officer, t('retention.hold.release'))
  await officer
    .getByRole('dialog')
    .getByRole('button', { name: t('retention.hold.releaseYes') })
    .click()
  await expect(officer.getByText(t('retention.hold.states.released'), { exact: true })).toBeVisible()
})

test('the administrator ends each purpose with a reason; a call that keeps nothing has a certificate', async ({
  browser,
}) => {
  const page = await callPage(browser, 'admin', kept('uploadId'))
  for (const purpose of [training, t('calls.purpose.evidence')]) {
    await rowOf(page, purpose)
      .getByRole('button', { name: t('retention.call.end') })
      .click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(t('retention.hold.why')).fill('Il cliente ha chiesto di non usarla')
    await dialog.getByRole('button', { name: t('retention.call.endYes') }).click()
    await expect(rowOf(page, purpose)).toContainText(t('retention.call.because.decision'))
    await expect(rowOf(page, purpose)).toContainText(t('retention.call.state.ended'))
  }

  const certificate = part(page, t('retention.certificate.title'))
  await expect(certificate).toContainText(t('retention.certificate.method'))
  const saving = page.waitForEvent('download')
  await certificate.getByRole('button', { name: t('retention.certificate.save') }).click()
  const saved = JSON.parse(readFileSync(await (await saving).path(), 'utf8')) as Certificate
  expect(saved).toMatchObject({ callId: kept('uploadId'), method: 'puncture' })
  for (const locale of ['fr', 'en', 'it'] as const) {
    await reads(page, locale)
    await page.reload()
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 })
      await checkLook(page, locale, `${locale} call destroyed ${width}`)
    }
    if (locale === 'fr') expect.soft(await barriers(page), 'a destroyed call').toEqual([])
  }
})

test('a supervisor reads without acting, an agent not at all', async ({ browser }) => {
  const supervisor = await pageOf(browser, 'supervisor')
  await supervisor.goto('/retention')
  await expect(part(supervisor, t('retention.hold.title'))).toContainText(reason)
  for (const act of [t('retention.hold.place'), t('retention.status.run')])
    await expect(supervisor.getByRole('button', { name: act })).toHaveCount(0)
  const agent = await pageOf(browser, 'agent')
  await agent.goto('/retention')
  await expect(agent.getByText(t('common.notAllowed'))).toBeVisible()
})

/** A year of figures, which a fresh installation has not. */
async function busyCalendar(page: Page): Promise<void> {
  await page.route('**/api/v1/retention/calendar**', async (route) => {
    const from = Date.parse(new URL(route.request().url()).searchParams.get('from') ?? '')
    const items = Array.from({ length: 1000 }, (_, i) => ({
      day: new Date(from + (i % 250) * 7 * 86_400_000 + (i % 5) * 86_400_000).toISOString().slice(0, 10),
      purpose: ['evidence', 'training', 'analytics', 'ricerca'][Math.floor(i / 250)] ?? '',
      terms: 20 + ((i * 37) % 60),
      held: i % 9 === 0 ? 12 : 0,
    }))
    await route.fulfill({ json: { items } })
  })
}

/** The server says its clock leapt. */
async function leaptClock(page: Page): Promise<void> {
  await page.route('**/api/v1/retention/status', async (route) => {
    const answer = await route.fetch()
    const status = (await answer.json()) as object
    await route.fulfill({ response: answer, json: { ...status, alarm: 'clock_ahead', today: '2026-01-07', due: 212 } })
  })
}

test('a clock that leapt is told with what to do, and confirmed with what it would destroy', async ({ browser }) => {
  const officer = await pageOf(browser, 'officer')
  await leaptClock(officer)
  await busyCalendar(officer)
  let confirmed: unknown = null
  await officer.route('**/api/v1/retention/clock', async (route) => {
    confirmed = route.request().postDataJSON()
    await route.fulfill({ json: { today: null, alarm: null, lastSweep: null, live: 0, due: 0, held: 0, ending: 0 } })
  })
  for (const locale of ['fr', 'en', 'it'] as const) {
    const words = wordsIn(locale)
    await officer.goto('/account')
    await reads(officer, locale)
    await officer.goto('/retention')
    await expect(officer.getByRole('alert')).toContainText(words('retention.alarm.clock_ahead.toDo'))
    for (const width of widths) {
      await officer.setViewportSize({ width, height: 900 })
      await checkLook(officer, locale, `${locale} retention alarm ${width}`)
    }
    await officer.getByText(words('retention.calendar.table'), { exact: true }).click()
    if (locale === 'fr') expect.soft(await barriers(officer), 'the alarm and the chart').toEqual([])
    if (locale === 'it') await picture(officer, 'it retention table 390')
  }
  await officer.getByRole('button', { name: t('retention.alarm.confirm') }).click()
  const dialog = officer.getByRole('dialog')
  await expect(dialog.getByRole('listitem').first()).toContainText(t('calls.purpose.evidence'))
  expect.soft(await barriers(officer), 'confirming the day').toEqual([])
  await picture(officer, 'form confirm day 390')
  await dialog.getByRole('button', { name: t('retention.alarm.confirmYes') }).click()
  await expect(officer.getByText(t('retention.alarm.confirmed'))).toBeVisible()
  expect(confirmed).toEqual({ day: new Date().toISOString().slice(0, 10) })
})

test('the forms of holds are without barriers and fit a telephone', async ({ browser }) => {
  const page = await callPage(browser, 'admin', kept('callId'))
  const fits = async (where: string): Promise<void> => {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 })
      await checkLook(page, 'it', `form ${where} ${width}`)
    }
    expect.soft(await barriers(page), where).toEqual([])
    await page.setViewportSize({ width: 1280, height: 900 })
  }
  await page.getByRole('button', { name: t('retention.call.placeHold') }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await fits('hold call')
  await page.goto('/retention')
  await page.getByRole('button', { name: t('retention.hold.place') }).click()
  const drawer = page.getByRole('dialog')
  await drawer.getByLabel(t('retention.hold.byQuery')).check()
  const send = drawer.getByRole('button', { name: t('retention.hold.place') })
  await expect(send).toBeDisabled()
  await drawer.getByLabel(t('calls.queue')).fill('Nessuna coda così')
  await drawer.getByLabel(t('retention.hold.why')).fill(reason)
  await fits('hold query')
  await send.click()
  await expect(drawer.getByRole('alert')).toContainText(t('problems.hold_nothing'))
})
