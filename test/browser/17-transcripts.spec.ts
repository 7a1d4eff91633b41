import { type Browser, expect, type Locator, type Page } from '@playwright/test'
import { Locale } from '../../contract/models/common.ts'
import type { Transcript, Turn } from '../../contract/models/transcripts.ts'
import { rule } from '../journeys/policy.ts'
import { soundsWav } from '../journeys/wav.ts'
import { api, choose, pageOf, reads, t, test, until, uploadedCall, wordsIn } from './kit.ts'
import { barriers, checkLook, picture, widths } from './looks.ts'
import { secondsPlayed } from './media.ts'
import { nextSaid } from './speech.ts'

/** Who says what, agent and customer in turn, three seconds each with two of silence. */
const said = [
  'buongiorno sono Bruno del servizio clienti come posso aiutarla',
  'buongiorno vorrei un rimborso per la fattura di marzo che ho pagato due volte',
  'mi dispiace verifico subito mi dice il suo nome per favore',
  'mi chiamo Carla Neri e abito in via Garibaldi dodici a Torino',
  'grazie il rimborso arriva sulla carta con cui ha pagato mi detta il numero',
  'quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno',
  'perfetto il rimborso le arriva entro dieci giorni lavorativi',
  'perché dieci giorni la fattura l’ho pagata subito',
  'ha ragione chiedo alla contabilità di anticiparlo',
  'la ringrazio molto gentile arrivederci',
]
const lengthS = 3 + said.length * 5
const begins = (turn: number): number => 1 + turn * 5

/** Of this run alone: a test that fails makes the call anew. */
const queue = `Fatture ${Date.now() % 100_000}`
let callId = ''
test.beforeAll(async ({ browser }) => {
  const admin = await pageOf(browser, 'admin')
  await admin.goto('/calls')
  const { version } = await api(admin, 'GET /policy')
  const rules = [rule({ name: 'Testo', purposes: ['evidence', 'analytics'] })]
  await api(admin, 'POST /policy/versions', { body: { rules, note: 'testo', basedOn: version } })
  const mine = (lane: number): number[] => said.flatMap((_, turn) => (turn % 2 === lane ? [turn] : []))
  nextSaid([...mine(0), ...mine(1)].map((turn) => said[turn] ?? ''))
  const seconds = (lane: number): number[] =>
    mine(lane).flatMap((turn) => [begins(turn), begins(turn) + 1, begins(turn) + 2])
  const wav = soundsWav(lengthS, { left: seconds(0), right: seconds(1) })
  callId = await uploadedCall(admin, {
    address: '+39 02 7654321',
    wav,
    queue,
    agentLane: 0,
    agent: 'bruno@example.test',
  })
  await until('the call is written down', async () => {
    const { state } = await api(admin, 'GET /calls/:callId/transcript', { params: { callId } })
    return state === 'done'
  })
  await admin.close()
})

/** The call as the officer sees it. */
async function callOf(browser: Browser, more: { transcript?: Transcript } = {}): Promise<Page> {
  const page = await pageOf(browser, 'officer')
  if (more.transcript)
    await page.route(`**/api/v1/calls/${callId}/transcript`, (route) =>
      route.request().method() === 'POST' ? route.fulfill({ json: more.transcript }) : route.fallback(),
    )
  await page.goto(`/calls/${callId}`)
  return page
}

const read = async (page: Page): Promise<Locator> => {
  await page.getByRole('button', { name: t('transcript.read'), exact: true }).click()
  const list = page.getByRole('list', { name: t('transcript.turns') })
  await expect(list).toBeVisible()
  return list
}
const turnOf = (list: Locator, text: string): Locator => list.getByRole('listitem').filter({ hasText: text })
const spoken = (page: Page): Locator => page.locator('[data-word][data-now]')

