import type { Words } from '../../../../contract/models/retention.ts'
import type { Language } from '../../words.ts'
import { en } from './en.ts'
import { fr } from './fr.ts'
import { it } from './it.ts'
import type { SecurityWords } from './type.ts'

export type { OutsideKey, SecurityWords, StateCode } from './type.ts'

export const securityWords: Record<Language, SecurityWords> = { it, fr, en }

/** A text of ours in every language. */
export const inWords = (pick: (words: SecurityWords) => string): Words => ({ it: pick(it), fr: pick(fr), en: pick(en) })
