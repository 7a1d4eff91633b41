import type { AgreementKind, Feature, GateRule, Jurisdiction } from '../../../contract/models/retention.ts'

/*
 * The table as shipped: what is known of each country, with its source. Rows that rest on disputed or unchecked sources are
 * marked uncertain. A country that is not here asks for everybody's yes.
 */

const all: Feature[] = ['training_use', 'agent_reports', 'scoring', 'analytics_by_agent']
const gates = (features: Feature[], ...needs: AgreementKind[][]): GateRule[] =>
  features.map((feature) => ({ feature, needs }))
/** AI Act art. 26(7): workers and their representatives are told before a system that evaluates them is used. */
const told = gates(['scoring'], ['worker_notice'])

const row = (
  code: string,
  silence: Jurisdiction['silence'],
  basis: string,
  more: Partial<Jurisdiction> = {},
): Jurisdiction => ({
  code,
  silence,
  yesFor: [],
  basis,
  uncertain: false,
  gates: [],
  reason: '',
  ...more,
})

const statesOfAll = ['CA', 'FL', 'IL', 'MD', 'MA', 'MT', 'NH', 'PA', 'WA']
const statesDisputed = ['CT', 'DE', 'NV']

const states: Jurisdiction[] = [
  row('US', 'not_allowed', 'The number tells no state, and some states ask for every party’s yes.', {
    uncertain: true,
  }),
  row('US-*', 'allowed', '18 USC 2511(2)(d): one party’s consent is enough; a notice is recommended.', {
    uncertain: true,
  }),
  ...statesOfAll.map((state) =>
    row(
      `US-${state}`,
      'not_allowed',
      state === 'CA' ? 'California Penal Code 632, 632.7: every party.' : 'State law: every party.',
      {
        uncertain: true,
      },
    ),
  ),
  ...statesDisputed.map((state) =>
    row(
      `US-${state}`,
      'not_allowed',
      'Disputed whether one party’s consent is enough; the stricter reading is taken.',
      {
        uncertain: true,
      },
    ),
  ),
]

export const shippedTable: readonly Jurisdiction[] = [
  row(
    'IT',
    'allowed',
    'Who takes part may record; notice under GDPR. Workers: L. 300/1970 art. 4, agreement or authorisation, and notice.',
    {
      gates: gates(all, ['it_union_agreement', 'it_inspectorate'], ['worker_notice']),
    },
  ),
  row(
    'FR',
    'allowed',
    'CNIL: told, with an objection possible before the call ends; a sample, not every call; Code pénal 226-1. Workers: Code du travail L2312-38, L1222-4.',
    {
      gates: gates(all, ['fr_cse'], ['worker_notice']),
    },
  ),
  row('DE', 'not_allowed', '§ 201 StGB: every party’s yes, the agent’s too. Workers: BetrVG § 87(1) no. 6.', {
    gates: [
      ...gates(['training_use', 'agent_reports', 'analytics_by_agent'], ['de_works_agreement']),
      ...gates(['scoring'], ['de_works_agreement'], ['worker_notice']),
    ],
  }),
  row('ES', 'allowed', 'Who takes part may record; notice, a legal basis and a copy on request (AEPD).', {
    gates: told,
  }),
  row(
    'DK',
    'allowed',
    'Datatilsynet: training needs an active yes, a key press; silence after a notice is not enough.',
    {
      yesFor: ['training'],
      gates: told,
    },
  ),
  row('GB', 'allowed', 'UK GDPR: notice, legitimate interests; SI 2018/356. Regulated firms: SYSC 10A.', {
    uncertain: true,
  }),
  row(
    'CH',
    'not_allowed',
    'StGB 179ter: every party. Exempt under 179quinquies(1)(b), (2): orders, mandates and reservations, then used only as evidence.',
  ),
  row('AT', 'not_allowed', 'No source was checked: every party’s yes until somebody has.', {
    uncertain: true,
    gates: told,
  }),
  ...states,
]
