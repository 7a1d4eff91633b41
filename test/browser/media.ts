import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, expect, type Page } from '@playwright/test'
import { encodeG711 } from '../../server/capture/media/codecs/g711.ts'
import { pageOf, t } from './kit.ts'

const rate = 8000

/** Something like a voice: a tone of `hertz` that comes and goes. Samples of 16 bits at 8 kHz. */
export const voice = (seconds: number, hertz: number, from = 0): Int16Array =>
  Int16Array.from({ length: Math.round(seconds * rate) }, (_, n) => {
    const at = n / rate + from
    return Math.round(9000 * Math.sin(2 * Math.PI * hertz * at) * Math.abs(Math.sin(Math.PI * at * 0.7)))
  })

/** 20 ms of mu-law, the `index`th frame of a voice. */
export const frame = (index: number, hertz: number): Buffer => encodeG711('PCMU', voice(0.02, hertz, index * 0.02))

/** A stereo PCM WAV: the agent on the left, the customer on the right. */
export function wav(seconds: number): Buffer {
  const [left, right] = [voice(seconds, 220), voice(seconds, 330)]
  const data = Buffer.alloc(left.length * 4)
  for (const [n, sample] of left.entries()) {
    data.writeInt16LE(sample, n * 4)
    data.writeInt16LE(right[n] ?? 0, n * 4 + 2)
  }
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(2, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 4, 28)
  head.writeUInt16LE(4, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}

/** Sends 20 ms frames in real time until told to stop. */
export function sending(send: (index: number) => void): { stop: () => Promise<void> } {
  let going = true
  const done = (async () => {
    const began = Date.now()
    for (let index = 0; going; index++) {
      send(index)
      await sleep(Math.max(0, began + (index + 1) * 20 - Date.now()))
    }
  })()
  return { stop: () => ((going = false), done) }
}

/** Waits on the call's page until a purpose may be heard, then asks for it with a reason. */
export async function listen(page: Page, purpose: 'evidence' | 'training', reason: string): Promise<void> {
  const ask = page.getByRole('combobox', { name: t('calls.purposeAsk') })
  await expect(async () => {
    await page.reload()
    await expect(ask).toBeVisible({ timeout: 2500 })
  }).toPass({ timeout: 60_000 })
  await ask.click()
  await page.getByRole('option', { name: t(`calls.purpose.${purpose}`) }).click()
  const label = purpose === 'evidence' ? t('calls.reasonAsk') : t('calls.reasonOptional')
  await page.getByLabel(label, { exact: true }).fill(reason)
  await page.getByRole('button', { name: t('calls.listen'), exact: true }).click()
  await expect(page.getByRole('region', { name: t('calls.player') })).toBeVisible()
}

type Sound = { duration: number; loudness: number[] }

/** What the browser itself decodes from the granted address: seconds, and each channel's root mean square. */
export const decoded = (page: Page): Promise<Sound> =>
  page.evaluate(async () => {
    const source = document.querySelector('audio')?.src ?? ''
    const bytes = await (await fetch(source)).arrayBuffer()
    const sound = await new OfflineAudioContext(2, 8000, 8000).decodeAudioData(bytes)
    const loudness = Array.from({ length: sound.numberOfChannels }, (_, channel) => {
      const samples = sound.getChannelData(channel)
      return Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length)
    })
    return { duration: sound.duration, loudness }
  })

export const secondsPlayed = (page: Page): Promise<number> =>
  page.evaluate(() => document.querySelector('audio')?.currentTime ?? -1)

/** Presses play and waits until the browser has moved on by itself. */
export async function playsInBrowser(page: Page): Promise<void> {
  await page.getByRole('button', { name: t('calls.play'), exact: true }).click()
  await expect.poll(() => secondsPlayed(page), { timeout: 20_000 }).toBeGreaterThan(0.4)
  await expect(page.getByText(t('calls.playFailed'))).toHaveCount(0)
}

/** Opens a call as somebody. */
export async function callPage(browser: Browser, who: Parameters<typeof pageOf>[1], callId: string): Promise<Page> {
  const page = await pageOf(browser, who)
  await page.goto(`/calls/${callId}`)
  return page
}
