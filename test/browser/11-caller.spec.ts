import { type Browser, expect, type Page } from '@playwright/test'
import type { Organisation } from '../../contract/models/retention.ts'
import { api, freshPage, pageOf, t, test, uploadedCall, wordsIn } from './kit.ts'
import { barriers, checkLook } from './looks.ts'
import { wav } from './media.ts'

const phone = { width: 390, height: 844 }
const number = '+39 333 4445556'
const languages = [
  ['it', 'it-IT'],
  ['fr', 'fr-FR'],
  ['en', 'en-GB'],
] as const

const company: Organisation = {
  name: 'Acme S.p.A.',
  address: 'Via Roma 1, 20100 Milano',
  country: 'IT',
  email: 'info@acme.example',
  dpo: { name: 'Ada Neri', email: 'dpo@acme.example', phone: '+39 02 1234' },
  authority: 'Garante per la protezione dei dati personali',
  callers: { url: 'https://acme.example/privacy', email: 'privacy@acme.example', phone: '800 123 456' },
  languages: ['it', 'fr', 'en'],
  keys: { yes: '1', no: '9' },
  unknownCallers: 'controller',
}

/** A call of a caller of its own, ready to be heard, on the page of staff. */
async function recorded(browser: Browser): Promise<{ staff: Page; callId: string }> {
  const staff = await pageOf(browser, 'admin')
  await staff.goto('/account')
  const { version, organisation } = await api(staff, 'GET /organisation')
  if (!organisation) await api(staff, 'PUT /organisation', { body: { organisation: company, basedOn: version } })
  const callId = await uploadedCall(staff, { address: number, wav: wav(20) })
  await staff.goto(`/calls/${callId}`)
  return { staff, callId }
}

/** Makes a link on the call's page, as staff do. */
async function linkOf(staff: Page): Promise<string> {
  await staff.getByRole('button', { name: t('caller.makeLink') }).click()
  const dialog = staff.getByRole('dialog', { name: t('caller.linkTitle') })
  const link = (await dialog.locator('code').textContent()) ?? ''
  expect(link).toMatch(/\/c#[\w-]{43}$/)
  await dialog.getByLabel(t('common.kept')).check()
  await dialog.getByRole('button', { name: t('common.close') }).click()
  return link
}

test('on a telephone, in each language, a caller sees one call, objects and asks for a copy', async ({ browser }) => {
  test.setTimeout(150_000)
  const { staff, callId } = await recorded(browser)
  await api(staff, 'POST /calls/:callId/listen', {
    params: { callId },
    body: { purpose: 'evidence', reason: 'contestazione del cliente' },
  })
  const link = await linkOf(staff)
  await expect(staff.getByText(t('caller.linkMade').slice(0, 12))).toBeVisible()
  for (const [locale, browserLocale] of languages) {
    const words = wordsIn(locale)
    const page = await freshPage(browser, { locale: browserLocale, viewport: phone })
    const sent: string[] = []
    page.on('request', (request) => sent.push(request.url()))
    await page.goto(link)
    await expect(page.getByRole('heading', { name: words('caller.keptFor') })).toBeVisible()
    await expect(page.getByText(words('people.roles.administrator'))).toBeVisible()
    await expect(page.getByText('Ada Ferri')).toHaveCount(0)
    await checkLook(page, locale, `${locale} caller 390`)
    expect.soft(await barriers(page), locale).toEqual([])
    expect(sent.filter((url) => url.includes(link.split('#')[1] ?? '-'))).toEqual([])
    await page.getByRole('button', { name: words('caller.object'), exact: true }).click()
    await expect(page.getByRole('radio', { name: words('caller.everything') })).toBeChecked()
    await checkLook(page, locale, `${locale} caller objects 390`)
    expect.soft(await barriers(page), locale).toEqual([])
    await page.getByRole('button', { name: words('common.cancel') }).click()
    await page.getByRole('button', { name: words('caller.copy') }).click()
    await expect(page.getByText(words('caller.copyAsked'))).toBeVisible()
    await checkLook(page, locale, `${locale} caller copy 390`)
  }
  const page = await freshPage(browser, { viewport: phone })
  const began = Date.now()
  await page.goto(link)
  await page.getByRole('button', { name: t('caller.object'), exact: true }).click()
  await page.getByRole('button', { name: t('caller.objectYes') }).click()
  await expect(page.getByText(t('caller.written'))).toBeVisible()
  await expect(page.getByText(t('caller.became.ended')).first()).toBeVisible()
  expect(Date.now() - began).toBeLessThan(60_000)
  await checkLook(page, 'it', 'it caller answered 390')
  expect.soft(await barriers(page)).toEqual([])
  const { terms } = await api(staff, 'GET /calls/:callId/terms', { params: { callId } })
  expect(terms.find((term) => term.purpose === 'training')).toMatchObject({ state: 'ended', reason: 'objection' })
  const { items } = await api(staff, 'GET /rights/requests', { query: { state: 'open' } })
  expect(items.filter((r) => r.callId === callId)).toMatchObject([{ kind: 'copy' }])

  await staff.goto('/requests')
  await checkLook(staff, 'it', 'it requests 1280')
  expect.soft(await barriers(staff)).toEqual([])
  await staff
    .getByRole('button', { name: t('requests.handle') })
    .first()
    .click()
  const drawer = staff.getByRole('dialog')
  await drawer.getByRole('button', { name: t('requests.act.do.copy') }).click()
  await expect(drawer.getByRole('link', { name: t('requests.act.preview') })).toBeVisible()
  await page.reload()
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: t('requests.fetch') }).click()
  expect((await saving).suggestedFilename()).toBe('verbale.zip')
  await drawer.getByLabel(t('caller.whatWasDone')).fill('copia messa a disposizione')
  await drawer.getByRole('button', { name: t('caller.close') }).click()
  await expect(drawer.getByText('copia messa a disposizione')).toBeVisible()
})

