import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { PolicyRule, PolicyVersion, PolicyWarning } from '../../../contract/models/policy.ts'
import { api } from '../../api.ts'
import { textOf, type T } from '../../i18n.ts'
import type { Formats } from '../../kit/format.ts'

/** Warnings of the version in force, or of the draft as the server checks it. */
export const useWarnings = (policy: PolicyVersion, rules: PolicyRule[]): PolicyWarning[] => {
  const isDraft = rules !== policy.rules
  const [settled] = useDebouncedValue(rules, 300)
  const checked = useQuery({
    queryKey: ['POST /policy/check', settled],
    queryFn: () => api('POST /policy/check', { body: { rules: settled } }),
    enabled: isDraft,
    placeholderData: keepPreviousData,
  })
  return isDraft ? (checked.data?.warnings ?? []) : policy.warnings
}

/** A warning in words. Countries arrive as codes, the basis by its key. */
export const warningText = (warning: PolicyWarning, t: T, format: Formats): string => {
  const { countries, basis } = warning.params
  const params = {
    ...warning.params,
    ...(countries !== undefined && { countries: format.either(String(countries).split(', ').map(format.country)) }),
    ...(basis !== undefined && { basis: textOf(t, `policy.basis.${basis}`) ?? basis }),
  }
  return textOf(t, `policy.warnings.${warning.code}`, params) ?? t('policy.warnings.other', { code: warning.code })
}
