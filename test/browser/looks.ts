import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, type Page } from '@playwright/test'
import type { Locale } from '../../contract/models/common.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const italian = readFileSync(new URL('../../web/locales/it.json', import.meta.url), 'utf8')
const untranslated = new RegExp(`\\b(${Object.keys(JSON.parse(italian) as object).join('|')})\\.[a-z]`, 'i')
/** Settings are named on the page as they are in the configuration. */
const settings = /\bspeech\.(servers|queues|modelsDir|meaning)\b/g
export const widths = [1280, 390]

/** Only colours differ between the schemes. */
const ofColours = ['color-contrast', 'link-in-text-block']

type Scheme = 'dark' | 'light'
type Finding = { scheme: Scheme; id: string; impact: string; targets: string[] }

/** Serious and critical findings of axe in the page, in light and in dark, once nothing glides or fades any more. */
export async function barriers(page: Page): Promise<Finding[]> {
  const found: Finding[] = []
  await page.evaluate(axe)
  for (const scheme of ['dark', 'light'] as const) {
    await show(page, scheme)
    const looked = await serious(page, scheme === 'dark' ? { runOnly: { type: 'rule', values: ofColours } } : {})
    found.push(...looked.map((finding) => ({ scheme, ...finding })))
  }
  return found
}

const serious = (page: Page, rules: object): Promise<Omit<Finding, 'scheme'>[]> =>
  page.evaluate(async (options) => {
    type Violation = { id: string; impact: string; nodes: { target: string[] }[] }
    const { axe: engine } = globalThis as unknown as { axe: { run(o: object): Promise<{ violations: Violation[] }> } }
    const { violations } = await engine.run({ resultTypes: ['violations'], ...options })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, nodes }) => ({ id, impact, targets: nodes.slice(0, 3).map((n) => n.target.join(' ')) }))
  }, rules)

/** Shows the page in a scheme, and waits: half-faded text has the contrast of neither its beginning nor its end. */
async function show(page: Page, scheme: Scheme): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme })
  await page.waitForFunction(
    (wanted) =>
      document.documentElement.dataset['mantineColorScheme'] === wanted &&
      document.getAnimations().every((animation) => animation.effect?.getComputedTiming().endTime === Infinity),
    scheme,
  )
}

/** A picture for people to look at, when VERBALE_SHOTS names a folder. */
export async function picture(page: Page, where: string): Promise<void> {
  const shots = process.env['VERBALE_SHOTS']
  if (!shots) return
  for (const scheme of ['dark', 'light'] as const) {
    await show(page, scheme)
    const name = `${where}${scheme === 'dark' ? ' dark' : ''}`.replace(/\W+/g, '_')
    await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true })
  }
}

/** No sideways scrolling, no text key shown, the page in its language, a heading. */
export async function checkLook(page: Page, locale: Locale, where: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 }), where).toBeVisible()
  // The frame glides when the window changes; what still overflows after that is wrong.
  const over = (): Promise<number> =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  await expect.soft.poll(over, { message: `${where} scrolls sideways`, timeout: 3000 }).toBeLessThanOrEqual(0)
  const seen = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    text: document.body.innerText,
  }))
  expect.soft(seen.lang, where).toBe(locale)
  expect.soft(seen.text.replace(settings, '').match(untranslated)?.[0], `${where} shows a text key`).toBeUndefined()
  await picture(page, where)
}
