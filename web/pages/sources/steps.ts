import type { SourceView } from '../../../contract/models/sources.ts'
import { textOf, type T } from '../../i18n.ts'

/** How to connect a platform, step by step; none for sources that need no connecting. */
export const stepsOf = (protocol: SourceView['protocol'], t: T): string[] =>
  [1, 2, 3, 4, 5].map((n) => textOf(t, `sources.steps.${protocol}.${n}`)).filter((step) => step !== null)
