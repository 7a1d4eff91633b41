import type { Organisation } from '../../../contract/models/retention.ts'
import type { RightsReport, RightsRequest } from '../../../contract/models/rights.ts'
import { layOut, type Page } from '../../platform/pdf.ts'
import { dayIn, filled, type Language, type LetterKind, letterWords, momentIn } from './words.ts'

export type LetterFacts = {
  request: RightsRequest
  kind: LetterKind
  language: Language
  callStartedAt: string
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
      [filled(words.about, { when: momentIn(language, facts.callStartedAt) }), ''],
      [filled(words.reference, { id: request.id.slice(0, 8), day: dayIn(language, request.askedAt) }), ''],
    ])
    page.paragraph(words.greeting)
    const asked = {
      day: dayIn(language, request.askedAt),
      what: words.asked[request.kind],
      when: dayIn(language, facts.callStartedAt),
    }
    page.paragraph(filled(words.received, asked))
    bodies[kind](page, facts)
    page.paragraph('')
    writeEnd(page, facts)
  })
}

const bodies: Record<LetterKind, (page: Page, facts: LetterFacts) => void> = {
  received: (page, { request, language }) => {
    const words = letterWords[language]
    page.paragraph(filled(words.due, { day: dayIn(language, request.dueOn) }))
    if (!request.identity) page.paragraph(words.identity)
  },
  extended: (page, { request, language }) => {
    const reason = sentence(request.extension?.reason ?? '')
    page.paragraph(filled(letterWords[language].extended, { reason, day: dayIn(language, request.dueOn) }))
  },
  answer: writeAnswer,
}

function writeAnswer(page: Page, facts: LetterFacts): void {
  const { request, language } = facts
  const words = letterWords[language]
  const { decision, article, outcome, report, releasedUntil } = request
  const why = article ? words.articles[article] : ''
  if (decision === 'refused') page.paragraph(filled(words.refused, { why }))
  else {
    page.paragraph(words.done[request.kind])
    if (report) writeReport(page, facts, report)
    if (releasedUntil && facts.reference)
      page.paragraph(filled(words.fetch, { day: dayIn(language, releasedUntil), reference: facts.reference }))
    if (decision === 'partly') page.paragraph(filled(words.partly, { why }))
  }
  if (outcome) page.paragraph(filled(words.outcome, { text: outcome }))
}

function writeReport(page: Page, { language, purposeName }: LetterFacts, report: RightsReport): void {
  const { report: words, why } = letterWords[language]
  const unique = [...new Set(report.ended.map(({ purpose }) => purpose))]
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
  ])
  if (report.destroyed) page.paragraph(words.destroyed)
  else if (report.ended.length + report.kept.length + report.failed.length === 0) page.paragraph(words.nothing)
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
