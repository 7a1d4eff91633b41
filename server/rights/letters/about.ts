import type { CallerPurpose, CallerView, CopyMask } from '../../../contract/models/rights.ts'
import { gapWords } from '../../evidence/index.ts'
import { layOut, type Page } from '../../platform/pdf.ts'
import type { CallLine } from './overview.ts'
import { dayIn, filled, type Language, letterWords, momentIn, plainSpaces } from './words.ts'

type About = {
  language: Language
  callId: string
  madeAt: Date
  masks: readonly CopyMask[]
  audio: CallLine['audio']
  /** Whether what was said is written down, and in the copy. */
  transcript: 'none' | 'given' | 'withheld'
}

/** What is kept and known of a call, in words for the person it is of (GDPR art. 15(1)). PDF. */
export function aboutPdf(view: CallerView, about: About): Promise<Buffer> {
  const { language, callId, madeAt } = about
  const { enclosure: words, page: pageWords } = letterWords[language]
  const footer = (page: number, pages: number): string => `${callId}    ${filled(pageWords, { page, pages })}`
  return layOut({ title: words.title, language, date: madeAt, footer }, (page) => {
    page.title(words.title)
    page.paragraph(words.intro)
    writeCall(page, view, language)
    if (view.destroyed) page.paragraph(letterWords[language].report.destroyed)
    writePurposes(page, view, language)
    page.heading(words.gaps)
    if (view.gaps.length === 0) page.paragraph(words.gapsNone)
    else
      page.pairs(
        view.gaps.map(({ kind, ms }) => [gapWords(language)[kind], filled(words.seconds, { n: tenths(ms, language) })]),
      )
    writeGiven(page, view, language)
    if (view.annotations.length > 0) page.heading(words.annotations)
    for (const { at, text } of view.annotations) page.paragraph(`${dayIn(language, at)}: ${text}`)
    const { audios, audio: audioTitle } = letterWords[language].overview
    if (about.audio !== 'given') page.pairs([[audioTitle, audios[about.audio]]])
    if (about.masks.length > 0) {
      page.heading(words.silenced)
      page.paragraph(words.silencedLead)
      page.list(about.masks.map(({ fromMs, toMs }) => `${tenths(fromMs, language)} – ${tenths(toMs, language)} s`))
    }
    page.heading('')
    for (const text of [
      words.transcripts[about.transcript],
      words.decisions,
      words.source,
      words.transfers,
      words.rights,
    ])
      page.paragraph(text)
  })
}

function writeCall(page: Page, view: CallerView, language: Language): void {
  const { enclosure: words } = letterWords[language]
  page.heading(words.call)
  page.pairs([
    [words.began, momentIn(language, view.startedAt)],
    [words.lasted, filled(words.seconds, { n: tenths(view.durationMs, language) })],
    [words.direction, words.directions[view.direction ?? 'unknown']],
  ])
}

function writePurposes(page: Page, view: CallerView, language: Language): void {
  const { enclosure: words } = letterWords[language]
  page.heading(words.purposes)
  page.table(
    [
      { title: words.purpose, width: 0.28 },
      { title: words.basis, width: 0.26 },
      { title: words.until, width: 0.18 },
      { title: words.ai, width: 0.28 },
    ],
    view.purposes.map((p) => [
      p.name?.[language] ?? p.key,
      p.basis ? (words.bases[p.basis] ?? p.basis) : '–',
      p.state === 'live' ? untilOf(p, language) : words.ended,
      p.ai?.[language] ?? words.noAi,
    ]),
  )
}

const untilOf = ({ lastDay, audioLastDay }: CallerPurpose, language: Language): string => {
  const { audioUntil } = letterWords[language].enclosure
  const audio = audioLastDay ? ` (${filled(audioUntil, { day: dayIn(language, audioLastDay) })})` : ''
  return `${dayIn(language, lastDay)}${audio}`
}

function writeGiven(page: Page, view: CallerView, language: Language): void {
  const { enclosure: words } = letterWords[language]
  page.heading(words.given)
  page.paragraph(words.givenLead)
  if (view.listened.length === 0) return page.paragraph(words.givenNone)
  const nameOf = (key: string | null): string =>
    key === 'rights' ? words.own : (view.purposes.find((p) => p.key === key)?.name?.[language] ?? key ?? '–')
  page.table(
    [
      { title: words.when, width: 0.34 },
      { title: words.role, width: 0.26 },
      { title: words.forPurpose, width: 0.4 },
    ],
    view.listened.map((one) => [
      momentIn(language, one.at),
      words.roles[one.role] ?? one.role,
      `${nameOf(one.purpose)} (${one.export ? words.exported : words.listened})`,
    ]),
  )
}

const tenths = (ms: number, language: Language): string =>
  plainSpaces(new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(ms / 1000))
