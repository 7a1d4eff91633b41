import { expect, it } from 'vitest'
import type { PolicyRule } from '../../../contract/models/policy.ts'
import type { T } from '../../i18n.ts'
import { changesBetween, sameRules } from './diff.ts'
import { fromTemplate } from './templates.ts'

const rule = (id: string): PolicyRule => ({ ...fromTemplate('never', ((key: string) => key) as T), id })
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(rule) as [PolicyRule, PolicyRule, PolicyRule, PolicyRule]
const told = (before: PolicyRule[], after: PolicyRule[]): string[] =>
  changesBetween(before, after).map((change) => `${change.kind} ${change.rule.id}`)

it('tells added, removed and rewritten rules', () => {
  const rewritten = { ...b, name: 'Another' }
  expect(told([a, b, c], [a, rewritten, d])).toEqual(['changed b', 'added d', 'removed c'])
})

it('tells only the rule that moved, not those it passed', () => {
  expect(told([a, b, c, d], [b, c, d, a])).toEqual(['moved a'])
  expect(told([a, b, c, d], [d, a, b, c])).toEqual(['moved d'])
})

it('finds nothing between equal rules, whatever the order of their keys', () => {
  const turned = Object.fromEntries(Object.entries(a).toReversed()) as PolicyRule
  expect(sameRules([a], [turned])).toBe(true)
  expect(told([a], [turned])).toEqual([])
})
