import i18next, { type TFunction } from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { Locale } from '../contract/models/common.ts'
import type en from './locales/en.json'

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en }
  }
}

export type T = TFunction
export const locales: readonly Locale[] = ['it', 'fr', 'en']
/** Each language named in itself. */
export const localeNames: Record<Locale, string> = { it: 'Italiano', fr: 'Français', en: 'English' }

const loaders: Record<Locale, () => Promise<{ default: typeof en }>> = {
  en: () => import('./locales/en.json'),
  it: () => import('./locales/it.json'),
  fr: () => import('./locales/fr.json'),
}
const stored = 'verbale.locale'

const isLocale = (text: string | null | undefined): text is Locale => locales.some((locale) => locale === text)
const browserLocale = (): Locale => {
  const wished = [localStorage.getItem(stored), ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase())
  return wished.find(isLocale) ?? 'en'
}

export const currentLocale = (): Locale => (isLocale(i18next.language) ? i18next.language : 'en')

/** Shows the page in a language, and remembers it for the sign-in page of this browser. */
export const showIn = async (locale: Locale): Promise<void> => {
  if (!i18next.hasResourceBundle(locale, 'translation'))
    i18next.addResourceBundle(locale, 'translation', (await loaders[locale]()).default)
  await i18next.changeLanguage(locale)
  document.documentElement.lang = locale
  localStorage.setItem(stored, locale)
}

/** Ready once the browser's language is loaded. */
export const startI18n = async (): Promise<void> => {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  await showIn(browserLocale())
}

/** A text whose key is made at run time from a code of the server; `null` when there is none. */
export const textOf = (t: T, key: string, params: Record<string, string | number> = {}): string | null =>
  i18next.exists(key) ? (t as (k: string, p: object) => string)(key, params) : null
