import type { CallerView, RightsRequest } from '../../../contract/models/rights.ts'
import { layOut } from '../../platform/pdf.ts'
import { filled, letterWords, momentIn } from './words.ts'

/**
 * A call in the overview. `audio`: given; there is none; nobody examined yet whether others are to be heard in it; examined and
 * withheld; or no place for it in one file.
 */
export type CallLine = Pick<CallerView, 'startedAt' | 'durationMs' | 'state'> & {
  folder: string
  audio: 'given' | 'none' | 'not_examined' | 'withheld' | 'too_large'
}

/** Every call of a person, each with its folder and whether its audio is there. PDF. */
export function overviewPdf(
  lines: readonly CallLine[],
  { request, madeAt }: { request: RightsRequest; madeAt: Date },
): Promise<Buffer> {
  const { language } = request
  const { overview: words, page: pageWords } = letterWords[language]
  const footer = (page: number, pages: number): string => filled(pageWords, { page, pages })
  const seconds = new Intl.NumberFormat(language, { maximumFractionDigits: 0 })
  return layOut({ title: words.title, language, date: madeAt, footer }, (page) => {
    page.title(words.title)
    page.paragraph(filled(words.intro, { n: lines.length }))
    if (lines.some(({ audio }) => audio === 'not_examined')) page.paragraph(words.notExamined)
    if (lines.length === 0) return
    page.table(
      [
        { title: words.began, width: 0.26 },
        { title: words.lasted, width: 0.12 },
        { title: words.state, width: 0.14 },
        { title: words.audio, width: 0.2 },
        { title: words.folder, width: 0.28 },
      ],
      lines.map(({ folder, startedAt, durationMs, state, audio }) => [
        momentIn(language, startedAt),
        `${seconds.format(durationMs / 1000)} s`,
        words.states[state],
        words.audios[audio],
        folder,
      ]),
    )
  })
}
