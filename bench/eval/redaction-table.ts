import { render } from '../report.ts'
import type { RedactionVerdict, Score } from './redaction.ts'

const share = (part: number, whole: number): string => (whole === 0 ? '–' : (part / whole).toFixed(3))

function row(score: Score): (string | number)[] {
  const { set, type, values, covered, typed, given, justified, right } = score
  return [
    set,
    type,
    values,
    share(covered, values),
    share(typed, values),
    given,
    share(justified, given),
    share(right, given),
  ]
}

const columns = ['set', 'type', 'values', 'recall', 'recall, typed', 'spans given', 'precision', 'precision, typed']

/** The figures as Markdown, with how they are counted. */
export function describeRedaction({ scores, negatives, turnsPerSecond }: RedactionVerdict): string {
  const ours = scores.filter(({ values, given }) => values > 0 || given > 0)
  const rows = ours.toSorted((a, b) => a.set.localeCompare(b.set) || a.type.localeCompare(b.type)).map(row)
  const harmless = negatives.map(({ set, turns, redacted }) => [set, turns, redacted])
  return `## Redaction

${render({ columns, rows })}

- A value counts as found when every letter and digit of it, in all its turns, hesitations included, is in a span; "typed" when
  each of its parts also meets a span of its own type. A span is justified when it meets any marked value, right when one of its own type.
- The dialogues (it, fr, en) are synthetic, and this is their development side: the words around the values were known when the
  grammar was written. Expect less on other calls, above all of names and addresses.
- An agent's own name is not counted. In \`presidio\` (written English sentences) only the types above have marks, and dates and
  identity numbers of other countries are marked under types that are not ours.

Turns with amounts, durations, orders and meter readings that must stay:

${render({ columns: ['set', 'turns', 'redacted'], rows: harmless })}

${Math.round(turnsPerSecond)} turns a second on one core, names included.
`
}
