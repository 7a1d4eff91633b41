import type { Hours, PolicyRule, RuleConditions } from '../../../contract/models/policy.ts'
import { firstRuleName } from '../../../contract/rules.ts'
import type { T } from '../../i18n.ts'
import type { Formats } from '../../kit/format.ts'

/** What a rule only knows by id, and how the language writes lists, numbers and countries. */
export type Names = {
  team: (id: string) => string
  agent: (id: string) => string
  /** A purpose inside a sentence. */
  purpose: (key: string) => string
  format: Formats
}

/** A rule's name as its writer gave it; that of the first rule, which nobody wrote, in the reader's language. */
export const nameInWords = (name: string, t: T): string => (name === firstRuleName ? t('policy.firstRule') : name)

/** A rule in plain words, sentence by sentence: what is recorded and why; the basis; the pause; the caller's say. */
export const rulePhrases = (rule: PolicyRule, t: T, names: Names): string[] => {
  const first = actionInWords(rule, t, names)
  if (rule.action.kind === 'never') return [`${first}.`]
  const purposes = names.format.list(rule.purposes.map(names.purpose))
  const what = purposes === '' ? `${first}.` : t('policy.words.for', { what: first, purposes })
  return [what, basisInWords(rule, t), pauseInWords(rule, t, names), t(`policy.words.consent.${rule.consent}`)].filter(
    (phrase) => phrase !== '',
  )
}

/** A rule in plain words, as one paragraph. */
export const ruleInWords = (rule: PolicyRule, t: T, names: Names): string => rulePhrases(rule, t, names).join(' ')

const actionInWords = ({ action, when }: PolicyRule, t: T, names: Names): string => {
  const calls = scopeInWords(when, t, names)
  if (action.kind === 'random')
    return t('policy.words.action.random', { calls, percent: names.format.share(action.percent / 100) })
  return t(`policy.words.action.${action.kind}`, { calls })
}

/** "incoming calls of the queue Sales (caller: Italy; Mon–Fri 09:00–18:00)" */
export const scopeInWords = (when: RuleConditions, t: T, { team, agent, format }: Names): string => {
  const directions = format.either(when.directions.map((direction) => t(`policy.words.direction.${direction}`)))
  const noun = directions === '' ? t('policy.words.calls') : t('policy.words.callsOf', { directions })
  const named = (key: 'queues' | 'teams' | 'agents', items: string[]): string =>
    items.length === 0 ? '' : t(`policy.words.${key}`, { count: items.length, names: format.either(items) })
  const scope = [
    noun,
    named(
      'queues',
      when.queues.map((queue) => t('policy.words.quoted', { text: queue })),
    ),
    named('teams', when.teams.map(team)),
    named('agents', when.agents.map(agent)),
  ]
  const details = detailsInWords(when, t, format)
  return `${scope.filter((part) => part !== '').join(' ')}${details === '' ? '' : ` (${details})`}`
}

const detailsInWords = (when: RuleConditions, t: T, format: Formats): string => {
  const countries = (codes: string[]): string => format.either(codes.map(format.country))
  const details = [
    when.callerCountries.length > 0 && t('policy.words.caller', { names: countries(when.callerCountries) }),
    when.agentCountries.length > 0 && t('policy.words.agentCountry', { names: countries(when.agentCountries) }),
    when.protocols.length > 0 &&
      t('policy.words.source', { names: format.either(when.protocols.map((name) => t(`sources.protocols.${name}`))) }),
    when.hours && hoursInWords(when.hours, format),
  ]
  return details
    .filter((detail) => typeof detail === 'string')
    .reduce((first, second) => (first === '' ? second : t('policy.words.both', { first, second })), '')
}

/** "Mon–Fri, 09:00–18:00 (Europe/Rome)" */
export const hoursInWords = ({ days, from, to, timeZone }: Hours, format: Formats): string =>
  `${daysInWords(days, format)} ${from}–${to}, ${timeZone.replaceAll('_', ' ')}`

/** Runs of three days and more are written as a range. */
const daysInWords = (days: number[], format: Formats): string => {
  const runs: number[][] = []
  for (const day of days.toSorted((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run && run.at(-1) === day - 1) run.push(day)
    else runs.push([day])
  }
  const written = runs.flatMap((run) => {
    const names = run.map(format.weekday)
    return names.length > 2 ? [`${names[0]}–${names.at(-1)}`] : names
  })
  return written.join(', ')
}

const basisInWords = ({ legalBasis, legalText }: PolicyRule, t: T): string => {
  if (!legalBasis) return legalText === '' ? '' : t('policy.words.basisText', { text: legalText })
  const basis = t(`policy.basis.${legalBasis}`)
  return legalText === '' ? t('policy.words.basis', { basis }) : t('policy.words.basisWith', { basis, text: legalText })
}

const pauseInWords = ({ pause }: PolicyRule, t: T, { format }: Names): string => {
  const who = (['agent', 'platform', 'detector'] as const).filter((one) => pause[one])
  if (who.length === 0) return t('policy.words.pauseNone')
  const names = format.list(who.map((one) => t(`policy.words.pauser.${one}`)))
  const may = t('policy.words.pauseWho', { count: who.length, names: names.charAt(0).toUpperCase() + names.slice(1) })
  const resumes =
    pause.autoResumeSeconds > 0
      ? t('policy.words.resumesAfter', { seconds: format.number(pause.autoResumeSeconds) })
      : t('policy.words.resumesByHand')
  const back =
    pause.reachBackSeconds > 0
      ? ` ${t('policy.words.reachBack', { seconds: format.number(pause.reachBackSeconds) })}`
      : ''
  return `${t('policy.words.pauseThen', { may, resumes })}${back}`
}
