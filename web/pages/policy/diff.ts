import type { PolicyRule } from '../../../contract/models/policy.ts'

export type Change =
  | { kind: 'added' | 'removed' | 'moved'; rule: PolicyRule }
  | { kind: 'changed'; rule: PolicyRule; before: PolicyRule }

/** A rule as text that does not depend on the order of its keys. */
const plain = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )

export const sameRule = (a: PolicyRule, b: PolicyRule): boolean => plain(a) === plain(b)
export const sameRules = (a: PolicyRule[], b: PolicyRule[]): boolean => plain(a) === plain(b)

/** Indexes of a longest increasing run within `order`: what stayed in place. */
const stayed = (order: number[]): Set<number> => {
  const best: number[][] = []
  for (const [i, value] of order.entries()) {
    const before = best.slice(0, i).filter((run) => (order[run.at(-1) ?? 0] ?? 0) < value)
    const longest = before.toSorted((a, b) => b.length - a.length)[0] ?? []
    best.push([...longest, i])
  }
  return new Set(best.toSorted((a, b) => b.length - a.length)[0])
}

/** What `after` changes of `before`: rules by id, in the order they are read. */
export const changesBetween = (before: PolicyRule[], after: PolicyRule[]): Change[] => {
  const old = new Map(before.map((rule, index) => [rule.id, { rule, index }]))
  const kept = new Set(after.map((rule) => rule.id))
  const common = after.filter((rule) => old.has(rule.id))
  const inPlace = stayed(common.map((rule) => old.get(rule.id)?.index ?? 0))
  const moved = new Set(common.filter((_, i) => !inPlace.has(i)).map((rule) => rule.id))
  const changes = after.flatMap((rule): Change[] => {
    const known = old.get(rule.id)
    if (!known) return [{ kind: 'added', rule }]
    if (!sameRule(known.rule, rule)) return [{ kind: 'changed', rule, before: known.rule }]
    return moved.has(rule.id) ? [{ kind: 'moved', rule }] : []
  })
  return [...changes, ...before.filter((rule) => !kept.has(rule.id)).map((rule): Change => ({ kind: 'removed', rule }))]
}
