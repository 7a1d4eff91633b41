import { type Browser, expect, type Page } from '@playwright/test'
import { Locale } from '../../contract/models/common.ts'
import { rule } from '../journeys/policy.ts'
import { talk } from '../journeys/talk.ts'
import { api, pageOf, reads, test, url, wordsIn } from './kit.ts'
import { barriers, checkLook, widths } from './looks.ts'

type Line = { role: 'agent' | 'customer'; text: string }
/** What the platform says of a call: the number is asked for, told, and the talk goes on. */
const said: Record<Locale, [Line, Line, Line, Line]> = {
  it: [
    { role: 'customer', text: 'buongiorno vorrei pagare la bolletta di marzo' },
    { role: 'agent', text: 'volentieri mi dica il numero della carta' },
    { role: 'customer', text: 'quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno' },
    { role: 'agent', text: 'la ringrazio il pagamento è andato a buon fine' },
  ],
  fr: [
    { role: 'customer', text: 'bonjour je voudrais payer ma facture de mars' },
    { role: 'agent', text: 'volontiers donnez-moi le numéro de la carte' },
    { role: 'customer', text: 'quatre un un un un un un un un un un un un un un un' },
    { role: 'agent', text: 'je vous remercie le paiement a été validé' },
  ],
  en: [
    { role: 'customer', text: 'hello I would like to pay the bill of march' },
    { role: 'agent', text: 'of course can I have the long card number please' },
    { role: 'customer', text: 'four one one one one one one one one one one one one one one one' },
    { role: 'agent', text: 'lovely that has gone through for you' },
  ],
}
const digits = /quattro uno|quatre un un|four one one/

let credential: { keyId: string; secret: string }
let token = ''
test.beforeAll(async ({ browser }) => {
  const admin = await pageOf(browser, 'admin')
  await admin.goto('/calls')
  const { version } = await api(admin, 'GET /policy')
  const pause = { agent: true, platform: true, detector: true, autoResumeSeconds: 0, reachBackSeconds: 0 }
  const rules = [rule({ name: 'Assistenza', purposes: ['evidence', 'assist'], pause })]
  await api(admin, 'POST /policy/versions', { body: { rules, note: 'assistenza', basedOn: version } })
  const made = await api(admin, 'POST /sources/credentials', { body: { protocol: 'stream', name: 'Centrale' } })
  credential = { keyId: made.credential.keyId, secret: made.secret }
  token = (await api(admin, 'POST /tokens', { body: { name: 'sottotitoli', permissions: ['calls.add'] } })).token
  await admin.close()
})

/** Captions as a platform sends them. */
async function push(callId: string, captions: object[]): Promise<void> {
  const answer = await fetch(`${url()}/api/v1/captions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ call: { callId }, captions }),
  })
  expect(answer.status).toBe(200)
}

async function agentPage(browser: Browser, locale: Locale): Promise<Page> {
  const page = await pageOf(browser, 'agent')
  await page.goto('/my-call')
  await reads(page, locale)
  await page.reload()
  return page
}

for (const locale of Locale.options)
  test(`captions of the platform stand on the agent’s page in ${locale}; a card number never does`, async ({
    browser,
  }) => {
    test.setTimeout(120_000)
    const t = wordsIn(locale)
    const agent = await agentPage(browser, locale)
    const facts = { agent: 'bruno@example.test', queue: 'Bollette' }
    const call = await talk({ url: url() }, credential, facts)
    await call.speak('nobody', 1)
    const log = agent.getByRole('log', { name: t('captions.title') })
    const [first, asks, number, done] = said[locale]
    const line = (id: string, { role, text }: Line, more: { final?: boolean; startMs: number; endMs: number }) => ({
      id,
      role,
      text,
      language: locale,
      final: true,
      ...more,
    })

    await push(call.callId, [
      line('1', { ...first, text: first.text.slice(0, 14) }, { final: false, startMs: 0, endMs: 500 }),
    ])
    await expect(log).toContainText(first.text.slice(0, 13))
    await push(call.callId, [line('1', first, { startMs: 0, endMs: 900 })])
    await expect(log).toContainText(first.text)
    await call.speak('agent', 1)
    await push(call.callId, [line('2', asks, { startMs: 1000, endMs: 1900 })])
    await expect(agent.getByRole('status').filter({ hasText: t('calls.status.masked') })).toBeVisible()
    await expect(agent.getByText(t('captions.masked'))).toBeVisible()
    await call.speak('customer', 2)
    await push(call.callId, [line('3', number, { startMs: 2000, endMs: 3900 })])
    await expect(log).toContainText(t('transcript.marks.CARD'))
    for (const width of widths) {
      await agent.setViewportSize({ width, height: 900 })
      await checkLook(agent, locale, `captions masked ${locale} ${width}`)
    }
    if (locale === 'fr') expect.soft(await barriers(agent), 'captions').toEqual([])
    await call.speak('nobody', 2)
    await push(call.callId, [line('4', done, { startMs: 6500, endMs: 7500 })])
    await expect(agent.getByText(t('captions.masked'))).toBeHidden()
    await expect(log).toContainText(done.text)
    expect(await agent.locator('body').textContent()).not.toMatch(digits)

    // A page that is loaded anew has what was said before.
    await agent.reload()
    await expect(log).toContainText(first.text)
    await log.focus()
    await expect(log).toBeFocused()
    await call.hangUp()
    await expect(log).toBeHidden()
    const admin = await pageOf(browser, 'admin')
    await admin.goto(`/calls/${call.callId}`)
    await reads(admin, locale)
    await expect(async () => {
      await admin.reload()
      await expect(admin.getByText(t('captions.receiptRecorded'))).toBeVisible({ timeout: 3000 })
    }).toPass({ timeout: 30_000 })
    await admin.setViewportSize({ width: 1280, height: 900 })
    await checkLook(admin, locale, `captions receipt ${locale} 1280`)
    await expect(admin.getByText(t('calls.gap.sensitive')).first()).toBeVisible()
    await reads(admin, 'it')
    await reads(agent, 'it')
    await Promise.all([admin.close(), agent.close()])
  })

test('a supervisor follows a call after asking to, and the agent learns of it', async ({ browser }) => {
  const t = wordsIn('it')
  const call = await talk({ url: url() }, credential, { agent: 'bruno@example.test', queue: 'Bollette' })
  await call.speak('nobody', 1)
  const supervisor = await pageOf(browser, 'supervisor')
  await supervisor.goto('/my-call')
  await supervisor.getByRole('button', { name: t('captions.follow') }).press('Enter')
  await push(call.callId, [
    { id: '1', role: 'customer', final: true, text: 'buongiorno a tutti', startMs: 0, endMs: 900 },
  ])
  await expect(supervisor.getByRole('log')).toContainText('buongiorno a tutti')
  const agent = await pageOf(browser, 'agent')
  await agent.goto('/heard')
  const { items } = await api(agent, 'GET /me/heard', { query: { limit: 10 } })
  expect(items.some((one) => one.callId === call.callId && one.purpose === 'assist')).toBe(true)
  await call.hangUp()
  await Promise.all([agent.close(), supervisor.close()])
})
