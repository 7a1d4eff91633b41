import type { Language } from '../types.ts'

/** How a row of digits is said. */
export const styles = ['single', 'pairs', 'triples', 'double', 'numerals'] as const
export type Style = (typeof styles)[number]

const names: Record<Language, { units: string[]; teens: string[]; tens: string[]; double: string }> = {
  it: {
    units: 'zero uno due tre quattro cinque sei sette otto nove'.split(' '),
    teens: 'dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove'.split(' '),
    tens: '  venti trenta quaranta cinquanta sessanta settanta ottanta novanta'.split(' '),
    double: 'doppio',
  },
  fr: {
    units: 'zéro un deux trois quatre cinq six sept huit neuf'.split(' '),
    teens: 'dix,onze,douze,treize,quatorze,quinze,seize,dix-sept,dix-huit,dix-neuf'.split(','),
    tens: '  vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt'.split(' '),
    double: 'double',
  },
  en: {
    units: 'zero one two three four five six seven eight nine'.split(' '),
    teens: 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' '),
    tens: '  twenty thirty forty fifty sixty seventy eighty ninety'.split(' '),
    double: 'double',
  },
}

/** A number from 0 to 999 in words, as it is written in books of grammar. */
export function speakNumber(n: number, language: Language): string {
  const { units } = names[language]
  if (n < 100) return speakBelow100(n, language)
  const hundreds = Math.floor(n / 100)
  const rest = n % 100
  const small = rest === 0 ? '' : speakBelow100(rest, language)
  if (language === 'it') return `${hundreds === 1 ? '' : units[hundreds]}cento${small}`
  if (language === 'en') return `${units[hundreds]} hundred${small && ` and ${small}`}`
  return `${hundreds === 1 ? '' : `${units[hundreds]} `}cent${hundreds > 1 && !small ? 's' : ''}${small && ` ${small}`}`
}

function speakBelow100(n: number, language: Language): string {
  const { units, teens, tens } = names[language]
  if (n < 10) return units[n] ?? ''
  if (n < 20) return teens[n - 10] ?? ''
  const [ten, unit] = [Math.floor(n / 10), n % 10]
  const word = tens[ten] ?? ''
  if (language === 'fr') return speakFrench(ten, unit)
  if (unit === 0) return word
  if (language === 'en') return `${word} ${units[unit]}`
  return `${unit === 1 || unit === 8 ? word.slice(0, -1) : word}${unit === 3 ? 'tré' : units[unit]}`
}

function speakFrench(ten: number, unit: number): string {
  const { units, teens, tens } = names.fr
  const word = tens[ten] ?? ''
  if (ten === 7 || ten === 9) return ten === 7 && unit === 1 ? 'soixante et onze' : `${word}-${teens[unit]}`
  if (unit === 0) return ten === 8 ? 'quatre-vingts' : word
  return unit === 1 && ten < 8 ? `${word} et un` : `${word}-${units[unit]}`
}

/** A row of digits as it is said in a style. Groups with a zero in front are said digit by digit. */
export function speakDigits(digits: string, language: Language, style: Style): string {
  const single = (text: string): string => Array.from(text, (d) => names[language].units[Number(d)]).join(' ')
  const size = { single: 1, double: 1, pairs: 2, triples: 3, numerals: 4 }[style]
  if (style === 'double')
    return digits
      .replace(/(\d)\1|\d/g, (m) => `${m.length === 2 ? `${names[language].double} ` : ''}${single(m.slice(-1))} `)
      .trim()
  const groups = digits.match(new RegExp(`.{1,${size}}`, 'g')) ?? []
  if (style === 'numerals') return groups.join(' ')
  return groups.map((g) => (g.startsWith('0') ? single(g) : speakNumber(Number(g), language))).join(' ')
}

/** A number that passes Luhn's check: `body` and its check digit. */
export function withLuhn(body: string): string {
  const sum = Array.from(body)
    .toReversed()
    .map((d, k) => (k % 2 === 0 ? Number(d) * 2 : Number(d)))
    .reduce((total, d) => total + (d > 9 ? d - 9 : d), 0)
  return body + String((10 - (sum % 10)) % 10)
}
