import type { ProcessingActivity, ProcessingRegister } from '../../contract/models/accountability.ts'
import type { Span } from '../../contract/models/retention.ts'
import { layOut, type Page } from '../platform/pdf.ts'
import { dayIn, filled } from './format.ts'
import { type Language, registerWords } from './words.ts'

/** The register of processing to be read and signed. PDF; the same register gives the same bytes. */
export function registerPdf(register: ProcessingRegister, language: Language): Promise<Buffer> {
  const words = registerWords[language]
  const footer = (page: number, pages: number): string => filled(words.page, { page, pages })
  return layOut({ title: words.title, language, date: new Date(register.madeAt), footer }, (page) => {
    page.title(words.title)
    page.paragraph(filled(words.intro, { at: dayIn(language, register.madeAt) }))
    writeController(page, register, language)
    page.heading(words.activities)
    for (const activity of register.activities) writeActivity(page, activity, language)
    writeOutside(page, register, language)
    page.heading(words.security)
    page.paragraph(words.securityText)
    writeAgreements(page, register, language)
    const { announcement, ...versions } = register.versions
    page.paragraph(filled(words.versions, { ...versions, announcement: announcement ?? '–' }))
  })
}

function writeController(page: Page, { controller, missing }: ProcessingRegister, language: Language): void {
  const words = registerWords[language]
  page.heading(words.controller)
  if (controller) {
    const { dpo } = controller
    page.pairs([
      [words.name, controller.name],
      [words.address, controller.address || '–'],
      [words.contact, controller.email || '–'],
      [words.officer, [dpo.name, dpo.email, dpo.phone].filter(Boolean).join(', ') || '–'],
      [words.authority, controller.authority || '–'],
    ])
  }
  if (missing.length > 0)
    page.paragraph(filled(words.missing, { facts: missing.map((fact) => words.missingFacts[fact]).join(', ') }))
}

function writeActivity(page: Page, activity: ProcessingActivity, language: Language): void {
  const words = registerWords[language]
  const { held, ceiling, ceilingText } = activity
  page.heading(activity.active ? activity.name[language] : `${activity.name[language]} (${words.off})`)
  page.paragraph(activity.description[language])
  const limit = filled(words.ceiling, { span: spanIn(language, ceiling), text: ceilingText })
  const elsewhere = activity.countries.flatMap(({ country, keep }) =>
    keep ? [`${country}: ${spanIn(language, keep)}`] : [],
  )
  page.pairs([
    [words.basis, [words.bases[activity.legalBasis], activity.legalText].filter(Boolean).join('. ')],
    [words.subjects, activity.subjects.map((one) => words.subjectNames[one]).join(', ')],
    [words.data, activity.data.map((one) => words.dataNames[one]).join(', ')],
    [words.recipients, activity.recipients.map((role) => words.roles[role] ?? role).join(', ') || '–'],
    [words.keep, [`${spanIn(language, activity.keep)}, ${limit}`, ...elsewhere].join('; ')],
    [words.ai, activity.ai?.[language] ?? words.noAi],
    [
      words.held,
      held.firstDay && held.lastDay
        ? filled(words.heldNow, {
            n: held.terms,
            first: dayIn(language, held.firstDay),
            last: dayIn(language, held.lastDay),
          })
        : words.heldNone,
    ],
  ])
}

function writeOutside(page: Page, { outside }: ProcessingRegister, language: Language): void {
  const words = registerWords[language]
  page.heading(words.outside)
  if (outside.length === 0) page.paragraph(words.outsideNone)
  else page.list(outside.map(({ who, host }) => filled(words.outsideOne[who], { host })))
  page.heading(words.transfers)
  page.paragraph(words.transfersText)
}

function writeAgreements(page: Page, { agreements }: ProcessingRegister, language: Language): void {
  const words = registerWords[language]
  page.heading(words.agreements)
  if (agreements.length === 0) return page.paragraph(words.agreementsNone)
  page.list(
    agreements.map(({ country, kind, validFrom, validTo, inForce }) => {
      const span = [validFrom, validTo].map((day) => (day ? dayIn(language, day) : '…')).join(' – ')
      return `${country}: ${words.agreementKinds[kind] ?? kind}, ${span} (${inForce ? words.inForce : words.notInForce})`
    }),
  )
}

const spanIn = (language: Language, span: Span): string =>
  'months' in span
    ? filled(registerWords[language].months, { n: span.months })
    : filled(registerWords[language].days, { n: span.days })