test('what was said is read beside the audio, which a word moves and which moves the words', async ({ browser }) => {
  const page = await callOf(browser)
  const list = await read(page)
  const badge = list.locator('span > span', { hasText: new RegExp(`^${t('transcript.marks.CARD')}$`) })
  await expect(badge).toHaveCount(1)
  await expect(list.getByText('Neri')).toHaveCount(0)
  await expect(list.getByText(t('calls.gap.sensitive'))).toContainText('3')
  expect.soft(await barriers(page), 'the text, before anybody listens').toEqual([])

  // Nobody listens yet: a word asks as the button does, and evidence wants a reason.
  await turnOf(list, 'verifico subito').getByText('verifico').click()
  const reason = page.getByLabel(t('calls.reasonAsk'), { exact: true })
  await expect(reason).toBeFocused()
  await reason.fill('verifica del rimborso')
  await reason.press('Enter')
  await expect(page.getByRole('region', { name: t('calls.player') })).toBeVisible()
  await expect.poll(() => secondsPlayed(page)).toBeGreaterThan(begins(2))
  expect(await secondsPlayed(page)).toBeLessThan(begins(4))
  await expect(spoken(page).first()).toBeVisible()

  const player = page.getByRole('region', { name: t('calls.player') })
  await player.getByRole('button', { name: t('calls.pausePlay') }).click()
  const boxOf = async (part: Locator) => (await part.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  const [lanes, text] = [await boxOf(player), await boxOf(list)]
  expect(lanes.x + lanes.width).toBeLessThanOrEqual(text.x)

  // The keyboard: from turn to turn, and Enter plays from there.
  const first = turnOf(list, 'come posso aiutarla')
  await first.focus()
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown')
  await expect(turnOf(list, 'mi detta il numero')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect.poll(() => secondsPlayed(page)).toBeGreaterThan(begins(4))
  await expect(turnOf(list, 'mi detta il numero').locator('[data-word][data-now]')).not.toHaveCount(0)
  await player.getByRole('button', { name: t('calls.pausePlay') }).click()
  await picture(page, 'transcript plays it 1280')
  expect.soft(await barriers(page), 'the text beside the player').toEqual([])

  const { items } = await api(page, 'GET /calls/:callId/accesses', { params: { callId }, query: {} })
  expect(items.map(({ action, purpose }) => `${action} ${purpose}`)).toEqual(['play evidence', 'view analytics'])
})

test('words are found in the text, one place after the other, with the keyboard', async ({ browser }) => {
  const page = await callOf(browser)
  const list = await read(page)
  const field = page.getByRole('textbox', { name: t('transcript.find') })
  await turnOf(list, 'come posso aiutarla').focus()
  await page.keyboard.press('Control+f')
  await expect(field).toBeFocused()
  await field.fill('RIMBORSO')
  const place = page.getByText(t('transcript.hit', { n: 1, all: 3 }), { exact: true })
  await expect(place).toBeVisible()
  const shown = list.locator('mark[data-shown]')
  await expect(turnOf(list, 'fattura di marzo').locator('mark[data-shown]')).toHaveCount(1)
  await field.press('Enter')
  await expect(turnOf(list, 'mi detta il numero').locator('mark[data-shown]')).toHaveCount(1)
  await field.press('Shift+Enter')
  await expect(place).toBeVisible()
  await field.press('Shift+Enter')
  await expect(page.getByText(t('transcript.hit', { n: 3, all: 3 }), { exact: true })).toBeVisible()
  await expect(shown).toHaveCount(1)
  await picture(page, 'transcript find it 1280')
  await field.fill('perche dieci')
  await expect(shown.first()).toHaveText('perché')
  await expect(shown.last()).toHaveText('dieci')
  await field.press('Escape')
  await expect(field).toHaveValue('')
  await expect(list.locator('mark')).toHaveCount(0)
  await field.fill('ornitorinco')
  await expect(page.getByText(t('transcript.noHit'), { exact: true })).toBeVisible()
})

/** Six hours of it. */
function long(): Transcript {
  const turns = Array.from({ length: 6000 }, (_, index): Turn => {
    const text = `battuta ${index} di una telefonata che non finisce mai${index === 5990 ? ' con un ornitorinco' : ''}`
    const fromMs = index * 3600
    const words = [...text.matchAll(/\S+/g)].map((word, i) => ({
      at: word.index,
      length: word[0].length,
      fromMs: fromMs + i * 300,
      toMs: fromMs + i * 300 + 280,
    }))
    const leg = index % 2
    const role = leg === 0 ? 'agent' : 'customer'
    const rest = { language: 'it', marks: [], confidence: null, madeBy: 'engine' as const, corrections: [] }
    return { index, leg, role, fromMs, toMs: fromMs + 3400, text, words, ...rest }
  })
  const engine = { engine: 'script', model: 'long', version: '1', demo: false }
  const none = { reason: null, doneMs: 0, speechMs: 0, madeAt: null }
  return { status: { state: 'done', language: 'it', engine, purposes: ['analytics'], ...none }, turns }
}

test('six hours stay light: the page holds what is on the screen, and everything is found and reached', async ({
  browser,
}) => {
  const page = await callOf(browser, { transcript: long() })
  const list = await read(page)
  const inPage = (): Promise<number> => list.getByRole('listitem').count()
  expect(await inPage()).toBeLessThan(60)
  const field = page.getByRole('textbox', { name: t('transcript.find') })
  await field.fill('ornitorinco')
  await expect(turnOf(list, 'battuta 5990 ')).toBeInViewport()
  expect(await inPage()).toBeLessThan(60)
  await field.fill('battuta')
  await expect(page.getByText(/^1 (di|of) 6\.?000$/)).toBeVisible()
  await expect(turnOf(list, 'battuta 0 ')).toBeInViewport()
  await turnOf(list, 'battuta 0 ').focus()
  await page.keyboard.press('End')
  await expect(turnOf(list, 'battuta 5999 ')).toBeFocused()
  await expect(turnOf(list, 'battuta 5999 ')).toBeInViewport()
  await page.keyboard.press('ArrowUp')
  await expect(turnOf(list, 'battuta 5998 ')).toBeFocused()
})

test('the list follows the audio until somebody scrolls, and a switch brings it back', async ({ browser }) => {
  const page = await callOf(browser, { transcript: long() })
  const list = await read(page)
  await page.getByLabel(t('calls.reasonAsk'), { exact: true }).fill('verifica del testo')
  await turnOf(list, 'battuta 2 ')
    .getByRole('button', { name: t('transcript.playFrom', { at: '0:07' }) })
    .click()
  await expect.poll(() => secondsPlayed(page)).toBeGreaterThan(7)
  const follow = page.getByRole('switch', { name: t('transcript.follow') })
  await expect(follow).toBeChecked()
  const seek = (seconds: number): Promise<void> =>
    page.evaluate((at) => {
      for (const audio of document.querySelectorAll('audio')) audio.currentTime = at
    }, seconds)
  await seek(40)
  await expect(turnOf(list, 'battuta 11 ')).toBeInViewport()
  await list.hover()
  await page.mouse.wheel(0, 4000)
  await expect(follow).not.toBeChecked()
  await expect(turnOf(list, 'battuta 11 ')).not.toBeInViewport()
  await seek(20)
  await expect(spoken(page)).toHaveCount(0)
  await follow.focus()
  await follow.press('Space')
  await expect(turnOf(list, 'battuta 5 ').or(turnOf(list, 'battuta 6 ')).first()).toBeInViewport()
})

test('a search is kept and run again; a result opens the call at its turn', async ({ browser }) => {
  const page = await pageOf(browser, 'officer')
  await page.goto('/search')
  await page.getByRole('textbox', { name: t('search.words') }).fill('"fattura di marzo" OR contabilità')
  await page.getByRole('textbox', { name: t('search.queue') }).fill(queue)
  await choose(page, t('calls.agent'), 'Bruno Conti')
  await page.getByRole('button', { name: t('search.go'), exact: true }).click()
  await expect(page.locator('mark').first()).toBeVisible()
  await expect(page.getByRole('listitem').filter({ has: page.locator('mark') })).toHaveCount(2)

  await page.getByRole('button', { name: t('search.save') }).click()
  const dialog = page.getByRole('dialog', { name: t('search.save') })
  await dialog.getByLabel(t('search.name')).fill('Rimborsi di marzo')
  await dialog.getByRole('switch', { name: t('search.share') }).check()
  expect.soft(await barriers(page), 'keeping a search').toEqual([])
  await picture(page, 'search save it 1280')
  await dialog.getByRole('button', { name: t('common.save') }).click()
  const saved = page.getByRole('region', { name: t('search.saved') })
  await expect(saved.getByText(t('search.shared'))).toBeVisible()

  await page.reload()
  await expect(page.locator('mark')).toHaveCount(0)
  await saved.getByRole('button', { name: /^Rimborsi di marzo/ }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('textbox', { name: t('search.queue') })).toHaveValue(queue)
  await expect(page.getByRole('combobox', { name: t('calls.agent') })).toHaveValue('Bruno Conti')
  const result = page
    .getByRole('listitem')
    .filter({ hasText: 'contabilità' })
    .filter({ has: page.locator('mark') })
  await result.getByRole('link').click()
  const list = page.getByRole('list', { name: t('transcript.turns') })
  await expect(turnOf(list, 'chiedo alla contabilità')).toBeFocused()
  await expect(turnOf(list, 'chiedo alla contabilità')).toBeInViewport()
  await picture(page, 'transcript found it 1280')

  await page.goBack()
  await expect(page.locator('mark').first()).toBeVisible()
  await saved.getByRole('button', { name: t('common.actionsOf', { name: 'Rimborsi di marzo' }) }).click()
  await page.getByRole('menuitem', { name: t('search.change') }).click()
  const change = page.getByRole('dialog', { name: t('search.change') })
  await change.getByLabel(t('search.name')).fill('Rimborsi')
  await change.getByRole('button', { name: t('common.save') }).click()
  await saved.getByRole('button', { name: t('common.actionsOf', { name: 'Rimborsi' }), exact: true }).click()
  await page.getByRole('menuitem', { name: t('common.remove') }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('common.remove') })
    .click()
  await expect(saved).toHaveCount(0)
})

test('a sentence finds what says the same in other words', async ({ browser }) => {
  const page = await pageOf(browser, 'officer')
  const admin = await pageOf(browser, 'admin')
  await admin.goto('/speech')
  await until('every transcript is read', async () => {
    const { meaning } = await api(admin, 'GET /speech/engines')
    return meaning !== null && meaning.read === meaning.all
  })
  await page.goto('/search')
  await page.getByRole('radio', { name: t('search.ways.meaning') }).focus()
  await page.keyboard.press('Space')
  await page.getByRole('textbox', { name: t('search.sentence') }).fill('rivorrei i soldi della bolletta')
  await page.getByRole('textbox', { name: t('search.queue') }).fill(queue)
  await page.keyboard.press('Enter')
  const found = page.getByRole('region', { name: t('search.results') }).getByRole('listitem')
  await expect(found.first()).toContainText('vorrei un rimborso per la fattura di marzo')
  expect.soft(await barriers(page), 'search by meaning').toEqual([])
  await picture(page, 'search by meaning it 1280')
})

for (const locale of Locale.options) {
  test(`text, search and transcription read in ${locale}, wide and narrow, without barriers`, async ({ browser }) => {
    test.setTimeout(150_000)
    const words = wordsIn(locale)
    const page = await callOf(browser)
    await reads(page, locale)
    const search = { name: words('search.saved'), ask: { purpose: 'analytics', text: 'rimborso' }, shared: false }
    const { id } = await api(page, 'POST /transcripts/searches', { body: search })
    for (const width of widths) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
      await page.goto(`/calls/${callId}`)
      await page.getByRole('button', { name: words('transcript.read'), exact: true }).click()
      const list = page.getByRole('list', { name: words('transcript.turns') })
      await page.getByLabel(words('calls.reasonAsk'), { exact: true }).fill('verifica del testo')
      await turnOf(list, 'verifico').getByText('verifico').click()
      await expect(spoken(page).first()).toBeVisible()
      const player = page.getByRole('region', { name: words('calls.player') })
      await player.getByRole('button', { name: words('calls.pausePlay') }).click()
      await list.scrollIntoViewIfNeeded()
      await expect(player.getByRole('button', { name: words('calls.play'), exact: true })).toBeInViewport()
      await checkLook(page, locale, `${locale} transcript ${width}`)
      expect.soft(await barriers(page), `transcript ${width}`).toEqual([])

      await page.goto('/search')
      await page
        .getByRole('region', { name: words('search.saved') })
        .getByRole('button')
        .first()
        .click()
      await expect(page.locator('mark').first()).toBeVisible()
      await checkLook(page, locale, `${locale} search ${width}`)
      expect.soft(await barriers(page), `search ${width}`).toEqual([])
    }
    await api(page, 'DELETE /transcripts/searches/:searchId', { params: { searchId: id } })
    await reads(page, 'it')

    const admin = await pageOf(browser, 'admin')
    await admin.goto('/speech')
    await reads(admin, locale)
    for (const width of widths) {
      await admin.setViewportSize({ width, height: 900 })
      await admin.goto('/speech')
      await expect(admin.getByText('openai-http').first()).toBeVisible()
      await checkLook(admin, locale, `${locale} speech ${width}`)
      expect.soft(await barriers(admin), `speech ${width}`).toEqual([])
    }
    await reads(admin, 'it')
  })
}
