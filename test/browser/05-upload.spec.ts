import { expect, type Page } from '@playwright/test'
import type { UploadState } from '../../contract/models/calls.ts'
import { choose, keep, kept, pageOf, t, test } from './kit.ts'
import { barriers, picture } from './looks.ts'
import { callPage, decoded, listen, playsInBrowser, secondsPlayed, wav } from './media.ts'

test('an added file shows its progress, becomes a call, and is refused when it is no audio', async ({ browser }) => {
  const page = await pageOf(browser, 'admin')
  await page.goto('/calls')
  await page
    .getByRole('button', { name: t('calls.add') })
    .first()
    .click()
  const drawer = page.getByRole('dialog', { name: t('calls.add') })
  const give = async (name: string, buffer: Buffer): Promise<void> => {
    await drawer.locator('input[type=file]').setInputFiles({ name, mimeType: 'audio/wav', buffer })
  }
  await give('lista.wav', Buffer.from('nome;cognome\n'.repeat(500)))
  await drawer.getByRole('button', { name: t('calls.send') }).click()
  await expect(drawer.getByRole('alert')).toContainText(t('problems.audio_not_audio'))
  await drawer.getByRole('button', { name: t('calls.otherFile') }).click()

  await give('vendita.wav', wav(60))
  await choose(page, t('calls.directionLabel'), t('calls.direction.inbound'))
  await drawer.getByLabel(t('calls.queue')).fill('Polizze')
  await drawer.getByLabel(t('calls.agent'), { exact: true }).fill('bruno@example.test')
  await drawer.getByLabel(t('calls.customerName')).fill('Carla Neri')
  await drawer.getByLabel(t('calls.customerNumber')).fill('+39 02 1234567')
  await choose(page, t('calls.agentLane'), t('calls.left'))
  const seen = page.evaluate(
    () =>
      new Promise<boolean>((resolve) => {
        const look = () => document.querySelector('[role=progressbar]') && resolve(true)
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true })
      }),
  )
  await drawer.getByRole('button', { name: t('calls.send') }).click()
  expect(await seen).toBe(true)
  await expect(drawer.getByText(t('calls.added'))).toBeVisible({ timeout: 60_000 })
  await drawer.getByRole('link', { name: t('calls.openCall') }).click()
  await expect(page).toHaveURL(/\/calls\/[0-9a-f-]{36}$/)
  keep({ uploadId: page.url().split('/').at(-1) ?? '' })
  await expect(page.getByText('Carla Neri').first()).toBeVisible()

  await page.goto('/calls')
  await page.getByLabel(t('calls.findNumber'), { exact: true }).fill('0039 021234567')
  await page.getByRole('button', { name: t('common.search') }).click()
  await expect(page.getByRole('button', { name: t('calls.clearSearch') })).toBeVisible()
  await picture(page, 'calls found 1280')
  await expect(page.getByRole('row').filter({ hasText: 'Polizze' })).toHaveCount(1)
})

test('what became of an upload is shown when its answer comes after the event, and when the event never comes', async ({
  browser,
}) => {
  for (const trouble of [answerComesLate, eventsNeverCome]) {
    const page = await pageOf(browser, 'admin')
    await trouble(page)
    await page.goto('/calls')
    const add = page.getByRole('button', { name: t('calls.add') })
    await add.first().click()
    const drawer = page.getByRole('dialog', { name: t('calls.add') })
    const buffer = Buffer.from('cognome;nome\n'.repeat(500))
    await drawer.locator('input[type=file]').setInputFiles({ name: 'lista.wav', mimeType: 'audio/wav', buffer })
    await drawer.getByRole('button', { name: t('calls.send') }).click()
    await expect(drawer.getByRole('alert'), trouble.name).toContainText(t('problems.audio_not_audio'))
    await page.waitForTimeout(2500)
    await expect(drawer.getByRole('alert'), trouble.name).toContainText(t('problems.audio_not_audio'))
    await page.close()
  }
})

/** The first answer about an upload says it is being decoded and arrives when that is no longer so. */
async function answerComesLate(page: Page): Promise<void> {
  let asked = false
  await page.route('**/api/v1/uploads/*', async (route) => {
    if (route.request().method() !== 'GET' || asked) return route.fallback()
    asked = true
    const answer = await route.fetch()
    const state = { ...((await answer.json()) as UploadState), state: 'decoding' }
    await new Promise((done) => setTimeout(done, 1000))
    await route.fulfill({ response: answer, json: state })
  })
}

/** The live connection is there and tells nothing of uploads. */
async function eventsNeverCome(page: Page): Promise<void> {
  await page.routeWebSocket('**/api/v1/live**', (socket) => {
    const server = socket.connectToServer()
    server.onMessage((message) => {
      if (!String(message).includes('upload.changed')) socket.send(message)
    })
  })
}

test('both voices are heard in the browser, from any point, at any speed, each at its volume', async ({ browser }) => {
  const page = await callPage(browser, 'admin', kept('uploadId'))
  await listen(page, 'training', 'affiancamento')
  const sound = await decoded(page)
  expect(sound.duration).toBeCloseTo(60, 0)
  expect(sound.loudness).toHaveLength(2)
  for (const level of sound.loudness) expect(level).toBeGreaterThan(0.03)

  expect.soft(await barriers(page), 'the player').toEqual([])
  await playsInBrowser(page)
  const player = page.getByRole('region', { name: t('calls.player') })
  // A click in the middle of a lane.
  const lane = player.locator('canvas').first()
  const box = (await lane.boundingBox()) ?? { width: 0, height: 0, x: 0, y: 0 }
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  await expect.poll(() => secondsPlayed(page)).toBeGreaterThan(29)
  await player.getByRole('button', { name: t('calls.pausePlay') }).click()
  await expect(player.getByRole('button', { name: t('calls.play'), exact: true })).toBeVisible()
  const seconds = async (): Promise<number> => Math.round(await secondsPlayed(page))
  const at = await seconds()
  await page.keyboard.press('l')
  await expect.poll(seconds).toBe(at + 15)
  await page.keyboard.press('j')
  await expect.poll(seconds).toBe(at)
  const position = player.getByRole('slider', { name: t('calls.position') })
  await position.focus()
  await position.press('Home')
  await expect.poll(seconds).toBe(0)

  await page.keyboard.press('>')
  await expect.poll(() => page.evaluate(() => document.querySelector('audio')?.playbackRate)).toBe(1.25)
  const volume = player.getByRole('slider', { name: t('calls.volumeOf', { who: t('calls.role.customer') }) })
  await volume.focus()
  await volume.press('Home')
  await expect(volume).toHaveAttribute('aria-valuenow', '0')
})
