import type { SecurityStandard } from '../../../contract/models/security.ts'
import type { MeasureKey } from './measures.ts'

/** Steps by which anybody checks what is shown; their words are in `words/`. */
export const checkKeys = [
  'people',
  'tokens',
  'permissions',
  'refusal',
  'second_factor',
  'accesses',
  'log',
  'doctor',
  'package',
  'stamp',
  'tls',
  'config',
  'disks',
  'versions',
  'purposes',
  'processing',
  'organisation',
  'agreements',
  'announcement',
  'calendar',
  'certificate',
  'holds',
  'requests',
  'consents',
  'caller_page',
  'policy',
  'gaps',
  'clock',
  'automation',
] as const
export type CheckKey = (typeof checkKeys)[number]

export type Control = {
  key: string
  standard: SecurityStandard
  clause: string
  formerly: string | null
  uncertain: boolean
  /** None: this product cannot show it. */
  measures: readonly MeasureKey[]
  checks: readonly CheckKey[]
}

type Shown = [measures: readonly MeasureKey[], checks: readonly CheckKey[]]

/** ISO/IEC 27001:2022, Annex A. */
const annexA = <Key extends string>(key: Key, clause: string, [measures, checks]: Shown = [[], []]) => ({
  key,
  standard: 'iso27001_2022' as const,
  clause,
  formerly: null,
  uncertain: false,
  measures,
  checks,
})

/** ISO/IEC 27701:2025. `formerly`: the number of 2019; a `?` before the clause: it follows from the pattern of the others. */
const privacy = <Key extends string>(
  key: Key,
  [clause, formerly]: [string, string],
  [measures, checks]: Shown = [[], []],
) => ({
  key,
  standard: 'iso27701_2025' as const,
  clause: clause.replace('?', ''),
  formerly,
  uncertain: clause.startsWith('?'),
  measures,
  checks,
})

const information = [
  annexA('inventory', '5.9', [
    ['calls', 'renditions', 'terms', 'terms_unknown', 'without_purpose', 'without_purpose_held', 'credentials'],
    ['doctor', 'processing'],
  ]),
  annexA('classification', '5.12, 5.13', [
    ['terms', 'terms_unknown', 'terms_without_basis', 'purposes_text'],
    ['purposes', 'processing'],
  ]),
  annexA('transfer', '5.14', [
    ['transport', 'exports', 'accesses_without_purpose', 'links', 'protocols'],
    ['accesses', 'tls', 'package'],
  ]),
  annexA('access', '5.15', [
    ['roles', 'permissions', 'staff_by_role', 'refused', 'accesses_without_purpose'],
    ['permissions', 'refusal'],
  ]),
  annexA('identity', '5.16', [
    ['staff', 'invitations', 'dormant', 'sessions_of_gone'],
    ['people', 'tokens'],
  ]),
  annexA('authentication', '5.17', [
    ['second_factor', 'passkeys', 'passwords'],
    ['people', 'second_factor'],
  ]),
  annexA('rights', '5.18', [
    ['staff_by_role', 'dormant', 'sessions_of_gone', 'tokens', 'tokens_unused', 'tokens_ownerless'],
    ['people', 'tokens'],
  ]),
  annexA('suppliers', '5.19–5.22'),
  annexA('incidents', '5.24–5.27'),
  annexA('collection', '5.28', [
    ['log_entries', 'log_checkpoint', 'log_alarm', 'log_checked', 'stamp_level', 'stamped'],
    ['log', 'package', 'stamp'],
  ]),
  annexA('legal', '5.31', [
    ['register', 'register_at', 'purposes_text', 'beyond_ceiling', 'rules_at_odds', 'agreements'],
    ['purposes', 'policy', 'agreements'],
  ]),
  annexA('records', '5.33', [
    ['log_alarm', 'log_checked', 'log_abandoned', 'accesses', 'accesses_oldest', 'holds', 'releases_asked'],
    ['doctor', 'log', 'holds'],
  ]),
  annexA('privacy', '5.34', [
    ['controller_missing', 'requests_open', 'requests_overdue', 'requests_in_time', 'unheeded'],
    ['processing', 'requests', 'organisation'],
  ]),
  annexA('compliance', '5.36', [
    ['rules_at_odds', 'rules_warnings', 'beyond_ceiling', 'terms_overdue', 'terms_overdue_held', 'log_checked'],
    ['policy', 'calendar', 'doctor'],
  ]),
] as const

