import type { CaptureProtocol, PolicyRule, PolicyWarning, RuleConditions } from '../../contract/models/policy.ts'
import { shadowOf } from './covers.ts'
import { flaws } from './validate.ts'

/** What the warnings may know beyond the rules; without it nothing is said about agents, teams and purposes. */
export type Known = {
  agent(id: string): boolean
  team(id: string): boolean
  /** `off`: switched off in the register. */
  purpose(key: string): 'in_force' | 'off' | 'unknown'
}

type Params = PolicyWarning['params']
type Found = [code: string, params?: Params][]

const stored: readonly CaptureProtocol[] = ['upload', 'vcon']
const allPartyConsent = ['CH', 'DE']
/** Training recordings need an active yes there (Datatilsynet). */
const trainingConsent = 'DK'

const records = (rule: PolicyRule): boolean => rule.action.kind !== 'never'
/** Whether a rule can meet a call in progress, and not only recordings made elsewhere. */
const isLive = ({ when }: PolicyRule): boolean =>
  when.protocols.length === 0 || when.protocols.some((p) => !stored.includes(p))
const names = (when: RuleConditions, country: string): boolean =>
  when.callerCountries.includes(country) || when.agentCountries.includes(country)
/** Whether a caller or an agent may be anywhere, or nobody knows where. */
const openToAnywhere = (when: RuleConditions): boolean =>
  when.callerCountries.length === 0 || when.agentCountries.length === 0
const mayHaveAgentsIn = (when: RuleConditions, country: string): boolean =>
  when.agentCountries.length === 0 || when.agentCountries.includes(country)
const permanent = ({ action }: PolicyRule): boolean =>
  action.kind === 'all' || (action.kind === 'random' && action.percent >= 100)

/** CNIL: recording every call needs a legal text that orders it. */
function france(rule: PolicyRule): Found {
  if (!permanent(rule) || rule.legalBasis === 'legal_obligation' || !isLive(rule)) return []
  if (names(rule.when, 'FR')) return [['all_france']]
  return openToAnywhere(rule.when) ? [['all_france_possible']] : []
}

/** Where a call may be recorded only with everyone's yes, recording until somebody objects is not enough. */
function consent(rule: PolicyRule): Found {
  if (!records(rule) || rule.consent === 'opt_in') return []
  const askFirst = [...allPartyConsent, ...(rule.purposes.includes('training') ? [trainingConsent] : [])]
  const named = askFirst.filter((country) => names(rule.when, country))
  const found: Found = named.length > 0 ? [['opt_in_country', { countries: named.join(', ') }]] : []
  if (isLive(rule) && openToAnywhere(rule.when))
    found.push(['opt_in_unknown_country', { countries: askFirst.join(', ') }])
  if (rule.legalBasis === 'consent') found.push(['consent_basis_objection'])
  return found
}

function manner(rule: PolicyRule): Found {
  const found: Found = []
  // CNIL, 25 April 2022: what was recorded to prove a contract serves nothing else
  if (rule.action.kind === 'contract_window' && rule.purposes.includes('training'))
    found.push(['contract_with_training'])
  if (rule.action.kind === 'random' && rule.action.percent >= 100) found.push(['random_hundred'])
  if (rule.action.kind === 'random' && rule.action.percent === 0) found.push(['random_zero'])
  const needsText = rule.legalBasis === 'legal_obligation' || rule.legalBasis === 'contract'
  if (needsText && rule.legalText.trim() === '') found.push(['basis_text_missing', { basis: rule.legalBasis ?? '' }])
  return found
}

function pause({ pause: p, ...rule }: PolicyRule): Found {
  if (rule.action.kind === 'never') return []
  const someone = p.agent || p.platform || p.detector
  const found: Found = someone ? [] : [['card_pause_missing']]
  if (someone && p.autoResumeSeconds === 0) found.push(['pause_without_end'])
  if (p.reachBackSeconds > 0) found.push(['reach_back_loss', { seconds: p.reachBackSeconds }])
  return found
}

function strangers({ when, purposes }: PolicyRule, known: Known | undefined): Found {
  if (!known) return []
  const agents = when.agents
    .filter((id) => !known.agent(id))
    .map((id): Found[number] => ['unknown_agent', { agentId: id }])
  const teams = when.teams.filter((id) => !known.team(id)).map((id): Found[number] => ['unknown_team', { teamId: id }])
  const idle = purposes.flatMap((purpose): Found => {
    const state = known.purpose(purpose)
    return state === 'in_force' ? [] : [[state === 'off' ? 'purpose_off' : 'unknown_purpose', { purpose }]]
  })
  return [...agents, ...teams, ...idle]
}

/** What concerns the policy as a whole. */
function whole(rules: readonly PolicyRule[]): Found {
  const live = rules.filter((rule) => records(rule) && isLive(rule))
  const found: Found = live.length === 0 ? [['live_uncovered']] : []
  const gates = { worker_agreement_it: 'IT', works_council_fr: 'FR', works_council_de: 'DE' }
  for (const [code, country] of Object.entries(gates)) {
    const count = live.filter((rule) => mayHaveAgentsIn(rule.when, country)).length
    if (count > 0) found.push([code, { rules: count }])
  }
  return found
}

/**
 * What somebody should look at before publishing: reasons a rule cannot be published, rules the law of a country may
 * forbid, and rules that do not do what they seem to. Codes and figures; the page has the words. Never refuses anything.
 */
export function warningsOf(rules: readonly PolicyRule[], known?: Known): PolicyWarning[] {
  const warning = (ruleId: string | null, [code, params = {}]: Found[number]): PolicyWarning => ({
    ruleId,
    code,
    params,
  })
  const unpublishable = flaws(rules).map(({ ruleId, code }) => warning(ruleId, [code]))
  const each = rules.flatMap((rule, index) => {
    const shadow = shadowOf(rules, index)
    const shadowed: Found = shadow ? [['never_reached', { by: shadow.id, rule: rules.indexOf(shadow) + 1 }]] : []
    return [
      ...shadowed,
      ...france(rule),
      ...consent(rule),
      ...manner(rule),
      ...pause(rule),
      ...strangers(rule, known),
    ].map((found) => warning(rule.id, found))
  })
  return [...unpublishable, ...each, ...whole(rules).map((found) => warning(null, found))]
}
