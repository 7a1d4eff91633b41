import type { GateRule, Jurisdiction } from '../../../contract/models/retention.ts'
import { Problem } from '../../platform/problem.ts'

/*
 * Changes of the table of countries: stricter freely, laxer with the law that allows it.
 */

/** Shortest reason that can name a law. */
const shortest = 20

/** Whether everything one rule asks for is asked by the other too: each of its lists contains a whole list of the other. */
const asksNoLess = (rules: readonly GateRule[], old: GateRule): boolean =>
  old.needs.every((kinds) =>
    rules.some(
      (rule) => rule.feature === old.feature && rule.needs.some((list) => list.every((kind) => kinds.includes(kind))),
    ),
  )

/** Whether a row allows anything the other did not. */
export function laxer(row: Jurisdiction, than: Jurisdiction): boolean {
  if (row.silence === 'allowed' && than.silence === 'not_allowed') return true
  const yesStays = row.silence === 'not_allowed' || than.yesFor.every((purpose) => row.yesFor.includes(purpose))
  return !yesStays || !than.gates.every((gate) => asksNoLess(row.gates, gate))
}

/** A country nobody wrote down: everybody's yes, and nothing asked of workers. */
const unwritten = (code: string): Jurisdiction => ({
  code,
  silence: 'not_allowed',
  yesFor: [],
  basis: '',
  uncertain: true,
  gates: [],
  reason: '',
})

export type Tables = { shipped: readonly Jurisdiction[]; inForce: readonly Jurisdiction[] }

/**
 * Refuses a table that drops a row of the product's, repeats one, or is laxer than the product's or the one in force without a
 * reason. Throws Problem `jurisdiction_repeated`, `jurisdiction_removed`, `jurisdiction_reason` (422) with param `code`.
 */
export function requireJustified(rows: readonly Jurisdiction[], { shipped, inForce }: Tables): void {
  const find = (table: readonly Jurisdiction[], code: string): Jurisdiction | undefined =>
    table.find((row) => row.code === code)
  for (const { code } of inForce)
    if (!find(rows, code) && (find(shipped, code) || laxer(unwritten(code), find(inForce, code) ?? unwritten(code))))
      throw new Problem('jurisdiction_removed', 422, `the row ${code} has to stay: change it instead`, { code })
  for (const [i, row] of rows.entries()) {
    const { code } = row
    if (rows.findIndex((other) => other.code === code) < i)
      throw new Problem('jurisdiction_repeated', 422, `the row ${code} appears twice`, { code })
    const before = [find(shipped, code), find(inForce, code)].filter((old) => old !== undefined)
    const compared = before.length > 0 ? before : [unwritten(code)]
    if (compared.some((old) => laxer(row, old)) && row.reason.length < shortest)
      throw new Problem('jurisdiction_reason', 422, `the row ${code} becomes laxer: name the law that allows it`, {
        code,
        min: shortest,
      })
  }
}

/** The product's table with the organisation's rows in place of its own. */
export function overlaid(shipped: readonly Jurisdiction[], own: readonly Jurisdiction[]): Jurisdiction[] {
  const added = own.filter((row) => !shipped.some((other) => other.code === row.code))
  return [...shipped.map((row) => own.find((other) => other.code === row.code) ?? row), ...added]
}

/** The rows that differ from the product's: only these are stored, so that a later release's corrections arrive. */
export const ownRows = (rows: readonly Jurisdiction[], shipped: readonly Jurisdiction[]): Jurisdiction[] =>
  rows.filter((row) => !shipped.some((other) => canonical(other) === canonical(row)))

const canonical = ({ code, silence, yesFor, basis, uncertain, gates, reason }: Jurisdiction): string =>
  JSON.stringify([code, silence, yesFor, basis, uncertain, gates.map((gate) => [gate.feature, gate.needs]), reason])