const technology = [
  annexA('privileged', '8.2', [
    ['administrators', 'administrators_dormant', 'tokens_ownerless'],
    ['people', 'permissions'],
  ]),
  annexA('restriction', '8.3', [
    ['permissions', 'refused', 'accesses_without_purpose', 'restrictions'],
    ['refusal', 'accesses'],
  ]),
  annexA('sign_in', '8.5', [
    ['second_factor', 'transport', 'sessions', 'blocked'],
    ['second_factor', 'tls'],
  ]),
  annexA('versions', '8.8', [['product', 'node', 'node_support', 'postgres', 'postgres_support'], ['versions']]),
  annexA('vulnerabilities', '8.8'),
  annexA('configuration', '8.9', [
    [
      'transport',
      'epoch_keys_apart',
      'stamp_level',
      'witnesses',
      'witnesses_failing',
      'protocols',
      'policy',
      'policy_by',
    ],
    ['config', 'policy'],
  ]),
  annexA('deletion', '8.10', [
    [
      'certified',
      'finals',
      'finals_late',
      'terms_overdue',
      'terms_overdue_held',
      'without_purpose',
      'destructions_unfinished',
      'swept',
    ],
    ['certificate', 'calendar', 'doctor'],
  ]),
  annexA('masking', '8.11', [
    ['rules_without_pause', 'masked'],
    ['gaps', 'policy'],
  ]),
  annexA('leakage', '8.12', [
    ['exports', 'accesses_without_purpose', 'refused', 'links'],
    ['accesses', 'refusal'],
  ]),
  annexA('backup', '8.13'),
  annexA('logging', '8.15', [
    ['log_entries', 'log_queued', 'log_checkpoint', 'log_alarm', 'accesses', 'accesses_oldest'],
    ['log', 'accesses'],
  ]),
  annexA('monitoring', '8.16', [
    ['log_checked', 'log_alarm', 'alerts', 'refused', 'blocked', 'witnesses', 'witnesses_failing'],
    ['log', 'doctor'],
  ]),
  annexA('clock', '8.17', [
    ['clock_day', 'clock_alarm', 'stamp_level', 'stamped'],
    ['clock', 'stamp'],
  ]),
  annexA('cryptography', '8.24', [
    ['cipher', 'derivation', 'signature', 'epoch_key_age', 'epoch_keys', 'epoch_keys_apart', 'transport'],
    ['doctor', 'disks', 'tls'],
  ]),
  annexA('change', '8.32', [
    ['product', 'migrations', 'policy', 'policy_at', 'policy_by', 'register', 'register_at', 'register_by'],
    ['policy', 'purposes', 'versions'],
  ]),
  annexA('test_data', '8.33'),
] as const

const processing = [
  privacy('purpose', ['A.1.2.2', '7.2.1'], [['register', 'register_at', 'terms', 'terms_unknown'], ['purposes']]),
  privacy(
    'basis',
    ['A.1.2.3', '7.2.2'],
    [
      ['purposes_text', 'terms_without_basis'],
      ['purposes', 'processing'],
    ],
  ),
  privacy('consent_how', ['A.1.2.4', '7.2.3'], [['announcement', 'announcement_missing'], ['announcement']]),
  privacy('consent_records', ['A.1.2.5', '7.2.4'], [['consents', 'unheeded'], ['consents']]),
  privacy('impact', ['A.1.2.6', '7.2.5']),
  privacy(
    'processing_records',
    ['A.1.2.9', '7.2.8'],
    [
      ['controller_missing', 'log_entries', 'log_alarm'],
      ['processing', 'organisation'],
    ],
  ),
  privacy(
    'information',
    ['?A.1.3.4', '7.3.3'],
    [
      ['announcement', 'announcement_missing', 'controller_missing'],
      ['announcement', 'caller_page'],
    ],
  ),
  privacy(
    'withdrawal',
    ['A.1.3.5', '7.3.4'],
    [
      ['consents', 'unheeded', 'ended'],
      ['caller_page', 'consents'],
    ],
  ),
  privacy(
    'objection',
    ['A.1.3.6', '7.3.5'],
    [
      ['consents', 'unheeded', 'ended'],
      ['caller_page', 'consents'],
    ],
  ),
  privacy(
    'data_access',
    ['A.1.3.7', '7.3.6'],
    [['requests_open', 'requests_overdue', 'requests_in_time', 'restrictions'], ['requests']],
  ),
  privacy('third_parties', ['A.1.3.8', '7.3.7']),
  privacy(
    'copy',
    ['?A.1.3.9', '7.3.8'],
    [
      ['copies', 'requests_overdue'],
      ['requests', 'package'],
    ],
  ),
  privacy(
    'handling',
    ['?A.1.3.10', '7.3.9'],
    [
      ['requests_open', 'requests_overdue', 'requests_in_time', 'requests_extended', 'requests_by_person'],
      ['requests'],
    ],
  ),
  privacy(
    'automated',
    ['?A.1.3.11', '7.3.10'],
    [
      ['requests_by_person', 'purposes_software'],
      ['automation', 'purposes'],
    ],
  ),
  privacy(
    'collection_limit',
    ['?A.1.4.2', '7.4.1'],
    [['rules', 'rules_at_odds', 'rules_without_pause', 'not_recorded'], ['policy']],
  ),
  privacy(
    'end_of_use',
    ['?A.1.4.6', '7.4.5'],
    [
      ['renditions_erased', 'without_purpose', 'certified'],
      ['certificate', 'doctor'],
    ],
  ),
  privacy('temporary', ['?A.1.4.7', '7.4.6'], [['uploads_abandoned', 'destructions_unfinished'], ['doctor']]),
  privacy(
    'retention',
    ['?A.1.4.8', '7.4.7'],
    [
      ['register', 'beyond_ceiling', 'terms_overdue', 'terms_overdue_held'],
      ['calendar', 'purposes'],
    ],
  ),
  privacy(
    'disposal',
    ['?A.1.4.9', '7.4.8'],
    [
      ['certified', 'certificates', 'finals', 'finals_late', 'ended'],
      ['certificate', 'doctor'],
    ],
  ),
  privacy(
    'disclosure',
    ['?A.1.5.5', '7.5.4'],
    [['exports', 'accesses', 'accesses_without_purpose', 'accesses_oldest'], ['accesses']],
  ),
] as const

const table = [...information, ...technology, ...processing]

export type ControlKey = (typeof table)[number]['key']
/** The controls shown, in the order of their standards. */
export const controls: readonly (Control & { key: ControlKey })[] = table
