import { codeOf, digitsOf, isWhole, type Structure, structureOf } from './detectors/structure.ts'
import { readings } from './lattice.ts'
import type { Cue, Lexicon } from './lexicon/lexicon.ts'
import type { Token } from './tokens.ts'
import type { PiiType } from './types.ts'

/** The part of a value that one turn holds. */
export type Segment = { turn: string; wide: readonly Token[]; tight: readonly Token[] }

/** What is known about a value besides its words. */
export type Context = {
  /** What it was announced as; null: by nothing. */
  cue: Cue | null
  /** It was asked for, or announced at once before it; otherwise the cue was only mentioned. */
  asked: boolean
  dated: boolean
  unit: boolean
  other: boolean
  /** A word follows at once: one or two digits may be a count of something. */
  followed: boolean
  /** A card number was told a short time ago. */
  afterCard: boolean
}

export type Verdict = {
  type: PiiType | null
  /** Letters and digits as likely meant. */
  code: string
  /** The span takes words at the edges that may be letters or months. */
  wide: boolean
  /** Told to its end. */
  whole: boolean
}

/** Cues that say nothing of the kind: the form decides, or what was asked. */
export const isVague = (cue: Cue | null): boolean => cue === null || cue === 'NUMBER' || cue === 'DATE'

/** Types whose values may begin or end with a word that is also a letter, or a month. */
const wideTypes: ReadonlySet<PiiType> = new Set(['IBAN', 'NATIONAL_ID', 'PASSPORT', 'NAME', 'DOB', 'EXPIRY', 'ADDRESS'])

/** Decides what a value is, from its announcement and its form. */
export function decide(lexicon: Lexicon, segments: readonly Segment[], context: Context): Verdict {
  const wide = readings(
    lexicon,
    segments.flatMap((s) => s.wide),
  )
  const tightTokens = segments.flatMap((s) => s.tight)
  const whole = structureOf(wide, lexicon.language)
  const tight = tightTokens.length === segments.flatMap((s) => s.wide).length ? wide : readings(lexicon, tightTokens)
  const form = whole ?? structureOf(tight, lexicon.language)
  const digits = digitCount(tight)
  const type = typeOf({ form, digits, wide, lexicon }, context)
  const letters = type !== null && wideTypes.has(type)
  const code = letters ? codeOf(wide[0] ?? '') : (digitsOf(tight[0] ?? '') ?? codeOf(tight[0] ?? ''))
  return { type, wide: letters, code, whole: type !== null && isWhole(type, code, lexicon.language) }
}

const digitCount = (candidates: readonly string[]): number => (candidates[0] ?? '').replace(/\D/g, '').length

type Value = { form: Structure | null; digits: number; wide: readonly string[]; lexicon: Lexicon }

function typeOf(value: Value, context: Context): PiiType | null {
  const { form, digits } = value
  const { cue } = context
  const payment = form?.checked === true && (form.type === 'CARD' || form.type === 'IBAN') ? form.type : null
  if (context.unit || cue === 'OTHER') return payment
  if (context.other && digits <= 4 && cue !== 'DOB' && cue !== 'EXPIRY') return null
  if (form && overrides(form, cue)) return form.type
  if (isVague(cue)) return uncued(value, context)
  if (context.followed && digits <= 2 && !context.dated && cue !== 'IBAN' && cue !== 'NATIONAL_ID') return null
  return cued(cue as PiiType, value, context) ? (cue as PiiType) : (form?.type ?? null)
}

/** A value whose own form is so plain that another announcement does not count. */
function overrides(form: Structure, cue: Cue | null): boolean {
  if (form.type === 'IBAN') return true
  if (form.type === 'CARD')
    return cue === 'PHONE' || cue === 'NUMBER' || cue === 'EXPIRY' || cue === 'CVV' || cue === 'ADDRESS'
  return form.checked && form.type === 'NATIONAL_ID' && cue !== 'IBAN' && cue !== 'CARD'
}

function uncued({ form, digits, wide }: Value, { cue, dated, afterCard, followed }: Context): PiiType | null {
  if (form && !(dated && form.type === 'PHONE')) return form.type
  if (dated || cue === 'DATE') {
    if (wide.some((reading) => /(?:19\d\d|200\d)$/.test(reading)) && digits >= 5) return 'DOB'
    return afterCard && digits >= 2 ? 'EXPIRY' : null
  }
  if (cue === 'NUMBER') return digits >= 8 && digits <= 13 ? 'PHONE' : null
  if (
    !afterCard ||
    followed ||
    !wide.slice(0, 3).some((reading) => digitsOf(reading) !== null) ||
    digits < 3 ||
    digits > 4
  )
    return null
  return wide.some((reading) => /^(?:0?[1-9]|1[0-2])(?:2[4-9]|3\d)$/.test(reading)) ? 'EXPIRY' : 'CVV'
}

/** Whether a value can be what it was announced as. */
function cued(cue: PiiType, { digits, wide }: Value, { dated, asked }: Context): boolean {
  const code = codeOf(wide[0] ?? '')
  const spelled = (wide[0] ?? '').replace(/[^A-Z]/g, '').length >= 3
  if (spelled && (cue === 'CARD' || cue === 'CVV' || cue === 'PHONE' || cue === 'EXPIRY' || cue === 'DOB')) return false
  switch (cue) {
    case 'CARD':
      return digits >= (asked ? 1 : 4)
    case 'CVV':
      return digits >= 1
    case 'EXPIRY':
      return digits >= 2 || (dated && code.length >= 2)
    case 'IBAN':
      return asked ? code.length >= 1 : code.length >= 4
    case 'NATIONAL_ID':
      return asked ? code.length >= 1 : code.length >= 4
    case 'PASSPORT':
      return code.length >= 5
    case 'PHONE':
      return digits >= 5
    case 'DOB':
      return dated || (digits >= 3 && digits <= 8)
    case 'NAME':
      return digits === 0 && code.length >= 3
    case 'ADDRESS':
      return digits === 5 || /^[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}$/.test(code)
    default:
      return false
  }
}
