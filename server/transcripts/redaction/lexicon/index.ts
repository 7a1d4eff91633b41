import type { Language } from '../types.ts'
import { english } from './en.ts'
import { french } from './fr.ts'
import { italian } from './it.ts'
import type { Lexicon } from './lexicon.ts'

export const lexicons: Readonly<Record<Language, Lexicon>> = { it: italian, fr: french, en: english }
