import type { Organisation } from '../../../contract/models/retention.ts'
import type { RightsReport, RightsRequest, RightsTotals } from '../../../contract/models/rights.ts'
import { layOut, type Page } from '../../platform/pdf.ts'
import { dayIn, filled, type Language, type LetterKind, letterWords, momentIn } from './words.ts'

export type LetterFacts = {
  request: RightsRequest
  kind: LetterKind
  language: Language
  /** Of a request about one call. */
  callStartedAt: string
  /** Of a request about every call. */
  totals: RightsTotals | null
  /** The call's code, while it has one. */
  reference: string | null
  purposeName: (key: string) => string
  organisation: Organisation | null
  madeAt: Date
}

/** A letter to the person who asked (GDPR art. 12(3) and (4)). PDF. It names nobody whom the request does not name. */
export function letterPdf(facts: LetterFacts): Promise<Buffer> {
  const { language, request, kind, madeAt } = facts
  const words = letterWords[language]
  const title = words.subject[kind]
  const footer = (page: number, pages: number): string => filled(words.page, { page, pages })
  return layOut({ title, language, date: madeAt, footer }, (page) => {
    writeHead(page, facts)
    page.title(title)
    page.pairs([
      [aboutWhat(facts), ''],
      [filled(words.reference, { id: request.id.slice(0, 8), day: dayIn(language, request.askedAt) }), ''],
    ])
    page.paragraph(words.greeting)
    page.paragraph(wasAsked(facts))
    bodies[kind](page, facts)
    page.paragraph('')
    writeEnd(page, facts)
  })
}

function aboutWhat({ totals, language, callStartedAt }: LetterFacts): string {
  const words = letterWords[language]
  if (totals) return filled(words.all.about, { n: totals.calls })
  return filled(words.about, { when: momentIn(language, callStartedAt) })
}

function wasAsked({ totals, language, request, callStartedAt }: LetterFacts): string {
  const words = letterWords[language]
  const day = dayIn(language, request.askedAt)
  if (totals) return filled(words.all.received, { day, what: words.all.asked[request.kind], n: totals.calls })
  return filled(words.received, { day, what: words.asked[request.kind], when: dayIn(language, callStartedAt) })
}

const bodies: Record<LetterKind, (page: Page, facts: LetterFacts) => void> = {
  received: (page, { request, totals, language }) => {
    const words = letterWords[language]
    page.paragraph(filled(words.due, { day: dayIn(language, request.dueOn) }))
    if (!request.identity) page.paragraph(totals ? words.all.identity : words.identity)
  },
  extended: (page, { request, language }) => {
    const reason = sentence(request.extension?.reason ?? '')
    page.paragraph(filled(letterWords[language].extended, { reason, day: dayIn(language, request.dueOn) }))
  },
  answer: writeAnswer,
}

const reported: readonly RightsRequest['kind'][] = ['erasure', 'objection']

function writeAnswer(page: Page, facts: LetterFacts): void {
  const { request, totals, language } = facts
  const words = letterWords[language]
  const { decision, article, outcome, report } = request
  const why = article ? words.articles[article] : ''
  if (decision === 'refused') page.paragraph(filled(words.refused, { why }))
  else {
    page.paragraph((totals ? words.all : words).done[request.kind])
    if (totals && reported.includes(request.kind)) writeTotals(page, facts, totals)
    else if (report) writeReport(page, facts, report)
    writeFetch(page, facts)
    if (decision === 'partly') page.paragraph(filled(words.partly, { why }))
  }
  if (outcome) page.paragraph(filled(words.outcome, { text: outcome }))
}

/** How what was released comes to the person. */
function writeFetch(page: Page, { request: { releasedUntil }, totals, reference, language }: LetterFacts): void {
  const words = letterWords[language]
  if (!releasedUntil) return
  if (totals) page.paragraph(words.all.handed)
  else if (reference) page.paragraph(filled(words.fetch, { day: dayIn(language, releasedUntil), reference }))
}

function writeReport(page: Page, { language, purposeName }: LetterFacts, report: RightsReport): void {
  const { report: words, why, workingCopy } = letterWords[language]
  const unique = [...new Set(report.ended.map(({ purpose }) => purpose))]
  const copy = report.workingCopy
  page.list([
    ...unique.map((purpose) => filled(words.ended, { purpose: purposeName(purpose) })),
    ...report.kept.map((kept) =>
      filled(words.kept, {
        purpose: purposeName(kept.purpose),
        day: dayIn(language, kept.lastDay),
        article: kept.article,
        why: why[kept.why],
      }),
    ),
    ...report.failed.map(({ purpose }) => filled(words.failed, { purpose: purposeName(purpose) })),
    ...(copy === 'none' || report.destroyed ? [] : [workingCopy[copy]]),
  ])
  if (report.destroyed) page.paragraph(words.destroyed)
  else if (report.ended.length + report.kept.length + report.failed.length === 0) page.paragraph(words.nothing)
}

/** The same of many calls together: of each purpose, in how many. */
function writeTotals(page: Page, { language, purposeName }: LetterFacts, totals: RightsTotals): void {
  const { all, why } = letterWords[language]
  const copies = (['destroyed', 'held', 'soon'] as const).filter((what) => totals.workingCopy[what] > 0)
  const lines = [
    ...totals.ended.map(({ purpose, calls: n }) => filled(all.report.ended, { purpose: purposeName(purpose), n })),
    ...totals.kept.map((kept) =>
      filled(all.report.kept, {
        purpose: purposeName(kept.purpose),
        day: dayIn(language, kept.lastDay),
        article: kept.article,
        why: why[kept.why],
        n: kept.calls,
      }),
    ),
    ...totals.failed.map(({ purpose, calls: n }) => filled(all.report.failed, { purpose: purposeName(purpose), n })),
    ...copies.map((what) => filled(all.workingCopy[what], { n: totals.workingCopy[what] })),
  ]
  page.list(lines)
  if (totals.destroyed > 0) page.paragraph(filled(all.report.destroyed, { n: totals.destroyed }))
  else if (lines.length === 0) page.paragraph(all.report.nothing)
  if (totals.done < totals.calls) page.paragraph(filled(all.report.open, { n: totals.calls - totals.done }))
}

function writeHead(page: Page, { organisation, language, madeAt }: LetterFacts): void {
  if (organisation)
    page.paragraph([organisation.name, organisation.address, organisation.email].filter(Boolean).join('\n'))
  page.paragraph(dayIn(language, madeAt))
}

function writeEnd(page: Page, { organisation, language }: LetterFacts): void {
  const words = letterWords[language]
  const authority = organisation?.authority ? ` (${organisation.authority})` : ''
  page.paragraph(filled(words.complaint, { authority }))
  page.paragraph(words.remedy)
  const contact = organisation && [organisation.dpo.email, organisation.dpo.phone].filter(Boolean).join(', ')
  if (contact) page.paragraph(filled(words.officer, { contact }))
  page.paragraph(words.closing)
  if (organisation) page.paragraph(organisation.name)
}

/** Somebody's words as a sentence that another can follow. */
const sentence = (text: string): string => (/[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`)
