import type { MeasuredValue, SecurityControl, SecurityEvidence } from '../../../contract/models/security.ts'
import { layOut, type Page } from '../../platform/pdf.ts'
import { dayIn, filled, instantIn, numberIn, timeIn } from '../format.ts'
import type { Language } from '../words.ts'
import { type SecurityWords, securityWords } from './words/index.ts'

type Saying = { page: Page; language: Language; words: SecurityWords }

/** Security evidence to be read and handed over. PDF; the same evidence gives the same bytes. */
export function securityPdf(evidence: SecurityEvidence, language: Language): Promise<Buffer> {
  const words = securityWords[language]
  const footer = (page: number, pages: number): string => filled(words.page, { page, pages })
  return layOut({ title: words.title, language, date: new Date(evidence.madeAt), footer }, (page) => {
    const saying = { page, language, words }
    page.title(words.title)
    page.paragraph(
      filled(words.intro, { product: evidence.product, at: `${instantIn(language, evidence.madeAt)} UTC` }),
    )
    page.paragraph(filled(words.summary, evidence.counts))
    writeSummary(saying, evidence.controls)
    for (const control of evidence.controls) writeControl(saying, control)
  })
}

/** Every control in a line, so that what needs attention is found. */
function writeSummary({ page, language, words }: Saying, controls: readonly SecurityControl[]): void {
  for (const [standard, name] of Object.entries(words.standards)) {
    page.heading(name)
    page.table(
      [
        { title: words.clause, width: 0.2 },
        { title: words.subject, width: 0.55 },
        { title: words.status, width: 0.25 },
      ],
      controls
        .filter((control) => control.standard === standard)
        .map(({ clause, subject, status }) => [clause, subject[language], words.statuses[status]]),
    )
  }
}

function writeControl({ page, language, words }: Saying, control: SecurityControl): void {
  const { standard, clause, formerly, uncertain, subject, status, evidence, checks, provide } = control
  page.heading(`${clause} ${subject[language]} – ${words.statuses[status]}`)
  const notes = [
    words.standards[standard],
    ...(formerly === null ? [] : [filled(words.formerly, { clause: formerly })]),
    ...(uncertain ? [words.uncertain] : []),
  ]
  page.paragraph(`${notes.join('; ')}.`)
  if (evidence.length > 0)
    page.table(
      [
        { title: words.evidence, width: 0.54 },
        { title: words.value, width: 0.33 },
        { title: words.measuredAt, width: 0.13 },
      ],
      evidence.map(({ label, value, good, at }) => [
        label[language],
        good === false ? `${valueIn(value, language)} (${words.bad})` : valueIn(value, language),
        timeIn(language, at),
      ]),
    )
  if (provide) page.pairs([[words.provide, provide[language]]])
  if (checks.length > 0) page.pairs(checks.map((check, i) => [i === 0 ? words.checks : '', check[language]]))
}

/** A measured value as the language writes it. */
export function valueIn(value: MeasuredValue, language: Language): string {
  const words = securityWords[language]
  switch (value.kind) {
    case 'number':
      return numberIn(language, value.n)
    case 'part':
      return filled(words.partOf, { n: numberIn(language, value.n), of: numberIn(language, value.of) })
    case 'days':
      return filled(words.days, { n: numberIn(language, value.n) })
    case 'instant':
      return value.at === null ? words.never : `${instantIn(language, value.at)} UTC`
    case 'day':
      return value.day === null ? words.never : dayIn(language, value.day)
    case 'text':
      return value.text
    case 'state':
      return value.text[language]
    case 'counts':
      return (
        value.items.map(({ name, n }) => `${name[language]} (${numberIn(language, n)})`).join(', ') || words.nothing
      )
  }
}
