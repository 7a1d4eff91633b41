import { expect } from '@playwright/test'
import { joinChannels } from '../../server/capture/protocols/websocket/channels.ts'
import { AudioHookClient } from '../../server/capture/testkit/audiohook-client.ts'
import { api, pageOf, t, test, until, url } from './kit.ts'
import { callPage, decoded, frame, listen, playsInBrowser, sending } from './media.ts'

test('a credential made on the sources page lets Genesys in, and the call is heard', async ({ browser }) => {
  const admin = await pageOf(browser, 'admin')
  await admin.goto('/sources')
  const card = admin.getByRole('region', { name: t('sources.protocols.audiohook') })
  await expect(card.getByText(t('sources.credentialMissing'))).toBeVisible()
  await card.getByRole('button', { name: t('sources.addCredential') }).click()
  await admin.getByRole('dialog').getByLabel(t('people.name')).fill('Genesys Milano')
  await admin.getByRole('button', { name: t('sources.createCredential') }).click()
  const shown = admin.getByRole('dialog', { name: t('sources.credentialMade') })
  await expect(shown.locator('code')).toHaveCount(2)
  const [keyId = '', secret = ''] = await shown.locator('code').allTextContents()
  await shown.getByLabel(t('common.kept')).check()
  await shown.getByRole('button', { name: t('common.close') }).click()
  await expect(card.getByRole('rowheader', { name: 'Genesys Milano' })).toBeVisible()

  const target = (await card.locator('code').first().textContent()) ?? ''
  expect(target).toBe(`${url().replace('http', 'ws')}/capture/audiohook`)
  const stranger = new AudioHookClient({ url: target, signing: null })
  await expect(stranger.opened).rejects.toThrow()

  const client = new AudioHookClient({ url: target, signing: { keyId, secret: Buffer.from(secret, 'base64') } })
  await client.opened
  const media = sending((index) => client.audio(joinChannels([frame(index, 330), frame(index, 220)], 1)))
  const { id } = await until('the live call', async () => {
    const { items } = await api(admin, 'GET /calls', { query: { state: 'live', limit: 50 } })
    return items.find((call) => call.protocol === 'audiohook')
  })
  await until('five seconds of it', async () => client.position > 5 * 8000)
  await media.stop()
  await client.close()

  const page = await callPage(browser, 'admin', id)
  await listen(page, 'evidence', 'prova di ascolto')
  const sound = await decoded(page)
  expect(sound.duration).toBeGreaterThan(4)
  for (const level of sound.loudness) expect(level).toBeGreaterThan(0.03)
  await playsInBrowser(page)
})
