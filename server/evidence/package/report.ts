import type { GapKind } from '../../../contract/models/calls.ts'
import type { Language, Level } from '../../../proof/package/format.ts'
import type { Digest } from '../../../proof/package/manifest.ts'
import type { Copy } from '../../../proof/verify.ts'
import { layOut, type Page } from '../../platform/pdf.ts'
import { english } from './words/en.ts'
import { french } from './words/fr.ts'
import { italian } from './words/it.ts'
import type { ReportWords } from './words/type.ts'

/** What a report tells. Times are ms since the epoch; no personal data but what the package holds anyway. */
export type ReportFacts = {
  callId: string
  startedAt: number
  endedAt: number
  protocol: string
  purposes: Record<Language, string>[]
  policyVersion: string
  copy: Copy
  /** Seconds of all lanes together: those that can be heard, and all. */
  heard: number
  total: number
  lanes: { lane: number; role: 'agent' | 'customer' | 'unknown'; rate: number; seconds: number }[]
  gaps: { lane: number; kind: GapKind; fromMs: number; toMs: number }[]
  history: { at: number; type: string; index: number }[]
  level: Level
  log: { origin: string; size: number; vkey: string }
  stamp: { authority: string; at: number } | null
  files: readonly Digest[]
}

export const reportWords: Record<Language, ReportWords> = { it: italian, fr: french, en: english }
/** Why a recording holds no audio somewhere, in words. */
export const gapWords = (language: Language): ReportWords['gapKinds'] => reportWords[language].gapKinds
const locales: Record<Language, string> = { it: 'it', fr: 'fr', en: 'en-GB' }

/** The report in one language, as PDF. The same facts give the same bytes. */
export function makeReport(facts: ReportFacts, language: Language): Promise<Buffer> {
  const words = reportWords[language]
  const date = new Date(facts.history.at(-1)?.at ?? facts.endedAt)
  const footer = (page: number, pages: number): string => `${facts.callId}    ${filled(words.page, { page, pages })}`
  return layOut({ title: words.title, language, date, footer }, (page) => {
    page.title(words.title)
    page.paragraph(words.intro)
    writeCall(page, facts, language)
    writeGaps(page, facts, words)
    writeHistory(page, facts, language)
    writeTime(page, facts, language)
    page.heading(words.files)
    page.paragraph(words.filesHelp)
    const rows = facts.files.map(({ name, sha256 }) => [name, sha256.toString('hex')])
    page.table(
      [
        { title: '', width: 0.34 },
        { title: 'SHA-256', width: 0.66, code: true },
      ],
      rows,
    )
    page.heading(words.check)
    page.list(words.checkSteps)
  })
}

function writeCall(page: Page, facts: ReportFacts, language: Language): void {
  const words = reportWords[language]
  const { heard, total } = facts
  page.heading(words.call)
  page.pairs([
    [words.callId, facts.callId],
    [words.began, moment(facts.startedAt, language)],
    [words.ended, moment(facts.endedAt, language)],
    [words.protocol, facts.protocol],
    [words.purposes, facts.purposes.map((name) => name[language]).join(', ')],
    [words.policy, facts.policyVersion],
    [words.copy, filled(words.copies[facts.copy], { heard: number(heard, language), total: number(total, language) })],
  ])
  page.heading(words.lanes)
  page.table(
    [
      { title: words.lane, width: 0.15 },
      { title: words.role, width: 0.35 },
      { title: words.rate, width: 0.3 },
      { title: words.seconds, width: 0.2 },
    ],
    facts.lanes.map((l) => [
      String(l.lane),
      words.roles[l.role],
      number(l.rate, language),
      number(l.seconds, language),
    ]),
  )
}

function writeGaps(page: Page, { gaps }: ReportFacts, words: ReportWords): void {
  page.heading(words.gaps)
  if (gaps.length === 0) return page.paragraph(words.gapsNone)
  page.paragraph(words.gapsHelp)
  page.table(
    [
      { title: words.lane, width: 0.15 },
      { title: words.from, width: 0.2 },
      { title: words.to, width: 0.2 },
      { title: words.reason, width: 0.45 },
    ],
    gaps.map((gap) => [String(gap.lane), offset(gap.fromMs), offset(gap.toMs), words.gapKinds[gap.kind]]),
  )
}

function writeHistory(page: Page, { history }: ReportFacts, language: Language): void {
  const words = reportWords[language]
  page.heading(words.history)
  page.table(
    [
      { title: words.when, width: 0.4 },
      { title: words.what, width: 0.44 },
      { title: words.place, width: 0.16 },
    ],
    history.map(({ at, type, index }) => [moment(at, language), words.events[type] ?? type, String(index)]),
  )
}

function writeTime(page: Page, { level, log, stamp }: ReportFacts, language: Language): void {
  const words = reportWords[language]
  page.heading(words.time)
  page.paragraph(words.levels[level])
  page.paragraph(filled(words.log, { origin: log.origin, size: log.size }))
  if (stamp) page.paragraph(filled(words.stamp, { authority: stamp.authority, time: moment(stamp.at, language) }))
  page.pairs([[words.logKey, log.vkey]])
}

const filled = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))

// The standard fonts lack the narrow space that some languages put into numbers.
const plainSpaces = (text: string): string => text.replaceAll(/[\u202f\u2009]/g, '\u00a0')

const number = (n: number, language: Language): string =>
  plainSpaces(new Intl.NumberFormat(locales[language], { maximumFractionDigits: 1 }).format(n))

const moment = (ms: number, language: Language): string => {
  const format = new Intl.DateTimeFormat(locales[language], { dateStyle: 'long', timeStyle: 'medium', timeZone: 'UTC' })
  return `${plainSpaces(format.format(ms))} UTC`
}

/** `1:02:03.4` from the beginning of the call. */
function offset(ms: number): string {
  const tenths = Math.round(ms / 100)
  const [h, m, s] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, Math.floor(tenths / 10) % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${h}:${two(m)}:${two(s)}.${tenths % 10}`
}
