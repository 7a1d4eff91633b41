import type { PolicyWarning } from '../../contract/models/policy.ts'
import type { StoredVersion } from './store.ts'

/** Warnings that say a rule goes against the law of a country, or rests on nothing. */
const atOdds = new Set([
  'all_france',
  'opt_in_country',
  'consent_basis_objection',
  'contract_with_training',
  'basis_text_missing',
])

type SecurityDeps = {
  current: StoredVersion
  warnings: readonly PolicyWarning[]
}

/** The recording policy in force, in numbers. Times in ms. The first version is the product's own. */
export function securityFacts({ current, warnings }: SecurityDeps) {
  const withCode = (test: (code: string) => boolean): number => warnings.filter(({ code }) => test(code)).length
  return {
    version: current.version,
    publishedBy: current.publishedBy
      ? ('person' as const)
      : current.version === 1
        ? ('product' as const)
        : ('nobody' as const),
    publishedMs: current.publishedAt.getTime(),
    rules: current.rules.length,
    atOdds: withCode((code) => atOdds.has(code)),
    withoutPause: withCode((code) => code === 'card_pause_missing'),
    warnings: warnings.length,
  }
}
