import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'

export type Row = { name: string; value: number; unit: string; note?: string | undefined }

export type Table = { columns: string[]; rows: (string | number)[][] }

/** What one benchmark found: a table, what it says in a sentence, and what makes the figures a lower bound. */
export type Finding = { table: Table; notes: string[] }

const place = join(import.meta.dirname, 'README.md')

/** Rows of name, value and unit as a table. */
export function rowsTable(rows: Row[]): Table {
  return {
    columns: ['what', 'value', 'unit', 'note'],
    rows: rows.map(({ name, value, unit, note }) => [name, value, unit, note ?? '']),
  }
}

/** A Markdown table with aligned columns, as readable in a terminal as on a page. */
export function render({ columns, rows }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map(shown))]
  const numeric = columns.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'))
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => (row[i] ?? '').length)))
  const line = (row: string[]): string =>
    `| ${widths.map((w, i) => (numeric[i] ? (row[i] ?? '').padStart(w) : (row[i] ?? '').padEnd(w))).join(' | ')} |`
  const rule = `| ${widths.map((w, i) => (numeric[i] ? `${'-'.repeat(w - 1)}:` : '-'.repeat(w))).join(' | ')} |`
  const [head = [], ...body] = cells
  return [line(head), rule, ...body.map(line)].join('\n')
}

function shown(value: string | number): string {
  if (typeof value === 'string') return value.replaceAll('|', '\\|')
  if (!Number.isFinite(value)) return '–'
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return String(Math.round(value))
  return value.toFixed(Math.abs(value) < 0.1 ? 4 : Math.abs(value) < 10 ? 2 : 1)
}

export const percentile = (values: number[], p: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))] ?? Number.NaN

/** The machine in a line. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = (totalmem() / 2 ** 30).toFixed(0)
  return `${model}, ${availableParallelism()} cores, ${memory} GiB of memory, ${process.platform} ${release()}, Node.js ${process.version}`
}

/** When a benchmark began and how busy the machine was with other work. */
export function circumstances(): string {
  const [one = 0, five = 0] = loadavg()
  return `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, load average at the start ${one.toFixed(2)} (1 min), ${five.toFixed(2)} (5 min)`
}

const HEAD = `# Measurements

Written by \`npm run bench -- --write\`; one group anew: \`npm run bench -- --only NAME --write\`. Quality on public data: \`npm run eval -- --data DIR\`.

The load generator, the server and its database run on one machine over the loopback interface and share its caches, memory
bandwidth and disk. The server, **with its embedded PostgreSQL**, is pinned to one core, the generator to the others: the
figures for one core are therefore a lower bound. Percentages of CPU are of one core.
`

/** One group as a section of the page. */
export function section(name: string, title: string, { finding, when }: { finding: Finding; when: string }): string {
  const notes = finding.notes.map((note) => `- ${note}`).join('\n')
  return `## ${title}\n\n\`npm run bench -- --only ${name}\` · ${when}\n\n${render(finding.table)}\n${notes ? `\n${notes}\n` : ''}`
}

/** Puts a section into `bench/README.md`, in place of the one with the same heading; others stay as they were measured. */
export function write(text: string): void {
  const old = existsSync(place)
    ? readFileSync(place, 'utf8')
        .split(/^(?=## )/m)
        .slice(1)
    : []
  const heading = (part: string): string => part.split('\n')[0] ?? ''
  const sections = old.map((part) => part.trimEnd()).filter((part) => heading(part) !== '## Machine')
  const at = sections.findIndex((part) => heading(part) === heading(text))
  if (at < 0) sections.push(text.trimEnd())
  else sections[at] = text.trimEnd()
  writeFileSync(place, `${[HEAD.trimEnd(), `## Machine\n\n${machine()}`, ...sections].join('\n\n')}\n`)
}