test('without a link, reference and number bring a code that staff read out', async ({ browser }) => {
  const { staff, callId } = await recorded(browser)
  const { reference } = await api(staff, 'GET /calls/:callId/caller-access', { params: { callId } })
  const page = await freshPage(browser, { viewport: phone })
  await page.goto('/c')
  await checkLook(page, 'it', 'it caller enters 390')
  expect.soft(await barriers(page)).toEqual([])
  await page.getByLabel(t('caller.reference')).fill(reference?.toLowerCase() ?? '')
  await page.getByLabel(t('caller.number')).fill('333 4445556'.replace(/^/, '0039 '))
  await page.getByRole('button', { name: t('caller.askCode') }).click()
  await expect(page.getByText(t('caller.codeAsked'))).toBeVisible()
  await checkLook(page, 'it', 'it caller code 390')
  const asked = staff.getByText(t('caller.codeNow', { code: '' }).trim())
  await expect(asked).toBeVisible()
  const code = /\d{6}/.exec((await asked.textContent()) ?? '')?.[0] ?? ''
  await checkLook(staff, 'it', 'it call with code 1280')
  await page.getByLabel(t('caller.code'), { exact: true }).fill(code)
  await page.getByRole('button', { name: t('caller.enter') }).click()
  await expect(page.getByRole('heading', { name: t('caller.keptFor') })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { name: t('caller.keptFor') })).toBeVisible()
})

test('a link that does not hold says so, and offers the other way', async ({ browser }) => {
  const page = await freshPage(browser, { viewport: phone })
  await page.goto(`/c#${'x'.repeat(43)}`)
  await expect(page.getByRole('alert')).toContainText(t('problems.caller_link_ended'))
  await expect(page.getByLabel(t('caller.reference'))).toBeVisible()
  await checkLook(page, 'it', 'it caller link ended 390')
})
